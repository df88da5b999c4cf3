"""The legend of every array in this package, and one voice for what is wrong with one.

    N   sequences side by side (the batch)      D   numbers in one input x_t
    T   time steps                              H   numbers in one state h_t
    V   words in the vocabulary

Batch first, time second, features last.  One step is singular (``x``: (N, D)), a sequence is
plural (``xs``: (N, T, D)).  ``dz`` is the gradient of the loss by ``z`` and has z's shape.

Every complaint is a ``ValueError`` that says what was wanted, what came, and which axis or what
to do about it.  It is raised before anything has changed.
"""

import math
from collections.abc import Iterable, Mapping, Set
from functools import cache
from numbers import Integral, Real

import numpy as np

__all__ = [
    "AXES",
    "LARGEST",
    "SIDE",
    "as_array",
    "as_cache",
    "as_counts",
    "as_flag",
    "as_float_type",
    "as_function",
    "as_ids",
    "as_int",
    "as_made",
    "as_mask",
    "as_numpy",
    "as_positive",
    "as_rng",
    "as_text",
    "as_words",
    "check_finite",
    "check_room",
    "check_shape",
]

LARGEST = 10**9  # the largest size or count, and the most numbers in one array (8 GB)
SIDE = math.isqrt(LARGEST)  # of a square one
AXES = {
    "N": "sequences side by side (the batch)",
    "T": "time steps",
    "D": "numbers in one input x_t",
    "H": "numbers in one state h_t",
    "V": "words in the vocabulary",
}


def check_shape(name, array, axes, **sizes):
    """Raise ``ValueError`` unless `array` has the axes that the legend names.

    Parameters
    ----------
    name : str
        What the caller calls the array.
    array : np.ndarray
    axes : str
        Letters of the legend, such as ``"N T D"``; a leading ``...`` stands for any axes.
    **sizes : int
        The axes whose size is known, such as ``D=2``.
    """
    letters, free = _letters(axes)
    shape = array.shape
    if free:
        shape = shape[max(len(shape) - len(letters), 0) :]
    if len(shape) != len(letters):
        least = "at least " if free else ""
        wanted = _wanted(axes, sizes)
        raise ValueError(
            f"{name} should have shape {wanted}, got {array.shape}: "
            f"it has {array.ndim} axes, not {least}{len(letters)}"
        )
    for letter, size in zip(letters, shape, strict=True):
        if sizes.get(letter, size) != size:
            raise ValueError(
                f"{name} should have shape {_wanted(axes, sizes)}, got {array.shape}: "
                f"axis {letter} is {size}, not {sizes[letter]}"
            )
    if array.size == 0:
        raise ValueError(
            f"{name} should have shape {_wanted(axes, sizes)}, got {array.shape}: "
            f"it is empty; every axis needs at least 1"
        )


@cache
def _letters(axes):
    """``"... T D"`` as its letters and whether any axes may come before them."""
    letters = tuple(axes.split())
    free = letters[0] == "..."
    return letters[free:], free


def _wanted(axes, sizes):
    letters = [f"{a}={sizes[a]}" if a in sizes else a for a in axes.split()]
    return f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"


def as_array(name, value, axes, *, real=False, **sizes):
    """`value` as an array of finite numbers with the wanted axes; whole numbers become float64.

    Returns the array itself where it already is one: nothing is copied, nothing is changed.
    Complex numbers pass (the complex step sends them through the layers), unless `real`.

    Raises
    ------
    ValueError
        For a wrong number or size of axes, ragged rows, anything that is not a number, and NaN
        or infinity.
    """
    array = as_numpy(name, value, axes, sizes)
    if array.dtype.kind not in "fc":
        if array.dtype.kind not in "iu":
            raise ValueError(
                f"{name} should hold numbers, got {array.dtype.name}: convert it to float first"
            )
        array = array.astype(np.float64)
    if real and array.dtype.kind == "c":
        raise ValueError(
            f"{name} should hold real numbers, got {array.dtype.name}: pass its real part"
        )
    check_shape(name, array, axes, **sizes)
    check_finite(name, array)
    return array


def as_ids(name, value, axes, vocab_size, **sizes):
    """`value` as an array of whole numbers 0 .. vocab_size - 1 with the wanted axes.

    They come back in int64, so that whoever computes with them need not think of their type.

    Raises
    ------
    ValueError
        For wrong axes, numbers that are not of an integer type, and ids outside the vocabulary.
    """
    array = as_numpy(name, value, axes, sizes)
    check_shape(name, array, axes, **sizes)
    if array.dtype.kind not in "iu":
        raise ValueError(
            f"{name} should hold whole numbers (an integer type), got {array.dtype.name}: "
            f"encode the words with a Vocabulary first"
        )
    if array.min() < 0 or array.max() >= vocab_size:
        where = _index((array < 0) | (array >= vocab_size))
        raise ValueError(
            f"{name} should hold ids from 0 to {vocab_size - 1} (V={vocab_size}), "
            f"got {array[where]} at {list(where)}: "
            f"encode the text with the vocabulary that the model was made for"
        )
    return array.astype(np.int64, copy=False)  # 200 * 2 is 144 in uint8


def as_counts(name, value, axes, **sizes):
    """`value` as an int64 array of counts, 0 or more, with the wanted axes."""
    array = as_numpy(name, value, axes, sizes)
    check_shape(name, array, axes, **sizes)
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() > LARGEST:
        got = array.dtype.name if array.dtype.kind not in "iu" else f"{array.min()}..{array.max()}"
        raise ValueError(
            f"{name} should hold whole numbers from 0 to {LARGEST}, got {got}: "
            f"count with np.bincount(ids, minlength=V)"
        )
    return array.astype(np.int64, copy=False)


def as_mask(name, value, shape):
    """`value` as a boolean array of the given shape that counts at least one token."""
    mask = as_numpy(name, value, "...")
    if mask.shape != shape:
        raise ValueError(
            f"{name} should have the shape of the targets, {shape}, got {mask.shape}: "
            f"give one entry for each token"
        )
    if mask.dtype.kind not in "biuf" or not np.all((mask == 0) | (mask == 1)):
        raise ValueError(
            f"{name} should hold only 0 and 1 (or False and True), got other values: "
            f"write 1 for each token that counts"
        )
    if not mask.any():
        raise ValueError(
            f"{name} should count at least one token, got none: a mean over no tokens is undefined"
        )
    return mask.astype(bool)


def as_int(name, value, least=1, most=LARGEST):
    """`value` as an ``int``, at least `least` and at most `most`."""
    whole = isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))
    if not whole or value < least:
        raise ValueError(
            f"{name} should be a whole number, at least {least}, got {value!r:.60}: "
            f"pass an int of {least} or more"
        )
    if value > most:
        raise ValueError(
            f"{name} should be a whole number, at most {most}, got one of "
            f"{int(math.log10(value)) + 1} digits: no memory holds that many"
        )
    return int(value)


def check_room(**sizes):
    """Raise ``ValueError`` unless an array of these sizes has at most `LARGEST` numbers."""
    if math.prod(sizes.values()) > LARGEST:
        raise ValueError(
            f"{' * '.join(sizes)} should be at most {LARGEST} numbers, got "
            f"{' * '.join(map(str, sizes.values()))}: choose smaller sizes"
        )


def as_positive(name, value, zero=False):
    """`value` as a ``float`` that is finite and above 0 (or 0 itself if `zero`)."""
    ok = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    number = _float(value) if ok else math.nan
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        what = "a finite number, 0 or more" if zero else "a finite number above 0"
        raise ValueError(f"{name} should be {what}, got {value!r:.60}: pass a float of that range")
    return number


def _float(value):
    try:
        return float(value)
    except OverflowError:  # a whole number or a fraction beyond 1.8e308
        return math.inf


def as_flag(name, value):
    """`value` as a ``bool``, 0 and 1 too: a word such as "no" would count as true."""
    if not isinstance(value, (bool, np.bool_)) and not (type(value) is int and value in (0, 1)):
        raise ValueError(f"{name} should be True or False, got {value!r:.60}: pass one of the two")
    return bool(value)


def as_text(name, value, empty=False):
    """`value` itself, if it is a ``str``, and not empty unless that is allowed."""
    if not isinstance(value, str) or not (value or empty):
        raise ValueError(f"{name} should be a text (a str), got {value!r:.60}: pass a string")
    return value


def as_words(name, value):
    """`value`, any iterable of strings but a string itself, as a list."""
    odd = [value]
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, type, Mapping)):
        words = list(value)  # it may be an iterator
        odd = [word for word in words if not isinstance(word, str)]
        if not odd:
            return words
    raise ValueError(
        f"{name} should be one row of strings, got {odd[0]!r:.60}: "
        f"cut the text first, with .split() or tokenize(), or with list() into characters"
    )


def as_function(name, value, example):
    """`value` itself, if it can be called and is no class."""
    if isinstance(value, type) or not callable(value):
        raise ValueError(
            f"{name} should be a function, got {value!r:.60}: pass one, such as {example}"
        )
    return value


def as_made(name, value, can, what):
    """`value` itself, if it is an object, not a class, that has all that is named in `can`."""
    if isinstance(value, type) or not all(hasattr(value, part) for part in can.split()):
        raise ValueError(f"{name} should be {what}, got {value!r:.60}: make one and pass that")
    return value


def as_cache(cache, *arrays, **sizes):
    """The arrays of a cache, if they have the axes that `arrays` names, such as ``"N T D"``.

    One letter is one size, in all of them, and ``T+1`` is one more than T.  The numbers are not
    looked at again: they come out of a pass that was checked.
    """
    fits = type(cache) is tuple and len(cache) == len(arrays)
    for array, axes in zip(cache, arrays, strict=True) if fits else ():
        if type(array) is not np.ndarray or array.dtype.kind not in "fc":
            fits = False
            break
        (letters, free), shape = _letters(axes), array.shape
        shape = shape[-len(letters) :] if free else shape
        fits = fits and len(shape) == len(letters)
        for letter, size in zip(letters, shape, strict=False):
            if sizes.setdefault(letter, size) != size:
                fits = False
            if letter == "T":
                sizes["T+1"] = size + 1
    if not fits:
        wanted = " and ".join(_wanted(axes, {}) for axes in arrays)
        got = cache if isinstance(cache, (tuple, list)) else [cache]
        got = [str(a.shape) if isinstance(a, np.ndarray) else type(a).__name__ for a in got]
        raise ValueError(
            f"cache should be what forward gave, arrays of shape {wanted}, "
            f"got {' and '.join(got) or 'none'}: pass the last value of the forward before"
        )
    return cache


def as_rng(rng):
    """`rng` itself, if it is a ``np.random.Generator``: what draws is named, never hidden."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng should be a np.random.Generator, got {rng!r:.60}: "
            f"pass np.random.default_rng(0), or another seed"
        )
    return rng


def as_float_type(dtype):
    """`dtype` as float16, float32 or float64: whole numbers would round all weights to 0."""
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = np.dtype(object)
    if dtype is None or kind.kind != "f":
        raise ValueError(
            f"dtype should be a type of floating-point numbers, got {dtype!r:.60}: "
            f"pass np.float64 or np.float32"
        )
    return kind


def check_finite(name, array):
    """Raise ``ValueError`` if `array` holds NaN or infinity.

    The sum of squares is one fast pass and is finite only if every entry is; entries are looked
    at one by one only when it is not (it may also have overflowed, which is no fault).
    """
    square = np.vdot(array, array)
    if not math.isfinite(square.real) and not np.isfinite(array).all():
        where = _index(~np.isfinite(array))
        raise ValueError(
            f"{name} should hold finite numbers, got {array[where]} at {list(where)}: check the "
            f"data; if training made it, clip the gradients or lower the learning rate"
        )


def as_numpy(name, value, axes, sizes=()):
    """`value` as an array; what only looks like one is a ``ValueError``.

    A masked array would be computed with as if nothing were masked, and ``*`` means another
    product for ``np.matrix``: no kind of array but the plain one is let in.
    """
    if type(value) is np.ndarray:
        return value
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):
        masked = isinstance(value, np.ma.MaskedArray)
        do = "fill it with .filled(...) and pass a mask" if masked else "pass np.asarray(...) of it"
        raise ValueError(f"{name} should be a plain array, got a {type(value).__name__}: {do}")
    if isinstance(value, (type, str, bytes, Mapping, Set)) or callable(value):
        raise ValueError(
            f"{name} should be an array of numbers, got {value!r:.60}: pass an array or a list"
        )
    try:
        return np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(
            f"{name} should have shape {_wanted(axes, dict(sizes))}, got rows of unequal length: "
            f"pad them to one length and mask the padding"
        ) from None


def _index(wrong):
    """The first place where `wrong` is true, as a tuple of ints."""
    return tuple(int(i) for i in np.argwhere(wrong)[0])
