"""Any value as plain data: numbers, text, arrays, and lists and dictionaries of them.

What an answer returns was made by somebody else: it may be lazy, endless, enormous, or an object
whose every method lies.  `plain` looks at it once, where the answer ran and inside its limit of
time.  Everything after that sees plain data only, and `pack` and `unpack` carry it from one
process to another without running anything that came along.
"""

import base64
import itertools
import json
import math
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MOST = 2_000  # items of one collection that are read; no exercise has a hundred
ROOM = 50_000_000  # bytes of one array; no exercise has a million
DEEP = 12  # lists inside lists; no exercise has four
LONG = 2_000  # characters of one text


@dataclass(frozen=True)
class Odd:
    """Something that is no data, described in a few words: ``"a set"``."""

    words: str


@dataclass(frozen=True, eq=False)
class Model:
    """An object with parameters, as its arrays by name."""

    kind: str
    params: dict


def kind(value):
    """The name of a value's type, whatever the value does to hide it."""
    try:
        return str(type.__getattribute__(type(value), "__name__"))[:60]
    except Exception:
        return "object"


def plain(value, depth=0):
    """`value` as plain data; what cannot be read is an `Odd`.  Never raises an Exception."""
    if depth > DEEP:
        return Odd("a list inside a list, many times over")
    try:
        return _plain(value, depth)
    except Exception:
        return Odd(f"something of type {kind(value)}")


def _plain(value, depth):
    if value is None or type(value) in (bool, float, complex):
        return value
    if isinstance(value, str):
        return str.__str__(value)[:LONG]
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(value, depth)
    if isinstance(value, int):
        number = int(value)
        return number if abs(number) < 2**63 else _large(number)
    if isinstance(value, Mapping):
        pairs = itertools.islice(value.items(), MOST)
        return {_key(key): plain(item, depth + 1) for key, item in pairs}
    if isinstance(value, (list, tuple)):
        items = [plain(item, depth + 1) for item in itertools.islice(value, MOST)]
        return tuple(items) if isinstance(value, tuple) else items
    return _object(value, depth)


def _object(value, depth):
    if isinstance(getattr(value, "params", None), Mapping):
        return Model(kind(value), plain(value.params, depth + 1))
    if hasattr(type(value), "plain"):
        return plain(value.plain(), depth + 1)
    if hasattr(type(value), "__array__"):
        return plain(np.asarray(value), depth + 1)
    if isinstance(value, numbers.Number):
        return float(value)
    if isinstance(value, (Iterator, Sequence)) and not isinstance(value, (bytes, bytearray)):
        return [plain(item, depth + 1) for item in itertools.islice(iter(value), MOST)]
    if isinstance(value, Iterable) and isinstance(getattr(value, "mapping", None), Mapping):
        return [plain(item, depth + 1) for item in itertools.islice(value, MOST)]  # dict.values()
    return Odd(f"something of type {kind(value)}")


def _array(value, depth):
    if np.ma.isMaskedArray(value) and np.ma.is_masked(value):
        return Odd("a masked array")
    if value.nbytes > ROOM or value.size > ROOM:
        return Odd(f"an enormous array of shape {tuple(value.shape)}")
    array = np.array(value, subok=False)
    if array.dtype.kind == "O":
        return plain(array.tolist(), depth + 1)
    if array.dtype.kind not in "biufcUS":
        return Odd(f"an array of {array.dtype}")
    if array.dtype in (np.longdouble, np.clongdouble):
        array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return array.astype(str) if array.dtype.kind == "S" else array


def _large(number):
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _key(key):
    if isinstance(key, str):
        return str.__str__(key)[:LONG]
    if isinstance(key, (bool, int, float, np.number)):
        return str(key)[:40]
    return f"a key of type {kind(key)}"


# ---- from one process to another


def pack(data):
    """Plain data as one line of bytes."""
    return json.dumps(_packed(data)).encode()


def unpack(line):
    """Plain data from `pack`; a ValueError if the bytes say anything else."""
    try:
        return _unpacked(json.loads(line))
    except (TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"the bytes should come from pack, and do not: {error}") from error


def _packed(data):
    if isinstance(data, (list, tuple)):
        return ["tuple" if isinstance(data, tuple) else "list", [_packed(item) for item in data]]
    if isinstance(data, dict):
        return ["dict", [[key, _packed(item)] for key, item in data.items()]]
    if isinstance(data, np.ndarray):
        raw = base64.b64encode(np.ascontiguousarray(data).tobytes()).decode()
        return ["array", data.dtype.str, list(data.shape), raw]
    if isinstance(data, complex):
        return ["complex", data.real, data.imag]
    if isinstance(data, Odd):
        return ["odd", data.words]
    if isinstance(data, Model):
        return ["model", data.kind, _packed(data.params)]
    return ["plain", data]


def _unpacked(packed):
    form, *rest = packed
    if form == "plain" and (rest[0] is None or type(rest[0]) in (bool, int, float, str)):
        return rest[0]
    if form in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[form](_unpacked(item) for item in rest[0])
    if form == "dict":
        return {str(key): _unpacked(item) for key, item in rest[0]}
    if form == "array" and np.dtype(rest[0]).kind in "biufcU":
        return np.frombuffer(base64.b64decode(rest[2]), rest[0]).reshape(rest[1]).copy()
    if form == "complex":
        return complex(float(rest[0]), float(rest[1]))
    if form == "odd":
        return Odd(str(rest[0]))
    if form == "model":
        return Model(str(rest[0]), _unpacked(rest[1]))
    raise ValueError(f"the bytes should come from pack, and hold {str(form)[:40]!r}")
