"""Kinds of argument: what else than the right thing people pass, for each right thing.

``kinds(good)`` gives triples (label, other, plain).  `plain` is the ordinary form of what `other`
says in its own way, such as the array of a list: a call that takes `other` has to give the same
number.  It is ``REFUSE`` where no number can be right: then the call has to say so.
"""

import copy
import inspect
from collections import OrderedDict
from fractions import Fraction
from numbers import Number
from types import ModuleType, SimpleNamespace

import numpy as np

REFUSE = object()


def kinds(good):
    """Everything to try in the place of `good`."""
    for kind, how in BY_KIND:
        if isinstance(good, kind):
            yield from (k if len(k) == 3 else (*k, REFUSE) for k in how(good))
            break
    for label, other in junk(good):
        yield label, other, REFUSE


def junk(good):
    """What is wrong wherever it comes, unless it is of the very kind that is wanted."""
    yield "None", None
    yield "a class", SGDLike
    yield "an object", object()
    yield "an empty namespace", SimpleNamespace()
    yield "a generator of nothing", (x for x in ())
    yield "bytes", b"a"
    yield "an ellipsis", ...
    if not isinstance(good, (float, int)):
        yield "nan", float("nan")
    if not isinstance(good, str):
        yield "a letter", "a"
        yield "a sentence", "you say"
    if not isinstance(good, dict):
        yield "a dict", {"a": 1.0}
        yield "an empty dict", {}
    if not callable(good):
        yield "a function", lambda *_: None
    if not isinstance(good, (list, tuple)):
        yield "a list of nothing", []
        yield "a set", {1, 2}


class SGDLike:
    """A class with everything on it, where an object is wanted."""

    step = forward = backward = params = loss = logits = loss_and_grads = None
    vocab_size = input_size = hidden_size = W = b = cell = vocab = None


def arrays(good):
    """Other arrays than the right one, and the same numbers said in other ways."""
    whole = good.dtype.kind in "iu"
    yield "a list", good.tolist(), good
    yield "a tuple", tuple(good.tolist()) if good.ndim else good.tolist(), good
    yield "read-only", read_only(good), good
    yield "not contiguous", np.repeat(good, 2, axis=-1)[..., ::2], good
    yield "in Fortran's order", np.asfortranarray(good), good
    yield "big-endian", good.astype(good.dtype.newbyteorder(">")), good
    yield "an object array", good.astype(object), good
    yield "a subclass", good.view(Special), good
    yield "a masked array, nothing masked", np.ma.array(good), good
    yield "a masked array", np.ma.array(good, mask=np.arange(good.size).reshape(good.shape) == 0)
    if good.ndim == 2:
        yield "a matrix", np.asmatrix(good), good
    yield "strings", good.astype(str)
    yield "dates", np.zeros(good.shape, "M8[s]")
    yield "records", np.zeros(good.shape, [("a", "f8")])
    yield "booleans", good > 0, (good > 0).astype(good.dtype)
    yield "ragged rows", [[1, 2], [3]]
    yield "huge integers", np.full(good.shape, 2**70, object).tolist()
    yield "an axis more in front", good[None]
    yield "an axis more behind", good[..., None]
    yield "an axis less", good[0]
    yield "a number", good.flat[0]
    for axis in range(good.ndim):
        yield f"axis {axis} longer", np.concatenate([good, good.take([0], axis)], axis)
        yield f"axis {axis} empty", good.take([], axis)
        if good.shape[axis] > 1:
            yield f"axis {axis} shorter", good.take(range(good.shape[axis] - 1), axis)
    first = np.unravel_index(good.size - 1, good.shape)
    for label, bad in {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}.items():
        yield f"{label} in it", placed(good.astype(float), first, bad)
    if whole:
        for dtype in ("i1", "u1", "i2", "u8"):
            yield dtype, good.astype(dtype), good
        yield "floats", good.astype(float), good
        yield "a negative id", placed(good, first, -1)
        yield "an id far too large", placed(good, first, 10**6)
        yield "an id beyond int64", placed(good.astype("u8"), first, 2**64 - 1)
    else:
        for dtype in ("f2", "f4", "g"):
            yield dtype, good.astype(dtype), good.astype(dtype).astype(float)
        yield "whole numbers", np.rint(good).astype(int), np.rint(good)
        yield "whole numbers, unsigned", np.rint(abs(good)).astype("u1"), np.rint(abs(good))
        yield "complex", good + 0j, good


class Special(np.ndarray):
    """An array of somebody's own kind."""


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def placed(array, where, value):
    array = array.copy()
    array[where] = value
    return array


def numbers(good):
    """In the place of a number that is measured."""
    for dtype in (np.float64, np.float32, np.float16):
        yield dtype.__name__, dtype(good), float(dtype(good))
    yield "a fraction", Fraction(good), float(Fraction(good))
    yield "an array of one", np.array(good), good
    if good == int(good):
        yield "a whole number", int(good), good
    for bad in (np.nan, np.inf, -np.inf, -good - 1, 10**400, True, 1j, str(good), [good]):
        yield f"{bad!r:.12}", bad


def counts(good):
    """In the place of a number that is counted."""
    for dtype in (np.int64, np.uint8, np.int16):
        yield dtype.__name__, dtype(good), good
    yield "a float", float(good), good
    yield "a fraction", Fraction(good), good
    yield "an array of one", np.array(good), good
    yield "True", True
    for bad in (-1, -(10**30), 10**12, 2**70, np.uint64(2**64 - 1), good + 0.5, np.nan, np.inf):
        yield f"{bad!r:.20}", bad
    for bad in (1j, str(good), [good], np.array([good, good])):
        yield f"{bad!r:.20}", bad


def flags(good):
    """In the place of True or False."""
    yield "NumPy's", np.bool_(good), good
    for bad in (2, 1.5, "no", [], np.array([True, False])):
        yield repr(bad), bad


def rngs(good):
    """In the place of a `np.random.Generator`."""
    yield "a seed", 0
    yield "the module", np.random
    yield "the class", np.random.Generator
    yield "the old kind", np.random.RandomState(0)


def dicts(good):
    """A dict with one thing wrong."""
    key = next(iter(good))
    yield "a subclass", OrderedDict(copy.deepcopy(good)), good
    yield "one entry less", {k: v for k, v in good.items() if k != key}
    yield "one entry more", {**good, "one more": good[key]}
    yield "its values", list(good.values())
    for label, other, plain in kinds(good[key]):
        rest = copy.deepcopy({k: v for k, v in good.items() if k != key})
        plain = plain if plain is REFUSE else {key: plain, **rest}
        yield f"{label} at {key}", {key: other, **rest}, plain


def rows(good):
    """A list or a tuple with one thing wrong."""
    yield "a generator", (x for x in list(good)), good
    yield "an iterator", iter(list(good)), good
    yield "nothing in it", type(good)()
    if isinstance(good, tuple):
        yield "a list of the same", list(good), good
        yield "one less", good[:-1]
        yield "one more", (*good, good[0])
    else:
        yield "a tuple of the same", tuple(good), good
    if not good or callable(good[0]):
        return
    for label, other, plain in kinds(good[0]):
        plain = plain if plain is REFUSE else type(good)([plain, *good[1:]])
        yield f"{label} first", type(good)([other, *good[1:]]), plain


def functions(good):
    """Functions that give nothing of use, and classes."""
    yield "a class that can be called", dict
    for label, value in {
        "None": None, "a word": "a", "nan": np.nan, "a row": np.ones(97), "an object": object(),
    }.items():  # fmt: skip
        yield f"one that gives {label}", lambda *_, value=value: value


def texts(good):
    """In the place of a text or a name."""
    yield "letters in a list", list(good)
    yield "a number", 3
    yield "bytes of it", good.encode()


def types(good):
    """In the place of a type of numbers, or of a kind of cell."""
    if not issubclass(good, np.generic):
        yield "an object with its methods", SimpleNamespace(init=good.init)
        return
    yield "its name", np.dtype(good).name, good
    yield "its dtype", np.dtype(good), good
    for bad in (int, bool, complex, str, "nonsense", object, np.array(1.0), 64):
        yield f"{bad!r:.20}", bad


def objects(good):
    """In the place of a model or a layer."""
    yield "its class", type(good)
    yield "its parameters", getattr(good, "params", 3)


BY_KIND = (
    (np.ndarray, arrays),
    (bool, flags),
    (int, counts),
    (float, numbers),
    (str, texts),
    (np.random.Generator, rngs),
    (dict, dicts),
    ((list, tuple), rows),
    (type, types),
    (range, lambda good: ()),
    ((type(lambda: 0), type(len), type(np.sin)), functions),
    (object, objects),
)


# ---- what a call leaves behind


def state(thing, seen=()):
    """All that can be compared of a thing, as nested tuples: numbers by their bytes."""
    if isinstance(thing, np.ndarray):
        body = thing.tolist() if thing.dtype.hasobject else thing.tobytes()
        body = repr(body) if thing.dtype.hasobject else body
        return ("array", thing.shape, thing.dtype.str, body)
    if isinstance(thing, np.random.Generator):
        return repr(thing.bit_generator.state)
    if isinstance(thing, dict):
        return tuple((repr(k), state(v, seen)) for k, v in thing.items())
    if isinstance(thing, (list, tuple, set)):
        return tuple(state(v, seen) for v in thing)
    if _has_parts(thing):
        if id(thing) in seen:
            return "seen"
        return state(vars(thing), (*seen, id(thing)))
    return repr(thing) if isinstance(thing, (int, float, complex, str, bytes)) else None


def _has_parts(thing):
    if isinstance(thing, (type, ModuleType)) or callable(thing):
        return False
    return hasattr(thing, "__dict__")


def numbers_in(thing, out=None):
    """All numbers and words of a result in one order."""
    out = [] if out is None else out
    if isinstance(thing, np.ndarray):
        out.extend(thing.astype(complex).ravel() if thing.dtype.kind in "biufc" else [])
    elif isinstance(thing, (Number, np.bool_)):
        out.append(complex(thing))
    elif isinstance(thing, str):
        out.append(thing)
    elif isinstance(thing, dict):
        for value in thing.values():
            numbers_in(value, out)
    elif isinstance(thing, (list, tuple, range)) or inspect.isgenerator(thing):
        for value in thing:
            numbers_in(value, out)
    elif _has_parts(thing):
        numbers_in(copy.copy(vars(thing)), out)
    return out


def same(got, want, rtol):
    """Whether two lists of `numbers_in` say the same."""
    if len(got) != len(want):
        return False
    words = [[x for x in row if isinstance(x, str)] for row in (got, want)]
    values = [np.array([x for x in row if not isinstance(x, str)]) for row in (got, want)]
    if words[0] != words[1] or values[0].shape != values[1].shape:
        return False
    return np.allclose(*values, rtol=rtol, atol=rtol, equal_nan=True)
