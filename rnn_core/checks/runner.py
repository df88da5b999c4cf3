"""The desk: an answer comes in, a verdict goes out."""

import difflib
import functools
import warnings

import numpy as np

from ..shapes import as_int, as_positive
from ..words import t
from .answer import run
from .compare import came
from .exercise import TABLE
from .judge import Library, judge, make_cases, untouched
from .plain import plain
from .verdict import Verdict


def check(exercise, answer, seed=None, limit=None):
    """Judge an answer to an exercise.

    Parameters
    ----------
    exercise : str
        Its id, such as ``"bptt.cell_backward"``; `exercises` lists them.
    answer : callable, or a value
        The student's function itself, or the value where the exercise asks for one.
    seed : int, optional
        Other cases, for a teacher: the same kind of data with other numbers.
    limit : float, optional
        Seconds after which a call of the answer is stopped; None: ten, or what the exercise says.
        On Linux any call can be stopped, since the answer runs in a process of its own;
        elsewhere Python code can, and a loop inside one call into C cannot.

    Returns
    -------
    Verdict
        Nothing is printed.  ``assert check(...)`` fails with the verdict's words.
    """
    exercise = find(exercise)
    limit = exercise.seconds if limit is None else as_positive("limit", limit)
    seed = as_seed(seed)
    if exercise.value:
        if answer is None or answer is ... or answer is NotImplemented:
            return untouched(exercise)
    elif not callable(answer):
        lines = (
            t("The check needs the function itself, without parentheses and arguments."),
            t("It got this: {thing}.", thing=came(plain(answer))),
        )
        return Verdict(exercise.id, "form", lines)
    function = _constant(answer) if exercise.value else answer
    kept = library(exercise.id, seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        rans = run(exercise, function, kept.cases, limit)
    return judge(exercise, rans, kept)


def question(exercise, seed=None):
    """The data of an exercise that is answered by a value (a copy: do with it what you like)."""
    exercise = find(exercise)
    if not exercise.value:
        raise ValueError(
            f"exercise should be one that is answered by a value, got {exercise.id!r}: "
            f"its answer is a function, which gets its data from check"
        )
    (args,) = make_cases(exercise, as_seed(seed)).values()
    return exercise.shown(*args) if exercise.shown else args[0]


def exercises(chapter=None):
    """The exercises that there are, or those of one chapter such as ``"bptt"``, in order."""
    return [e for e in TABLE.values() if chapter in (None, e.id.split(".")[0])]


def find(name):
    """The exercise of that id."""
    if not isinstance(name, str) or name not in TABLE:
        near = difflib.get_close_matches(str(name), TABLE, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "exercises() lists them all"
        raise ValueError(f"exercise should be the id of an exercise, got {name!r}: {hint}")
    return TABLE[name]


def as_seed(seed):
    """A seed, or None for the cases of the book."""
    return None if seed is None else as_int("seed", seed, least=0)


def library(name, seed):
    """The library of an exercise, kept, since students check more than once."""
    return _library(find(name), seed)


@functools.lru_cache(maxsize=32)
def _library(exercise, seed):
    return Library(exercise, seed)


def _constant(answer):
    """A value as a function of any question."""
    return lambda *asked: answer
