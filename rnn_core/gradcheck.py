"""Two independent ways to differentiate a program, to prove a backward pass right.

Both look at the loss as a black box and move one entry at a time, so they cost one or two
forward passes for each number: slow, and hard to get wrong.
"""

import numpy as np

from .norms import length, scaled
from .shapes import as_array, as_function, as_numpy, as_positive

__all__ = ["central_difference", "complex_step", "relative_error"]


def central_difference(f, z, eps=1e-5):
    """dL/dz by (f(z + eps) - f(z - eps)) / (2 eps), entry by entry.

    The error is of order eps^2 plus round-off / eps: about 1e-10 at best in float64.

    Parameters
    ----------
    f : callable
        Takes an array of z's shape, returns a number.
    z : array
        It is not changed.
    eps : float

    Returns
    -------
    array of z's shape
    """
    f, eps = as_function("f", f, _EXAMPLE), as_positive("eps", eps)
    z = np.array(as_array("z", z, "...", real=True), dtype=np.float64)
    dz = np.zeros_like(z)
    for i in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[i] += eps
        down[i] -= eps
        dz[i] = (_number(f(up)) - _number(f(down))) / (2 * eps)
    return dz


def complex_step(f, z, eps=1e-100):
    """dL/dz by Im f(z + i eps) / eps, entry by entry (Squire & Trapp 1998).

    No two close numbers are subtracted, so there is no round-off to fear and `eps` may be tiny:
    the result is exact to the last digits.  `f` must be built from functions that continue to
    complex numbers (tanh, exp, log and products do; abs and max of the argument do not).

    Parameters and result as `central_difference`.
    """
    f, eps = as_function("f", f, _EXAMPLE), as_positive("eps", eps)
    z = np.array(as_array("z", z, "...", real=True), dtype=np.complex128)
    dz = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        moved = z.copy()
        moved[i] += 1j * eps
        dz[i] = np.imag(_number(f(moved))) / eps
    if not dz.any() and _moves(f, z):
        raise ValueError(
            "f should be built from functions that continue to complex numbers, got one that "
            "loses the imaginary part (as abs, max, .real or astype(float) do): "
            "use central_difference"
        )
    return dz


_EXAMPLE = "lambda z: np.sum(z**2)"


def _number(value):
    """What f gave, if it is one number."""
    value = as_numpy("f", value, "...")
    if value.size != 1 or value.dtype.kind not in "iufc" or not np.isfinite(value).all():
        got = value.item() if value.size == 1 else f"an array of shape {value.shape}"
        raise ValueError(
            f"f should return one finite number, got {got!r:.60}: return the loss, such as a sum"
        )
    return value.item() if value.dtype.kind in "iu" else value.reshape(())[()]


def _moves(f, z):
    """Whether a real f changes at all when z does."""
    return bool(np.abs(central_difference(lambda x: np.real(f(x + 0j)), z.real)).max() > 1e-6)


def relative_error(got, want):
    """||got - want|| / max(||got||, ||want||): 0 when equal, whatever the scale of the gradient.

    One number for the whole array.  Entry by entry, tiny entries would cry wolf.

    Raises
    ------
    ValueError
        If the shapes differ, there is nothing to compare, or an entry is NaN or infinite: a
        check that met NaN has not passed.
    """
    got, want = as_array("got", got, "..."), as_array("want", want, "...")
    if got.shape != want.shape:
        raise ValueError(
            f"got should have the shape of want, {want.shape}, got {got.shape}: "
            f"a gradient has the shape of its parameter"
        )
    (got, want), _ = scaled(got, want)  # squares and differences now stay in range
    scale = max(length(got), length(want))
    return length(got - want) / scale if scale > 0 else 0.0
