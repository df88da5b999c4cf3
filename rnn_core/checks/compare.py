"""Look at what came back: take it apart by name, compare it, and say where it first differs."""

import itertools
import math
import re

import numpy as np

TINY = 1e-6  # an array smaller than this counts as zero


class Malformed(Exception):
    """The answer is not of the form that was asked for; the message says how."""


def observe(exercise, value, args):
    """The parts of an answer by name, ``"dW_h (H, H)"``, as arrays."""
    if value is None:
        raise Malformed("The function returned None: is there a `return` on every path?")
    if exercise.view is None:
        return dict(_parts(exercise.returns, value))
    try:
        seen = exercise.view(value, *args)
    except Malformed:
        raise
    except Exception as error:
        raise Malformed(
            f"What came back cannot be used ({type(error).__name__}: {error}). "
            f"The task says what to return."
        ) from error
    return {name: _array(name, part) for name, part in seen.items()}


def _parts(form, value):
    """Walk `value` in the structure of `form`; yield (name, array)."""
    if isinstance(form, str):
        array = _array(form, value)
        if array.dtype.kind not in "biufc":
            raise Malformed(f"`{_name(form)}` should hold numbers, {_came(value)} came.")
        yield form, array
    elif isinstance(form, dict):
        if not isinstance(value, dict):
            raise Malformed(f"A dictionary with {_list(form)} was asked for, {_came(value)} came.")
        missing = [key for key in form if key not in value]
        if missing:
            raise Malformed(
                f"The dictionary lacks {_list(missing)}; it has {_list(value) or 'nothing'}."
            )
        for key, part in form.items():
            yield from _parts(part, value[key])
    else:
        names = ", ".join(_name(part) for part in form)
        if not isinstance(value, (tuple, list)) or len(value) != len(form):
            raise Malformed(
                f"{len(form)} things were asked for, ({names}), and {_came(value)} came."
            )
        for part, item in zip(form, value, strict=True):
            yield from _parts(part, item)


def _array(name, value):
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype == object:
        raise Malformed(f"`{_name(name)}` should hold numbers, {_came(value)} came.")
    return array


def _name(form):
    return form.split(" (")[0] if isinstance(form, str) else "a dictionary"


def _list(keys):
    return ", ".join(f"`{key}`" for key in keys)


def _came(value):
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


# ---- equal or not


def same(got, want, tol):
    """Equal: text by letters, whole numbers exactly, others by the norm of the difference."""
    if want.dtype.kind in "US" or got.dtype.kind in "US":
        both = got.dtype.kind in "US" and want.dtype.kind in "US" and got.shape == want.shape
        return both and bool(np.all(_letters(got) == _letters(want)))
    if got.shape != want.shape:
        return False
    if want.dtype.kind in "iub":
        return bool((got == want).all())
    gap = _length(got - want)
    if math.isfinite(gap):
        return gap <= tol * (_length(want) + TINY)
    finite = np.isfinite(want)
    if not np.array_equal(np.isfinite(got), finite):
        return False
    odd_got, odd_want = got[~finite], want[~finite]
    if not np.array_equal(odd_got, odd_want, equal_nan=True):
        return False
    return _length(got[finite] - want[finite]) <= tol * (_length(want[finite]) + TINY)


def _length(array):
    return math.sqrt(np.vdot(array, array).real)


def _letters(text):
    return np.char.lower(np.char.strip(text.astype(str)))


def sizes(seen):
    """What the axes' letters stand for: {"N": 2, "T": 5, ...}, read off the parts' names."""
    found = {}
    for name, array in seen.items():
        letters = axes(name)
        if len(letters) == array.ndim:
            found.update({a: n for a, n in zip(letters, array.shape, strict=True) if a.isalpha()})
    return found


def axes(name):
    """The letters in ``"hs (N, T, H)"``."""
    inside = re.search(r"\(([^()]*)\)$", name)
    return [a.strip() for a in inside[1].split(",") if a.strip()] if inside else []


# ---- slips that need no library: a whole number too large, the sign, axes exchanged


def slip(exercise, gots, wants):
    """(name, words) if all that is wrong is wrong by one whole factor, a sign, or two axes."""
    found = _scaled(exercise, gots, wants)
    if found:
        return found
    wrong = [
        (name, g[name], w[name])
        for g, w in zip(gots, wants, strict=True)
        for name in w
        if name in g and not same(g[name], w[name], exercise.tol)
    ]
    crossed = [
        name
        for name, got, want in wrong
        if got.ndim == want.ndim >= 2 and same(got.swapaxes(0, 1), want, exercise.tol)
    ]
    if wrong and len(crossed) == len(wrong):
        names = _list(dict.fromkeys(_name(n) for n in crossed))
        return "axes exchanged", f"The first two axes of {names} are exchanged: transpose it."
    return None


def _scaled(exercise, gots, wants):
    factors, names = [], []
    for got, want in zip(gots, wants, strict=True):
        here = []
        for name in want:
            if name not in got:
                return None
            if same(got[name], want[name], exercise.tol):
                continue
            factor = _factor(got[name], want[name], exercise.tol)
            if factor is None or (here and abs(factor / here[0] - 1) > 1e-4):
                return None
            here.append(factor)
            names.append(_name(name))
        factors.append(here[0] if here else None)
    seen = [(f, sizes(w)) for f, w in zip(factors, wants, strict=True) if f is not None]
    alone = all(array.ndim == 0 for want in wants for array in want.values())
    if not seen or (alone and len(seen) < 2):
        return None
    return _said(list(dict.fromkeys(names)), seen)


def _factor(got, want, tol):
    """c where got = c want with c or 1/c whole (or -1), else None."""
    if got.shape != want.shape or want.dtype.kind != "f" or got.dtype.kind not in "fiu":
        return None
    if not np.all(np.isfinite(got)) or np.linalg.norm(want) < TINY:
        return None
    c = float(np.vdot(want, got) / np.vdot(want, want))
    if c == 0 or np.linalg.norm(got - c * want) > 10 * tol * abs(c) * np.linalg.norm(want):
        return None
    whole = abs(c) if abs(c) >= 1 else 1 / abs(c)
    return c if abs(whole - round(whole)) < 1e-3 and (round(whole) >= 2 or c < 0) else None


def _said(names, seen):
    """Words for the factors of the cases that were wrong: one number, or a product of sizes."""
    what, verb = _list(names), "is" if len(names) == 1 else "are"
    first = seen[0][0]
    if all(abs(c + 1) < 1e-3 for c, _ in seen):
        return "sign", f"{what} {verb} right but for the sign: look for a lost minus."
    letters = _letters_of(seen)
    number = round(abs(first) if abs(first) >= 1 else 1 / abs(first))
    if letters is None and any(abs(c / first - 1) > 1e-3 for c, _ in seen):
        return None
    times = f"{number} times too {'large' if abs(first) > 1 else 'small'}"
    reason = f" ({number} = {letters} here)" if letters else ""
    return "normalization", (
        f"{what} {verb} exactly {times}{reason}, in every entry: the direction is right and the "
        f"normalization is not. Look for a mean that should be a sum, or a sum that should be a "
        f"mean."
    )


def _letters_of(seen):
    """The product of sizes that explains the factor in every case, such as ``"N * T"``."""
    known = sorted(set.intersection(*(set(s) for _, s in seen)))
    for count in (1, 2, 3):
        for letters in itertools.combinations(known, count):
            products = [np.prod([s[a] for a in letters]) for _, s in seen]
            values = [abs(c) if abs(c) >= 1 else 1 / abs(c) for c, _ in seen]
            if all(abs(v / p - 1) < 1e-3 for v, p in zip(values, products, strict=True)):
                return " * ".join(letters)
    return None


# ---- where it first differs


def first_difference(exercise, part, got, want):
    """A sentence: the first entry of `part` that differs, with its time step if it has one."""
    name = _name(part)
    if part not in want:
        return f"`{name}` is too much: it was not asked for."
    if part not in got:
        return f"`{name}` is missing."
    got, want = got[part], want[part]
    if want.dtype.kind in "US":
        return f"`{name}` is {got}, should be {want}."
    if got.shape != want.shape:
        letters = axes(part)
        named = ", ".join(letters) + ("," if len(letters) == 1 else "")
        legend = f" = ({named})" if len(letters) == want.ndim > 0 else ""
        return f"`{name}` should have shape {want.shape}{legend}, got {got.shape}."
    if want.ndim == 0:
        return f"`{name}` is {_number(got)}, should be {_number(want)}."
    wrong = _wrong(got, want, exercise.tol)
    steps = axes(part)
    if "T" not in steps or len(steps) != want.ndim:
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        return _entry(name, index, got, want) + "."
    axis = steps.index("T")
    others = tuple(i for i in range(want.ndim) if i != axis)
    late = np.flatnonzero(wrong.any(axis=others))
    t = int(late[-1] if exercise.backward else late[0])
    inside = np.argwhere(np.take(wrong, [t], axis=axis))[0]
    index = tuple(t if i == axis else int(j) for i, j in enumerate(inside))
    from_where = "coming from the end" if exercise.backward else "from the start"
    return (
        f"First time step that differs, {from_where}: t = {t + 1} of {want.shape[axis]}. "
        f"{_entry(name, index, got, want)}."
    )


def _wrong(got, want, tol):
    """Which entries differ: those that weigh in the norm, or at least the worst."""
    if want.dtype.kind in "iub":
        return got != want
    with np.errstate(invalid="ignore"):
        gap = np.abs(got - want)
    gap = np.where(np.isfinite(got) & np.isfinite(want), gap, np.inf)
    gap = np.where((got == want) | (np.isnan(got) & np.isnan(want)), 0, gap)
    scale = np.linalg.norm(want[np.isfinite(want)]) / max(want.size, 1) ** 0.5
    wrong = gap > tol * (scale + TINY)
    return wrong if wrong.any() else gap == gap.max()


def _entry(name, index, got, want):
    place = ", ".join(str(i) for i in index)
    return f"`{name}[{place}]` is {_number(got[index])}, should be {_number(want[index])}"


def _number(value):
    value = np.asarray(value)
    return str(value) if value.dtype.kind in "iubU" else f"{float(value):.4g}"
