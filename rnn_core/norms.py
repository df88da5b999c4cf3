"""Lengths that neither overflow nor vanish.

The square of 1e200 is too large for float64 and the square of 1e-200 too small, though each of
the numbers is fine; float32 meets that at 1e20 and 1e-23, float16 at 256.  So the largest entry
is taken out before anything is squared (Blue 1978): as a power of two, which rounds nothing.
"""

import math

import numpy as np

__all__ = ["length", "power_of_two", "scaled", "times_ratio"]


def scaled(*arrays):
    """The arrays in float64 with one power of two taken out, so that the largest entry is 1 to 2.

    NaN and infinity stay what they are, and zeros stay zeros.

    Returns
    -------
    arrays : list of arrays
        ``arrays[i] * 2**exponent`` is what came.
    exponent : int
    """
    arrays = [_floating(a) for a in arrays]
    largest = max((np.abs(p).max() for a in arrays for p in _parts(a) if p.size), default=0)
    exponent = int(np.frexp(largest)[1]) - 1 if 0 < largest < math.inf else 0
    return [_shift(a, -exponent) for a in arrays], exponent


def length(*arrays):
    """The root of the sum of every squared entry of all arrays, as a float.

    NaN where an entry is NaN, infinite where one is infinite or where the length itself lies
    beyond the largest float64, 1.8e308.
    """
    ordinary = all(a.dtype.char in "fdFD" for a in arrays)
    square = sum(float(np.vdot(a, a).real) for a in arrays) if ordinary else 0.0
    if 1e-20 < square < math.inf:  # the usual case: nothing was lost
        return math.sqrt(square)
    arrays, exponent = scaled(*arrays)
    root = math.sqrt(sum(float(np.vdot(a, a).real) for a in arrays))
    return power_of_two(root, exponent)


def power_of_two(number, exponent):
    """number * 2**exponent, infinite where a float64 cannot hold it."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(number, exponent))


def times_ratio(array, a, b):
    """array * (a / b) in the array's type, also where a / b itself is out of that type's range.

    a and b are floats above 0, and a is at most b.
    """
    kind = array.real.dtype
    if kind.itemsize > 2 and a / b >= np.finfo(kind).tiny:
        return array * kind.type(a / b)
    (a, i), (b, j) = math.frexp(a), math.frexp(b)
    if a > b:
        a, i = a / 2, i + 1  # a / b is now 1/2 to 1: the product can be held
    wide = np.promote_types(array.dtype, np.float64)  # rounded once, at the end
    return _shift(array.astype(wide) * (a / b), i - j).astype(array.dtype)


def _floating(a):
    a = np.asarray(a)
    return a.astype(np.promote_types(a.dtype, np.float64), copy=False)


def _parts(a):
    return (a.real, a.imag) if a.dtype.kind == "c" else (a,)


def _shift(a, exponent):
    with np.errstate(under="ignore", over="ignore"):
        if a.dtype.kind == "c":
            return np.ldexp(a.real, exponent) + 1j * np.ldexp(a.imag, exponent)
        return np.ldexp(a, exponent)
