"""Optimizers.  They change the parameter arrays in place, and only after all checks have passed."""

import math
from contextlib import contextmanager

import numpy as np

from .norms import length, times_ratio
from .shapes import as_numpy, as_positive, check_finite

__all__ = ["SGD", "Adam", "clip_by_global_norm", "global_norm"]


def global_norm(grads):
    """The joint length of all gradients: the root of the sum of every squared entry.

    Entries of any size that their type can hold are measured rightly.  The result is infinite
    only where the length itself is beyond the largest float64, 1.8e308.

    Raises
    ------
    ValueError
        If an entry is NaN or infinite, or a gradient is no array.
    """
    _check_names("grads", grads)
    for name, g in grads.items():
        _check_array(f"the gradient of {name}", g)
    norm = length(*grads.values())
    if not math.isfinite(norm):
        for name, g in grads.items():
            check_finite(f"the gradient of {name}", g)
    return norm


def clip_by_global_norm(grads, max_norm):
    """Shorten all gradients together, so that their joint length is at most `max_norm`.

    g <- g * min(1, max_norm / norm), with norm over every entry of every array (Pascanu et al.
    2013, algorithm 1).  The direction stays.  The arrays that come in are not changed.

    Returns
    -------
    grads : dict
    norm : float
        The length before clipping.
    """
    max_norm = as_positive("max_norm", max_norm)
    norm = global_norm(grads)
    if norm <= max_norm:
        return dict(grads), norm
    if math.isinf(norm):  # longer than a float can say: clip a shorter one
        grads = {name: g * 2.0**-64 for name, g in grads.items()}
        return clip_by_global_norm(grads, max_norm)[0], norm
    return {name: times_ratio(g, max_norm, norm) for name, g in grads.items()}, norm


class SGD:
    """Gradient descent: p <- p - lr * dp."""

    def __init__(self, lr):
        self.lr = as_positive("lr", lr)

    def step(self, params, grads):
        """Update the arrays of `params` in place."""
        ordinary = _check_pair(params, grads) and 1e-30 < self.lr < 1e3
        with _all_or_nothing(ordinary, params) as (params,):
            for name, p in params.items():
                _take(p, _wide(self.lr, p) * _wide(grads[name], p))


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1): steps scaled by running moments of the gradient.

    The moments belong to the names in `params`: use one optimizer for one model.
    """

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.eps = as_positive("lr", lr), as_positive("eps", eps)
        for name, beta in (("beta1", beta1), ("beta2", beta2)):
            if as_positive(name, beta, zero=True) >= 1:
                raise ValueError(f"{name} should be at least 0 and below 1, got {beta!r}: try 0.9")
        if self.eps < 1e-100:  # the squares of gradients as small as this are lost
            raise ValueError(f"eps should be at least 1e-100, got {eps!r}: try 1e-8")
        self.beta1, self.beta2 = float(beta1), float(beta2)
        self.t, self.m, self.v = 0, {}, {}

    def step(self, params, grads):
        """Update the arrays of `params` in place."""
        ordinary = _check_pair(params, grads)
        for name, m in self.m.items():
            if name not in params or m.shape != params[name].shape:
                raise ValueError(
                    f"params should be those of the first step, got a change at {name}: "
                    f"make a new Adam for another model"
                )
        t = self.t + 1
        size = self.lr * (1 - self.beta2**t) ** 0.5 / (1 - self.beta1**t)
        eps = self.eps * (1 - self.beta2**t) ** 0.5
        ordinary = ordinary and 1e-30 < size < 1e3 and eps > 1e-12
        with _all_or_nothing(ordinary, params, self.m, self.v) as (params, ms, vs):
            for name, p in params.items():
                g = _wide(grads[name], p)
                if eps < 1e-18:  # beside it, squares count that float32 cannot hold
                    g = g.astype(np.promote_types(g.dtype, np.float64))
                m = ms.setdefault(name, np.zeros_like(g))
                v = vs.setdefault(name, np.zeros_like(g))
                m += (1 - self.beta1) * (g - m)
                v += (1 - self.beta2) * (g * g - v)
                _take(p, _wide(size, p) * m / (np.sqrt(v) + _wide(eps, p)))
        self.t = t


@contextmanager
def _all_or_nothing(ordinary, *dicts):
    """The dicts of arrays, to be changed in place: all of them, or none where a step fails.

    An ordinary step cannot leave the range of its type.  Any other is tried on copies first.
    """
    if ordinary:
        yield dicts
        return
    copies = [{name: a.copy() for name, a in arrays.items()} for arrays in dicts]
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
            yield copies
    except FloatingPointError:
        raise ValueError(
            "grads and lr should give a step that the type of the parameters can hold, got one out "
            "of its range: clip the gradients, lower the learning rate, or use float64"
        ) from None
    for arrays, moved in zip(dicts, copies, strict=True):
        for name, a in moved.items():
            if name in arrays:
                arrays[name][...] = a
            else:
                arrays[name] = a


def _wide(value, p):
    """`value` in the type of p, or in one that can hold it: float16 is too narrow for a step."""
    kind = p.dtype if p.dtype.itemsize > 2 else np.dtype(np.float32)
    if isinstance(value, float):
        small = value < np.finfo(kind).tiny or value > np.finfo(kind).max
        return np.float64(value) if small else kind.type(value)
    return value.astype(kind, copy=False)


def _take(p, step):
    """p <- p - step, in p's own type."""
    np.subtract(p, step, out=p, casting="same_kind")


def _check_names(what, arrays):
    if not isinstance(arrays, dict) or not arrays:
        got = "none" if isinstance(arrays, dict) else type(arrays).__name__
        raise ValueError(
            f"{what} should be a dict of arrays by name, with at least one, got {got}: "
            f"pass what the model gives"
        )


def _check_array(name, value):
    as_numpy(name, value, "...")  # a masked array or a matrix is refused
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc" or value.size == 0:
        got = f"{value.dtype} numbers" if isinstance(value, np.ndarray) else type(value).__name__
        got = "an empty array" if getattr(value, "size", 1) == 0 else got
        raise ValueError(
            f"{name} should be an array of floating-point numbers, got {got}: "
            f"convert it with np.asarray(..., float)"
        )


def _check_pair(params, grads):
    """Every parameter has a finite gradient of its own shape, and nothing is left over.

    True where all are of a size and type from which an ordinary step stays in range.
    """
    ordinary = True
    _check_names("params", params)
    _check_names("grads", grads)
    if params.keys() != grads.keys():
        odd = sorted(params.keys() ^ grads.keys())
        raise ValueError(
            f"grads should have the names of params, got a difference at {', '.join(odd)}: "
            f"pass the grads of this model"
        )
    for name, p in params.items():
        _check_array(name, p)
        _check_array(f"the gradient of {name}", grads[name])
        if not p.flags.writeable:
            raise ValueError(
                f"{name} should be an array that may be changed, got a read-only one: "
                f"pass a copy of it to the model"
            )
        if grads[name].shape != p.shape:
            raise ValueError(
                f"the gradient of {name} should have shape {p.shape}, got {grads[name].shape}: "
                f"a gradient has the shape of its parameter"
            )
        g = grads[name]
        if min(p.itemsize, g.itemsize) == 2 or not abs(np.vdot(g, g)) < 1e20:
            check_finite(f"the gradient of {name}", grads[name])
            ordinary = False
    return ordinary
