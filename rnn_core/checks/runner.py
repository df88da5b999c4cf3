"""Run an answer beside the reference and beside the library of mistakes, and say what was seen."""

import copy
import difflib
import functools
import warnings
import zlib

import numpy as np

from ..shapes import as_int, as_positive
from .compare import Malformed, first_difference, observe, same, slip
from .exercise import TABLE
from .sandbox import call, place
from .verdict import Verdict

ASK_AGAIN = "Go through the formula once more, term by term."
LIMIT = 10.0  # seconds for one call; the exercises of the book need milliseconds


def check(exercise, answer, seed=None, limit=LIMIT):
    """Judge an answer to an exercise of the book.

    Parameters
    ----------
    exercise : str
        Its id, such as ``"bptt.cell_backward"``; `exercises` lists them.
    answer : callable, or a value
        The student's function itself, or the value where the exercise asks for one.
    seed : int, optional
        Other cases, for a teacher: the same kind of data with other numbers.
    limit : float
        Seconds after which a call of the answer is stopped.

    Returns
    -------
    Verdict
        Nothing is printed.  ``assert check(...)`` fails with the verdict's words.
    """
    exercise = find(exercise)
    limit, seed = as_positive("limit", limit), _seed(seed)
    if exercise.value:
        if answer is None or answer is ... or answer is NotImplemented:
            return _untouched(exercise)
        function = _constant(answer)
    elif not callable(answer):
        line = "The check needs the function itself, without parentheses and arguments."
        came = f"It got {_kind(answer)}."
        return Verdict(exercise.id, "unknown", (line, came))
    else:
        function = answer
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _judge(exercise, function, library(exercise.id, seed), limit)


def question(exercise, seed=None):
    """The data of an exercise that is answered by a value (a copy: do with it what you like)."""
    exercise = find(exercise)
    if not exercise.value:
        raise ValueError(
            f"exercise should be one that is answered by a value, got {exercise.id!r}: "
            f"its answer is a function, which gets its data from check"
        )
    asked = make_cases(exercise, _seed(seed))[0][0]
    return exercise.shown(asked) if exercise.shown else asked


def exercises(chapter=None):
    """The exercises of the book, or of one chapter such as ``"bptt"``, in order."""
    return [e for e in TABLE.values() if chapter in (None, e.id.split(".")[0])]


def find(name):
    """The exercise of that id."""
    if not isinstance(name, str) or name not in TABLE:
        near = difflib.get_close_matches(str(name), TABLE, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "exercises() lists them all"
        raise ValueError(f"exercise should be the id of an exercise, got {name!r}: {hint}")
    return TABLE[name]


def _seed(seed):
    return None if seed is None else as_int("seed", seed, least=0)


def make_cases(exercise, seed=None):
    """The cases of an exercise: argument tuples, the same for the same seed on every machine."""
    own = zlib.crc32(exercise.id.encode())
    return exercise.cases(np.random.default_rng([own] if seed is None else [own, seed, 1]))


class Library:
    """What the reference and the mistakes give on the cases of one seed."""

    def __init__(self, exercise, seed):
        self.cases = make_cases(exercise, seed)
        self.wanted = [run(exercise, exercise.reference, args, None) for args in self.cases]
        self.exercise, self._tried = exercise, None

    @property
    def tried(self):
        """(mistake, its results); made when the first wrong answer comes."""
        if self._tried is None:
            self._tried = [(m, self._run(m)) for m in self.exercise.mistakes if not m.by_itself]
        return self._tried

    def _run(self, mistake):
        if mistake.recognize:
            return []
        return [run(self.exercise, mistake.function, args, None) for args in self.cases]


@functools.lru_cache(maxsize=32)
def library(name, seed):
    """The library of an exercise, kept, since students check more than once."""
    return Library(find(name), seed)


# ---- one answer on all cases


def _judge(exercise, function, library, limit):
    """The verdict; `function` gets its own copy of each case's arguments."""
    cases, wanted, results = library.cases, library.wanted, []
    for args in cases:
        result = run(exercise, function, args, limit)
        early = _stopped(exercise, result, args, limit)
        if early is not None:
            return early
        results.append(result)
    fits = [_fits(r.seen, w.seen, exercise.tol) for r, w in zip(results, wanted, strict=True)]
    for result in results:
        if result.changed:
            return _changed(exercise, result.changed)
    if results[0].seen is not None and not exercise.value and not exercise.once:
        again = run(exercise, function, cases[0], limit)
        if not _fits(again.seen, results[0].seen, exercise.tol):
            return _another_answer(exercise)
    if all(fits):
        many = f"on {len(cases)} cases" if len(cases) > 1 else "here"
        what = (
            "Your answer is right." if exercise.value else f"It agrees with the reference {many}."
        )
        return Verdict(exercise.id, "right", (what,))
    return _explain(exercise, results, library)


class Result:
    """What one call showed: `seen` (the observed values by name), or `error`; `changed` inputs."""

    def __init__(self, outcome, seen, changed):
        self.outcome, self.seen, self.changed = outcome, seen, changed
        self.malformed = None

    @property
    def error(self):
        return self.outcome.error


def run(exercise, function, args, limit):
    """Call `function` on a copy of `args` and look at what came back."""
    mine = copy.deepcopy(args)
    outcome = call(function, mine, limit)
    if outcome.hung or outcome.error is not None:
        return Result(outcome, None, None)
    result = Result(outcome, None, _changed_argument(exercise, args, mine))
    try:
        result.seen = observe(exercise, outcome.value, mine)
    except Malformed as problem:
        result.malformed = str(problem)
    return result


def _changed_argument(exercise, before, after):
    names = exercise.arguments
    for name, old, new in zip(names, before, after, strict=True):
        for (part, a), (_, b) in zip(_arrays(name, old), _arrays(name, new), strict=False):
            if a.shape != b.shape or a.tobytes() != b.tobytes():
                return part
    return None


def _arrays(name, value):
    """The arrays in an argument, each with its name."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _arrays(f"{name}[{key!r}]", item)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _arrays(f"{name}[{i}]", item)
    elif isinstance(getattr(value, "params", None), dict):
        for key, item in value.params.items():
            yield from _arrays(f"{name}.{key}", item)


def _fits(seen, want, tol):
    """Whether two observations are the same; None stands for a call that gave nothing to see."""
    if seen is None or want is None or seen.keys() != want.keys():
        return False
    return all(same(seen[name], want[name], tol) for name in want)


# ---- what it says


def _stopped(exercise, result, args, limit):
    outcome = result.outcome
    if outcome.hung:
        lines = [f"It was stopped after {limit:g} seconds.", *place(outcome.error)]
        lines.append("Look for a loop whose end is never reached.")
        return Verdict(exercise.id, "hung", tuple(lines))
    if isinstance(outcome.error, NotImplementedError):
        return _untouched(exercise)
    return None


def _untouched(exercise):
    where = "Assign your answer" if exercise.value else "Write your answer in place of the stub"
    return Verdict(exercise.id, "untouched", (f"{where}, run its cell, then run this one again.",))


def _changed(exercise, name):
    own = [m for m in exercise.mistakes if m.by_itself and m.name.endswith("changed in place")]
    lines = [
        f"After the call `{name}` holds other numbers than before.",
        "The caller may still need it: the step before, and the backward pass, read these arrays.",
        "Where to look: `+=`, `*=`, `out=`, `.sort()` or `name[...] =` on something that was "
        "passed in. Make a new array, or a `.copy()` first.",
    ]
    return Verdict(exercise.id, "changed", tuple(lines), tuple(m.name for m in own[:1]))


def _another_answer(exercise):
    lines = (
        "Called twice with the same inputs it gave two different answers.",
        "Where to look: something is kept between calls. A global array, a default argument or an "
        "attribute that collects with `+=` must be made anew inside the function.",
    )
    return Verdict(exercise.id, "named", lines, ("another answer the second time",))


def _explain(exercise, results, library):
    """A wrong answer: by a known mistake, a slip of scale, a known mistake in a part, or "
    "neither."""
    cases, wanted, tried = library.cases, library.wanted, library.tried
    for mistake, shown in tried:
        if _is(mistake, shown, results, wanted, exercise.tol):
            lines = (mistake.words, f"Where to look: {mistake.look}")
            found = _where(exercise, results, wanted)
            return Verdict(exercise.id, "named", (*lines, *found), (mistake.name,))
    for result, args in zip(results, cases, strict=True):
        if result.error is not None:
            return _raised(exercise, result.error, args)
        if result.malformed:
            return Verdict(exercise.id, "unknown", (result.malformed,))
    found = tuple(_where(exercise, results, wanted))
    general = slip(exercise, [r.seen for r in results], [w.seen for w in wanted])
    if general:
        name, words = general
        return Verdict(exercise.id, "named", (words, *found), (name,))
    return _in_parts(exercise, results, wanted, tried, found)


def _is(mistake, shown, results, wanted, tol):
    """Whether the answer does in every case what the mistake does, and in one it shows."""
    if mistake.recognize:
        return all(r.seen is not None for r in results) and all(
            mistake.recognize(r.seen, w.seen) for r, w in zip(results, wanted, strict=True)
        )
    shows = False
    for result, other, want in zip(results, shown, wanted, strict=True):
        if other.seen is None or result.seen is None:
            if type(result.error) is not type(other.error) or result.malformed:
                return False
        elif not _fits(result.seen, other.seen, tol):
            return False
        else:
            shows = shows or not _fits(other.seen, want.seen, tol)
    return shows


def _in_parts(exercise, results, wanted, tried, found):
    """Name the mistake in each part of the answer that exactly one known mistake explains."""
    names, lines = [], []
    wrong = [part for part in wanted[0].seen if _differs(part, results, wanted, exercise.tol)]
    several = len(wanted[0].seen) > 1
    for part in wrong if several and not exercise.value else ():
        fits = [
            m
            for m, shown in tried
            if shown
            and all(s.seen is not None and part in s.seen for s in shown)
            and _differs(part, shown, wanted, exercise.tol)
            and not _differs(part, results, shown, exercise.tol)
        ]
        if len(fits) == 1:
            if fits[0].name not in names:
                names.append(fits[0].name)
                lines += [fits[0].words, f"Where to look: {fits[0].look}"]
            lines.append(f"This explains `{_bare(part)}`.")
    if names:
        return Verdict(exercise.id, "named", (*lines, *found), tuple(names))
    return Verdict(exercise.id, "unknown", found)


def _differs(part, results, others, tol):
    return any(
        part not in r.seen or part not in o.seen or not same(r.seen[part], o.seen[part], tol)
        for r, o in zip(results, others, strict=True)
    )


def _where(exercise, results, wanted):
    """The first number that differs, and which parts are right."""
    for result, want in zip(results, wanted, strict=True):
        if result.seen is None or _fits(result.seen, want.seen, exercise.tol):
            continue
        parts = [p for p in want.seen if p not in result.seen
                 or not same(result.seen[p], want.seen[p], exercise.tol)]  # fmt: skip
        extra = [p for p in result.seen if p not in want.seen]
        if exercise.value:
            many = len(want.seen)
            return [f"{many - len(parts)} of {many} are right."] if many > 1 else [ASK_AGAIN]
        part = (parts or extra)[0]
        text = first_difference(exercise, part, result.seen, want.seen)
        fine = [f"`{_bare(p)}`" for p in want.seen if p not in parts]
        if 0 < len(fine) <= 4:
            text += f" Right already: {', '.join(fine)}."
        return [text]
    return []


def _raised(exercise, error, args):
    lines = [f"{type(error).__name__}: {error}".strip(": "), *place(error)]
    if not place(error):
        names = ", ".join(exercise.arguments)
        lines.append(f"It is called with ({names}): compare that with your `def` line.")
    shapes = [
        f"`{name}` {array.shape}"
        for name, value in zip(exercise.arguments, args, strict=True)
        for name, array in _arrays(name, value)
    ]
    if shapes and isinstance(error, (ValueError, IndexError)):
        lines.append(f"The arrays it was given: {', '.join(shapes[:8])}.")
    return Verdict(exercise.id, "raised", tuple(lines))


def _bare(part):
    return part.split(" (")[0]


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"something of type {type(value).__name__}"


def _constant(answer):
    """A value as a function of any question."""
    return lambda *asked: copy.deepcopy(answer)
