"""What the cases of many exercises are made of."""

import numpy as np

from ...words import t as said
from ..answer import loose
from ..compare import Malformed, came, listed

USUAL = "as usual"
ONE_ROW = "a batch of one"
ONE_STEP = "a sequence of one step"
ONE_UNIT = "one input, one unit"
LONG = "a long sequence"
SINGLE = "float32"
ORDER = "arrays that lie in memory in another order"
LARGE = "large gradients"
SMALL = 1e-4  # the size of gradients in float32: they are no zeros
SATURATED = "units far out on the flat part of tanh"


def weights(rng, D, H):
    """W_x (D, H), W_h (H, H), b (H,): no zeros, no symmetry, nothing saturated."""
    W_x, W_h = rng.normal(0, 0.6, (D, H)), rng.normal(0, 0.6, (H, H))
    return W_x, W_h, rng.uniform(0.2, 0.5, H) * rng.choice([-1, 1], H)


def lasting(rng, D, H):
    """Weights whose states stay small and whose gradients neither fade nor grow over 24 steps."""
    Q, _ = np.linalg.qr(rng.normal(size=(H, H)))
    return rng.normal(0, 0.1, (D, H)), 1.02 * Q, rng.uniform(0.02, 0.05, H)


def states(xs, h_0, W_x, W_h, b):
    """All states hs (N, T, H) of the layer."""
    h, hs = h_0, []
    for t in range(xs.shape[1]):
        h = np.tanh(xs[:, t] @ W_x + h @ W_h + b)
        hs.append(h)
    return np.stack(hs, axis=1)


def single(args):
    """The same arguments in float32."""
    return tuple(_floats(arg, lambda a: a.astype(np.float32)) for arg in args)


def turned(args):
    """The same arguments, with every array in another order in memory."""
    return tuple(_arrays(arg, _turn) for arg in args)


def _turn(array):
    return np.asfortranarray(array) if array.ndim > 1 else loose(array)


def _floats(arg, change):
    return _arrays(arg, lambda a: change(a) if a.dtype.kind == "f" else a)


def _arrays(arg, change):
    if isinstance(arg, np.ndarray):
        return change(arg)
    if isinstance(arg, dict):
        return {key: _arrays(item, change) for key, item in arg.items()}
    return arg


def words_by_name(answer, names):
    """What is compared of an answer like {"A": "vanish", ...}."""
    if not isinstance(answer, dict):
        raise Malformed(said("Where a dictionary should stand, {thing} came.", thing=came(answer)))
    missing = [name for name in names if name not in answer]
    if missing:
        raise Malformed(said("The dictionary lacks {keys}; it has {others}.", keys=listed(missing),
                          others=listed([*answer][:8]) or said("nothing")))  # fmt: skip
    for name in names:
        if not isinstance(answer[name], str):
            raise Malformed(said("`{name}` should be a word, {thing} came.", name=name,
                              thing=came(answer[name])))  # fmt: skip
    return {name: answer[name] for name in names}
