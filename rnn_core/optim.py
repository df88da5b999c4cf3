"""Optimizers.  They change the parameter arrays in place, and only after all checks have passed."""

from numbers import Real

import numpy as np

from .shapes import as_positive, check_finite


def global_norm(grads):
    """The joint length of all gradients: the root of the sum of every squared entry.

    Raises
    ------
    ValueError
        If an entry is NaN or infinite, or a gradient is no array.
    """
    for name, g in grads.items():
        _check_array(f"the gradient of {name}", g)
        check_finite(f"the gradient of {name}", g)
    return float(np.sqrt(sum(float(np.vdot(g, g)) for g in grads.values())))


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
    return {name: g * g.dtype.type(max_norm / norm) for name, g in grads.items()}, norm


class SGD:
    """Gradient descent: p <- p - lr * dp."""

    def __init__(self, lr):
        self.lr = as_positive("lr", lr)

    def step(self, params, grads):
        """Update the arrays of `params` in place."""
        _check_pair(params, grads)
        for name, p in params.items():
            p -= p.dtype.type(self.lr) * grads[name]


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1): steps scaled by running moments of the gradient.

    The moments belong to the names in `params`: use one optimizer for one model.
    """

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.eps = as_positive("lr", lr), as_positive("eps", eps)
        for name, beta in (("beta1", beta1), ("beta2", beta2)):
            if not isinstance(beta, Real) or not 0 <= beta < 1:
                raise ValueError(f"{name} should be at least 0 and below 1, got {beta!r}: try 0.9")
        self.beta1, self.beta2 = beta1, beta2
        self.t, self.m, self.v = 0, {}, {}

    def step(self, params, grads):
        """Update the arrays of `params` in place."""
        _check_pair(params, grads)
        for name, m in self.m.items():
            if name not in params or m.shape != params[name].shape:
                raise ValueError(
                    f"params should be those of the first step, got a change at {name}: "
                    f"make a new Adam for another model"
                )
        self.t += 1
        size = self.lr * (1 - self.beta2**self.t) ** 0.5 / (1 - self.beta1**self.t)
        eps = self.eps * (1 - self.beta2**self.t) ** 0.5
        for name, p in params.items():
            g = grads[name]
            m = self.m.setdefault(name, np.zeros_like(p))
            v = self.v.setdefault(name, np.zeros_like(p))
            m += (1 - self.beta1) * (g - m)
            v += (1 - self.beta2) * (g * g - v)
            p -= size * m / (np.sqrt(v) + eps)


def _check_array(name, value):
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        got = f"{value.dtype} numbers" if isinstance(value, np.ndarray) else type(value).__name__
        raise ValueError(
            f"{name} should be an array of floating-point numbers, got {got}: "
            f"convert it with np.asarray(..., float)"
        )


def _check_pair(params, grads):
    """Every parameter has a finite gradient of its own shape, and nothing is left over."""
    if params.keys() != grads.keys():
        odd = sorted(params.keys() ^ grads.keys())
        raise ValueError(
            f"grads should have the names of params, got a difference at {', '.join(odd)}: "
            f"pass the grads of this model"
        )
    for name, p in params.items():
        _check_array(name, p)
        _check_array(f"the gradient of {name}", grads[name])
        if grads[name].shape != p.shape:
            raise ValueError(
                f"the gradient of {name} should have shape {p.shape}, got {grads[name].shape}: "
                f"a gradient has the shape of its parameter"
            )
        check_finite(f"the gradient of {name}", grads[name])
