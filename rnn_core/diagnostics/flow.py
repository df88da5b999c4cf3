"""How much of a gradient arrives, step by step back through time.

Every function takes the slopes of the steps, (N, T, H), beside W_h: ``1 - hs**2`` for a tanh
layer whose states are hs, ones for a linear layer.  So the same code measures both.
"""

import numpy as np

from ..norms import length
from ..shapes import as_array, as_int, as_positive
from .matrices import spectral_norm

__all__ = [
    "carry_back",
    "contributions",
    "gradient_norms",
    "norm_bound",
    "saturation",
    "step_jacobians",
]


def step_jacobians(W_h, slopes):
    """J_t = dh_t / dh_{t-1}, one matrix for each sequence and step.

    J_t[i, j] = dh_t[j] / dh_{t-1}[i] = W_h[i, j] * phi'(a_t[j]).  Rows are vectors, so a small
    change travels forward as ``change @ J_t`` and a gradient travels back as ``dh @ J_t.T``.

    Returns
    -------
    array (N, T, H, H)
    """
    W_h, slopes = _checked(W_h, slopes)
    return W_h * slopes[:, :, None, :]


def carry_back(dh, W_h, slopes):
    """dL/dh_k for k = 0 .. T, of a loss L that sees only the last state.

    Parameters
    ----------
    dh : array (N, H)
        dL/dh_T.
    W_h : array (H, H)
    slopes : array (N, T, H)

    Returns
    -------
    array (T + 1, N, H)
        Entry k is dL/dh_k: the last one is `dh` itself, the first one is dL/dh_0.
    """
    W_h, slopes = _checked(W_h, slopes)
    N, T, H = slopes.shape
    back = np.empty((T + 1, N, H), np.result_type(W_h, slopes))
    back[T] = as_array("dh", dh, "N H", real=True, N=N, H=H)
    for k in reversed(range(T)):
        back[k] = (back[k + 1] * slopes[:, k]) @ W_h.T  # the slope of step k + 1
    return _in_range(back)


def gradient_norms(dh, W_h, slopes):
    """||dL_T / dh_k|| by lag T - k: what is left of a gradient l steps back.

    Parameters as for `carry_back`.  Entry 0 is the norm of `dh` itself.

    Returns
    -------
    array (T + 1,)
        Euclidean norms over the whole batch.
    """
    return _lengths(carry_back(dh, W_h, slopes))[::-1]


def contributions(dhs, W_h, slopes):
    """The map M[t, k] = ||dL_t / dh_k||: how much the loss at step t says to the state of step k.

    Parameters
    ----------
    dhs : array (N, T, H)
        For each step the gradient of its own loss L_t by its own state h_t.
    W_h : array (H, H)
    slopes : array (N, T, H)

    Returns
    -------
    array (T, T)
        Rows are losses, columns are states, both counted from 0.  Above the diagonal it is zero:
        no loss hears of a later state.
    """
    W_h, slopes = _checked(W_h, slopes)
    N, T, H = slopes.shape
    dhs = as_array("dhs", dhs, "N T H", real=True, N=N, T=T, H=H)
    back, M = np.zeros((T, N, H), np.result_type(dhs, W_h, slopes)), np.zeros((T, T))
    for k in reversed(range(T)):
        back[k] = dhs[:, k]  # loss k sets out here, the later ones are on their way
        M[:, k] = _lengths(back)
        back = (back * slopes[:, k]) @ W_h.T
    return _in_range(M)


def norm_bound(W_h, steps, start=1.0):
    """start * ||W_h||_2^l for l = 0 .. steps.

    Where no slope is above 1, as with tanh, no gradient at lag l is longer than this (Pascanu et
    al. 2013, section 2.1).

    Returns
    -------
    array (steps + 1,)
    """
    start = as_positive("start", start, zero=True)
    factors = [start] + as_int("steps", steps, least=0) * [spectral_norm(W_h)]
    with np.errstate(over="ignore"):
        return np.multiply.accumulate(factors)  # each is the one before, times the norm


def saturation(hs, above=0.9):
    """The share of state entries with `abs(h)` > `above`: their slope is below 1 - above^2."""
    hs = as_array("hs", hs, "... H", real=True)
    return float(np.mean(np.abs(hs) > as_positive("above", above, zero=True)))


def _lengths(zs):
    """The norm of each zs[i], right also where squares would be too small or too large to hold."""
    return np.array([length(z) for z in zs])


def _in_range(back):
    """`back`, unless it grew beyond what a float can hold: then infinity less infinity was NaN."""
    if not np.isfinite(back).all():
        raise ValueError(
            f"W_h should carry the gradient within the range of {back.dtype}, got one beyond it: "
            f"take fewer steps, or a W_h of smaller norm"
        )
    return back


def _checked(W_h, slopes):
    slopes = as_array("slopes", slopes, "N T H", real=True)
    return as_array("W_h", W_h, "H H", real=True, H=slopes.shape[-1]), slopes
