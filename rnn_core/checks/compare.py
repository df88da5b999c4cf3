"""Look at plain data that came back: take it apart by name, compare it, say where it differs."""

import math
import re

import numpy as np

from ..words import t
from .plain import Model, Odd

TINY = 1e-6  # an array smaller than this counts as zero
WHOLE = 1e-6  # how near to a whole number is whole, relative to it


class Malformed(Exception):
    """The answer is not of the form that was asked for; the message says how."""


def observe(exercise, value, args):
    """The parts of an answer by name, ``"dW_h (H, H)"``, as arrays."""
    if value is None:
        raise Malformed(t("The function returned None: is there a `return` on every path?"))
    if exercise.view is None:
        return dict(_parts(exercise.returns, value))
    try:
        seen = exercise.view(value, *args)
    except Malformed:
        raise
    except Exception as error:  # a view reads what it needs, and says so where it is not there
        raise Malformed(t("{thing} came.", thing=came(value).capitalize())) from error
    return {name: _array(name, part) for name, part in seen.items()}


def _parts(form, value):
    """Walk `value` in the structure of `form`; yield (name, array)."""
    if isinstance(form, str):
        array = numbers(bare(form), value)
        yield form, array.reshape(()) if array.size == 1 and not axes(form) else array
    elif isinstance(form, dict):
        if not isinstance(value, dict):
            raise Malformed(t("Where a dictionary should stand, {thing} came.", thing=came(value)))
        missing = [key for key in form if key not in value]
        if missing:
            raise Malformed(
                t("The dictionary lacks {keys}; it has {others}.", keys=listed(missing),
                  others=listed([*value][:8]) or t("nothing"))
            )  # fmt: skip
        for key, part in form.items():
            yield from _parts(part, value[key])
    else:
        if not several(value) or len(value) != len(form):
            raise Malformed(
                t("{count} results were asked for, and {thing} came.", count=len(form),
                  thing=came(value))
            )  # fmt: skip
        for part, item in zip(form, value, strict=True):
            yield from _parts(part, item)


def several(value):
    """Whether plain data is a row of things: a list, a tuple, or an array with axes."""
    return isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def numbers(name, value):
    """`value` as an array of real numbers."""
    array = _array(name, value)
    if array.dtype.kind == "c" and not array.imag.any():
        array = array.real
    if array.dtype.kind == "c":
        raise Malformed(t("`{name}` should hold real numbers, complex ones came.", name=name))
    if array.dtype.kind not in "biuf":
        raise Malformed(t("`{name}` should hold numbers, {thing} came.", name=name,
                          thing=came(value)))  # fmt: skip
    return array


def _array(name, value):
    """Plain data as one array of numbers or of text."""
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        array = np.asarray(None)
    if array.dtype.kind not in "biufcU":
        raise Malformed(
            t("`{name}` should hold numbers, {thing} came.", name=bare(name), thing=came(value))
        )
    return array


def bare(part):
    """The name alone, without its axes."""
    return part.split(" (")[0]


def listed(names):
    return ", ".join(f"`{name}`" for name in names)


def came(value):
    """Plain data in a few words."""
    if value is None:
        return "None"
    if isinstance(value, Odd):
        return value.words
    if isinstance(value, Model):
        return t("an object of type {kind}", kind=value.kind)
    if isinstance(value, np.ndarray):
        what = "an array of text of shape {shape}" if value.dtype.kind == "U" else (
            "an array of shape {shape}")  # fmt: skip
        return t(what, shape=value.shape)
    if isinstance(value, tuple):
        return t("a tuple of {count}", count=len(value))
    if isinstance(value, list):
        return t("a list of {count}", count=len(value))
    if isinstance(value, dict):
        return t("a dictionary of {count}", count=len(value))
    return t("a text") if isinstance(value, str) else t("a single number")


def asked(exercise):
    """The form of the answer, in words."""
    return exercise.form or (_form(exercise.returns) if exercise.returns is not None else "")


def _form(form):
    if isinstance(form, str):
        shape = form[len(bare(form)) :].strip()
        return f"`{bare(form)}` {shape}".strip()
    if isinstance(form, dict):
        return "{" + ", ".join(f'`"{key}"`: {_form(part)}' for key, part in form.items()) + "}"
    return "(" + ", ".join(_form(part) for part in form) + ")"


# ---- equal or not


def same(got, want, tol):
    """Equal: text by letters, whole numbers to the last digit, others by the norm of the gap."""
    if want.dtype.kind == "U" or got.dtype.kind == "U":
        both = got.dtype.kind == want.dtype.kind and got.shape == want.shape
        return both and bool(np.all(_letters(got) == _letters(want)))
    if got.shape != want.shape:
        return False
    whole = want.dtype.kind in "iub"
    got, want = _wide(got), _wide(want)
    with np.errstate(all="ignore"):
        if whole:
            return bool((np.abs(got - want) <= WHOLE * np.maximum(np.abs(want), 1)).all())
        finite = np.isfinite(want)
        if not np.array_equal(np.isfinite(got), finite):
            return False
        if not np.array_equal(got[~finite], want[~finite], equal_nan=True):
            return False
        got, want = got[finite], want[finite]
        gap, size = length(got - want), length(want)
        return gap <= tol * (size + TINY)


def _wide(array):
    return array if array.dtype.kind == "c" else array.astype(np.float64)


def length(array):
    """The Euclidean norm; infinite for what is too large to be squared."""
    return math.sqrt(np.vdot(array, array).real)


def _letters(text):
    return np.char.lower(np.char.strip(text.astype(str)))


def fits(seen, want, tol):
    """Whether two observations are the same; None stands for a call that gave nothing to see."""
    if seen is None or want is None or seen.keys() != want.keys():
        return False
    return all(same(seen[name], want[name], tol) for name in want)


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


# ---- where it first differs


def wrong_shape(part, got, want):
    """A sentence about a part whose shape is another; None if it is not."""
    if part not in got or part not in want:
        return None
    got, want = got[part], want[part]
    if got.shape == want.shape:
        return None
    letters = axes(part)
    named = ", ".join(letters) + ("," if len(letters) == 1 else "")
    legend = f" = ({named})" if len(letters) == want.ndim > 0 else ""
    return t("`{name}` should have shape {want}{legend}, got {got}.", name=bare(part),
             want=want.shape, legend=legend, got=got.shape)  # fmt: skip


def first_difference(exercise, part, got, want):
    """A sentence: the first entry of `part` that differs, with its time step if it has one."""
    name = bare(part)
    if part not in want:
        return t("`{name}` is too much: it was not asked for.", name=name)
    if part not in got:
        return t("`{name}` is missing.", name=name)
    shape = wrong_shape(part, got, want)
    if shape:
        return shape
    got, want = got[part], want[part]
    if want.dtype.kind == "U" or got.dtype.kind == "U" or want.ndim == 0:
        return _pair(name, got, want)
    wrong = _wrong(got, want, exercise.tol)
    steps = axes(part)
    if "T" not in steps or len(steps) != want.ndim:
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        return _entry(name, index, got, want)
    axis = steps.index("T")
    others = tuple(i for i in range(want.ndim) if i != axis)
    late = np.flatnonzero(wrong.any(axis=others))
    step = int(late[-1] if exercise.backward else late[0])
    inside = np.argwhere(np.take(wrong, [step], axis=axis))[0]
    index = tuple(step if i == axis else int(j) for i, j in enumerate(inside))
    where = (
        t("First time step that differs, coming from the end: t = {step} of {steps}.",
          step=step + 1, steps=want.shape[axis])
        if exercise.backward
        else t("First time step that differs, from the start: t = {step} of {steps}.",
               step=step + 1, steps=want.shape[axis])
    )  # fmt: skip
    return f"{where} {_entry(name, index, got, want)}"


def _wrong(got, want, tol):
    """Which entries differ: those that weigh in the norm, or at least the worst."""
    whole = want.dtype.kind in "iub"
    got, want = _wide(got), _wide(want)
    with np.errstate(all="ignore"):
        gap = np.abs(got - want)
        gap = np.where(np.isfinite(got) & np.isfinite(want), gap, np.inf)
        gap = np.where((got == want) | (np.isnan(got) & np.isnan(want)), 0, gap)
        scale = 0 if whole else length(want[np.isfinite(want)]) / max(want.size, 1) ** 0.5
        wrong = gap > (WHOLE if whole else tol * (scale + TINY))
    return wrong if wrong.any() else gap == gap.max()


def _entry(name, index, got, want):
    place = ", ".join(str(i) for i in index)
    return _pair(f"{name}[{place}]", got[index], want[index])


def _pair(name, got, want):
    got, want = digits(got, want)
    return t("`{name}` is {got}, should be {want}.", name=name, got=got, want=want)


def digits(got, want):
    """Two numbers in print, with as many digits as it takes to tell them apart."""
    got, want = np.asarray(got), np.asarray(want)
    if got.dtype.kind in "biuU" and want.dtype.kind in "biuU":
        return str(got), str(want)
    if got.dtype.kind == "U" or want.dtype.kind == "U":
        return str(got), str(want)
    got, want = float(got.real), float(want.real)
    for count in range(4, 18):
        texts = f"{got:.{count}g}", f"{want:.{count}g}"
        if texts[0] != texts[1]:
            return texts
    return texts
