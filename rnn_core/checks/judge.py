"""From what an answer did, as plain data, to a verdict in words.

Nothing here runs a student's code: `judge` reads the `Ran` that `answer.run` brought back, beside
what the reference and the mistakes give on the same cases.
"""

import functools
import itertools
import warnings
import zlib

import numpy as np

from ..words import t
from .answer import before, fresh
from .compare import (
    Malformed,
    asked,
    bare,
    first_difference,
    fits,
    listed,
    observe,
    same,
    wrong_shape,
)
from .exercise import Mistake, edited
from .plain import Model, plain
from .slips import slip
from .verdict import Verdict


class Seen:
    """What one call showed: `parts` by name; or the `problem` of its form; or its `error`."""

    def __init__(self, parts=None, problem=None, error=None):
        self.parts, self.problem, self.error = parts, problem, error


class Library:
    """What the reference and the mistakes give on the cases of one seed."""

    def __init__(self, exercise, seed):
        named = make_cases(exercise, seed)
        self.exercise, self.names, self.cases = exercise, [*named], [*named.values()]
        self.wanted = [self.shown(exercise.reference, i) for i in range(len(self.cases))]
        self._tried, self._pairs = {}, None

    def tried(self, mistake, i):
        """What a mistake shows in case i; made when a wrong answer asks for it."""
        key = (mistake.name, i)
        if key not in self._tried:
            self._tried[key] = self.shown(mistake.function, i)
        return self._tried[key]

    def pairs(self):
        """Two known mistakes in one answer: each pair of edits that can stand side by side."""
        if self._pairs is None:
            known = [m for m in self.exercise.mistakes
                     if isinstance(m.instead, dict) and not m.by_itself]  # fmt: skip
            both = (_both(self.exercise, *pair) for pair in itertools.combinations(known, 2))
            self._pairs = [pair for pair in both if pair is not None]
        return self._pairs

    def shown(self, function, i):
        """What a function of ours shows in case i."""
        args = self.cases[i]
        mine = fresh(args)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                value = plain(function(*mine))
            except Exception as error:
                return Seen(error=type(error).__name__)
            return read(self.exercise, value, self._with_notes(args, mine))

    def _with_notes(self, args, after):
        return with_notes(self.exercise, args, [before(arg) for arg in after])


def _both(exercise, one, two):
    """A `Mistake` made of two, or None where one of them leaves no place for the other."""
    if {*one.instead} & {*two.instead}:
        return None
    try:
        function = edited(exercise.reference, {**one.instead, **two.instead})
    except (ValueError, SyntaxError):
        return None
    return Mistake(f"{one.name} and {two.name}", "", "", function), (one, two)


def make_cases(exercise, seed=None):
    """The cases of an exercise by name, the same for the same seed on every machine."""
    own = zlib.crc32(exercise.id.encode())
    made = exercise.cases(np.random.default_rng([own] if seed is None else [own, seed, 1]))
    return made if isinstance(made, dict) else {f"case {i}": a for i, a in enumerate(made, 1)}


def with_notes(exercise, args, after):
    """The arguments as they were, but the one that takes notes as it is after the call."""
    return tuple(
        later if name == exercise.notes else arg
        for name, arg, later in zip(exercise.arguments, args, after, strict=True)
    )


def read(exercise, value, args):
    """A plain value as `Seen`."""
    try:
        with np.errstate(all="ignore"):
            return Seen(observe(exercise, value, args))
    except Malformed as problem:
        return Seen(problem=str(problem))


# ---- the verdict


def judge(exercise, rans, library):
    """The verdict on what `answer.run` brought back.

    Parameters
    ----------
    exercise : Exercise
    rans : list of Ran
        One for each case of the library, and one more for the first case's second call.
    library : Library

    Returns
    -------
    Verdict
    """
    cases = library.cases
    early = _ended(exercise, rans, len(cases))
    if early is not None:
        return early
    part = next(filter(None, map(functools.partial(_changed_part, exercise), rans, cases)), None)
    if part:
        return _changed(exercise, part)
    seen = [_seen(exercise, ran, args) for ran, args in zip(rans, cases, strict=False)]
    if len(rans) > len(cases) and seen[0].parts is not None:
        again = _seen(exercise, rans[-1], cases[0])
        if not fits(again.parts, seen[0].parts, exercise.tol):
            return _another_answer(exercise)
    wrong = [i for i, (s, w) in enumerate(zip(seen, library.wanted, strict=True))
             if not fits(s.parts, w.parts, exercise.tol)]  # fmt: skip
    if not wrong:
        return Verdict(exercise.id, "right", (_right(exercise, len(cases)),))
    return _Wrong(exercise, library, rans, seen, wrong).verdict()


def _seen(exercise, ran, args):
    if ran.ended:
        return Seen(error=ran.raised.kinds[0])
    return read(exercise, ran.value, with_notes(exercise, args, ran.args))


def _right(exercise, count):
    if exercise.value:
        return t("Your answer is right.")
    if count == 1:
        return t("It agrees with the reference here.")
    return t("It agrees with the reference on {count} cases.", count=count)


def _ended(exercise, rans, count):
    """A verdict on an answer that was stopped, or that has not been written yet."""
    for ran in rans:
        if (ran.raised is None) if ran.ended else len(ran.args) != len(exercise.arguments):
            line = t("What came back does not belong to this exercise.")
            return Verdict(exercise.id, "raised", (line,))
        if ran.ended == "hung":
            return _hung(exercise, ran)
        if ran.ended == "gone":
            lines = [t("The process that ran it came to its end in the middle of the call."),
                     *said_place(ran.raised.place),
                     t("Where to look: something like `os._exit` or `os.kill`, or more memory "
                       "than there is.")]  # fmt: skip
            return Verdict(exercise.id, "raised", tuple(lines))
        if ran.raised and ran.raised.kinds[:1] == ("NotImplementedError",) and ran is rans[0]:
            return untouched(exercise)
    if len(rans) < count:
        return Verdict(exercise.id, "raised", (t("It was not called on every case."),))
    return None


def _hung(exercise, ran):
    lines = [
        t("It was stopped after {seconds} seconds.", seconds=f"{ran.seconds:g}"),
        *said_place(ran.raised and ran.raised.place),
        t("Look for a loop whose end is never reached. If it only needs longer, give it more "
          "time: `check(..., limit=60)` waits for a minute."),
    ]  # fmt: skip
    return Verdict(exercise.id, "hung", tuple(lines))


def said_place(place):
    """Where it was, as lines of a verdict: none, or one."""
    if not place:
        return []
    function, line, text = place
    if not text:
        return [t("In `{function}`, line {line}.", function=function, line=line)]
    return [t("In `{function}`, line {line}: `{text}`", function=function, line=line, text=text)]


def untouched(exercise):
    """The verdict on an answer that was not begun."""
    where = (
        t("Assign your answer, run its cell, then run this one again.")
        if exercise.value
        else t("Write your answer in place of the stub, run its cell, then run this one again.")
    )
    return Verdict(exercise.id, "untouched", (where,))


def _changed_part(exercise, ran, args):
    """The name of an argument that holds other numbers after the call, or None."""
    for name, old, new in zip(exercise.arguments, args, ran.args, strict=False):
        if name == exercise.notes:
            continue
        for (part, a), (_, b) in zip(_arrays(name, before(old)), _arrays(name, new), strict=False):
            if a.shape != b.shape or a.dtype != b.dtype or a.tobytes() != b.tobytes():
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
    elif isinstance(value, Model):
        for key, item in value.params.items():
            yield from _arrays(f"{name}.{key}", item)


def _changed(exercise, name):
    own = [m for m in exercise.mistakes if m.by_itself and m.name.endswith("changed in place")]
    lines = (
        t("After the call `{name}` holds other numbers than before. The caller may still need it: "
          "the step before, and the backward pass, read these arrays.", name=name),
        t("Where to look: `+=`, `*=`, `out=`, `.sort()` or `name[...] =` on something that was "
          "passed in. Make a new array, or a `.copy()` first."),
    )  # fmt: skip
    return Verdict(exercise.id, "changed", lines, tuple(m.name for m in own[:1]))


def _another_answer(exercise):
    lines = (
        t("Called twice with the same inputs it gave two different answers."),
        t("Where to look: something is kept between calls. A global array, a default argument or "
          "an attribute that collects with `+=` must be made anew inside the function."),
    )  # fmt: skip
    return Verdict(exercise.id, "named", lines, ("another answer the second time",))


# ---- a wrong answer


class _Wrong:
    """An answer that is wrong in the cases `wrong`, and the search for a reason."""

    def __init__(self, exercise, library, rans, seen, wrong):
        self.exercise, self.library, self.rans = exercise, library, rans
        self.seen, self.wrong, self.tol = seen, wrong, exercise.tol

    def verdict(self):
        """By one known mistake, the error, the form, a slip, known parts, two mistakes; or not."""
        reasons = (self.named, self.rearranged, self.raised, self.malformed, self.slipped,
                   self.shaped, self.in_parts, self.twice, self.partly, self.unknown)  # fmt: skip
        return next(v for v in (reason() for reason in reasons) if v is not None)

    def say(self, kind, *lines, mistakes=()):
        return Verdict(self.exercise.id, kind, (*lines, *self.where()), tuple(mistakes))

    # -- the reasons

    def named(self):
        for mistake in self.exercise.mistakes:
            if not mistake.by_itself and self.explains(mistake):
                lines = [*_teach(mistake), *self.where()]
                kind = "form" if self.misshapen() else "named"
                lines += self.form() if kind == "form" else []
                return Verdict(self.exercise.id, kind, tuple(lines), (mistake.name,))
        return None

    def misshapen(self):
        """Whether what came has another form than what was asked for."""
        pairs = [(self.seen[i].parts, self.library.wanted[i].parts) for i in self.wrong]
        return any(got is None or any(wrong_shape(part, got, want) for part in want)
                   for got, want in pairs if got or self.seen[self.wrong[0]].problem)  # fmt: skip

    def rearranged(self):
        """The right answer in another form: things exchanged, packed in, or with more beside."""
        for name, words, change in _REARRANGED:
            if self.is_right_after(change):
                lines = (t(words), *self.form())
                return Verdict(self.exercise.id, "form", lines, (name,))
        return None

    def is_right_after(self, change):
        cases = zip(self.rans, self.library.cases, self.library.wanted, strict=False)
        for ran, args, want in cases:
            values = [] if ran.ended else change(self.exercise, ran.value)
            args = with_notes(self.exercise, args, ran.args) if values else args
            seen = (read(self.exercise, value, args).parts for value in values)
            if not any(fits(parts, want.parts, self.tol) for parts in seen):
                return False
        return True

    def explains(self, mistake):
        """Whether the answer does in every case what the mistake does, and in one it shows."""
        if mistake.recognize:
            return self.recognized(mistake)
        shows = some_returned = some_raised = False
        for i, (seen, want) in enumerate(zip(self.seen, self.library.wanted, strict=True)):
            other = self.library.tried(mistake, i)
            if seen.parts is None or other.parts is None:
                if seen.error is None or seen.error != other.error:
                    return False
                some_raised = True
            elif not fits(seen.parts, other.parts, self.tol):
                return False
            else:
                some_returned = True
                shows = shows or not fits(other.parts, want.parts, self.tol)
        return shows or (some_raised and some_returned)

    def recognized(self, mistake):
        try:
            return all(s.parts is not None for s in self.seen) and all(
                bool(mistake.recognize(s.parts, w.parts))
                for s, w in zip(self.seen, self.library.wanted, strict=True)
            )
        except Exception:  # parts of another shape, text for numbers: not this one
            return False

    def raised(self):
        for i, ran in enumerate(self.rans[: len(self.seen)]):
            if ran.ended:
                lines = _raised(self.exercise, ran.raised, self.library.cases[i])
                return Verdict(self.exercise.id, "raised", (*lines, *self.cases_said(i)))
        return None

    def malformed(self):
        for seen in self.seen:
            if seen.problem:
                return Verdict(self.exercise.id, "form", (seen.problem, *self.form()))
        return None

    def shaped(self):
        for i in self.wrong:
            got, want = self.seen[i].parts, self.library.wanted[i].parts
            shapes = [wrong_shape(part, got, want) for part in want]
            if got.keys() == want.keys() and any(shapes):
                lines = [s for s in shapes if s]
                return Verdict(self.exercise.id, "form", (*lines, *self.form(), *self.fine(i)))
        return None

    def form(self):
        form = asked(self.exercise)
        return [t("Asked for: {form}.", form=t(form))] if form else []

    def slipped(self):
        found = slip(self.exercise, [s.parts for s in self.seen],
                     [w.parts for w in self.library.wanted])  # fmt: skip
        return found and self.say("named", found[1], mistakes=[found[0]])

    def in_parts(self):
        """Every wrong part explained by the one known mistake that gives it."""
        lines, known, rest = self.parts_explained()
        return None if rest or not known else self.say("named", *lines, mistakes=known)

    def partly(self):
        """Some of the wrong parts explained so, and the others not."""
        lines, known, rest = self.parts_explained()
        if not known:
            return None
        rest = t("It does not explain {parts}.", parts=listed(map(bare, rest)))
        return self.say("partly", *lines, rest)

    def parts_explained(self):
        """(lines, names of mistakes, parts that are left)."""
        wanted = self.library.wanted
        if len(wanted[0].parts) < 2 or self.exercise.value:
            return [], [], []
        if any(s.parts.keys() != w.parts.keys() for s, w in zip(self.seen, wanted, strict=True)):
            return [], [], []
        wrong = [part for part in wanted[0].parts if self.differs(part, wanted)]
        reasons = {part: self.reasons(part) for part in wrong}
        first = next(iter(reasons.values()), [])
        common = [m for m in first if all(m in found for found in reasons.values())]
        if len(common) == 1:
            reasons = dict.fromkeys(reasons, common)
        known = {part: found[0] for part, found in reasons.items() if len(found) == 1}
        lines = []
        for mistake in dict.fromkeys(m.name for m in known.values()):
            parts = [part for part, m in known.items() if m.name == mistake]
            lines += [*_teach(known[parts[0]]),
                      t("This explains {parts}.", parts=listed(map(bare, parts)))]  # fmt: skip
        rest = [part for part in wrong if part not in known]
        return lines, [*dict.fromkeys(m.name for m in known.values())], rest

    def reasons(self, part):
        """The known mistakes that give this part as it came, in every case."""
        found = []
        for mistake in self.exercise.mistakes:
            if mistake.by_itself or mistake.recognize:
                continue
            shown = [self.library.tried(mistake, i) for i in range(len(self.seen))]
            usable = all(s.parts is not None and part in s.parts for s in shown)
            if usable and self.differs(part, shown) is False:
                found.append(mistake)
        return found

    def differs(self, part, others):
        """Whether a part is not, in every case, what it is in the others."""
        return any(
            part not in s.parts or part not in o.parts
            or not same(s.parts[part], o.parts[part], self.tol)
            for s, o in zip(self.seen, others, strict=True)
        )  # fmt: skip

    def twice(self):
        """Two known mistakes in one answer."""
        for pair, (one, two) in self.library.pairs():
            if self.explains(pair):
                return self.say("named", *_teach(one), *_teach(two), mistakes=[one.name, two.name])
        return None

    def unknown(self):
        return self.say("unknown")

    # -- the place

    def where(self):
        """The first number that differs, the case that shows it, and what is right already."""
        i = next((i for i in self.wrong if self.seen[i].parts is not None), None)
        if i is None:
            return self.cases_said(self.wrong[0])
        got, want = self.seen[i].parts, self.library.wanted[i].parts
        parts = [p for p in want if p not in got or not same(got[p], want[p], self.tol)]
        if self.exercise.value:
            right = len(want) - len(parts)
            if len(want) > 1:
                return [t("{right} of {many} are right.", right=right, many=len(want))]
            return [t("Go through the formula once more, term by term.")]
        extra = [p for p in got if p not in want]
        text = first_difference(self.exercise, (parts or extra)[0], got, want)
        return [text, *self.cases_said(i), *self.fine(i)]

    def fine(self, i):
        """Which parts are right already, in every case."""
        want = self.library.wanted[i].parts
        right = [
            part for part in want
            if all(s.parts is not None and w.parts is not None and part in s.parts
                   and part in w.parts and same(s.parts[part], w.parts[part], self.tol)
                   for s, w in zip(self.seen, self.library.wanted, strict=True))
        ]  # fmt: skip
        if 0 < len(right) <= 4 and len(right) < len(want):
            return [t("Right already: {parts}.", parts=listed(map(bare, right)))]
        return []

    def cases_said(self, i):
        """Which case it is, where others are right."""
        count, wrong = len(self.seen), len(self.wrong)
        if count == wrong or self.exercise.value:
            return []
        return [t("It shows in the case “{case}”. Cases right already: {right} of {count}.",
                  case=t(self.library.names[i]), right=count - wrong, count=count)]  # fmt: skip


def _in_other_orders(exercise, value):
    """The results of a tuple in every other order."""
    several = isinstance(value, tuple) or (
        isinstance(exercise.returns, tuple) and isinstance(value, (list, np.ndarray))
    )
    if not several or getattr(value, "ndim", 1) == 0 or not 2 <= len(value) <= 3:
        return []
    return [*itertools.permutations(value)][1:]


def _without_the_rest(exercise, value):
    """What was asked for, where more came back after it."""
    count = len(exercise.returns) if isinstance(exercise.returns, tuple) else 1
    if not isinstance(value, tuple) or len(value) <= max(count, 1):
        return []
    return [value[:count] if isinstance(exercise.returns, tuple) else value[0], value[:2]]


def _unpacked(exercise, value):
    """The one thing in a list or a tuple, or the one value of a dictionary."""
    if isinstance(value, dict):
        value = [*value.values()]
    return [value[0]] if isinstance(value, (list, tuple)) and len(value) == 1 else []


def _turned_round(exercise, value):
    """A dictionary with names for values and values for names."""
    if not exercise.value or not isinstance(value, dict):
        return []
    turned = {}
    for key, names in value.items():
        for name in names if isinstance(names, (list, tuple)) else [names]:
            turned[str(name)] = key
    return [turned]


_REARRANGED = (
    ("results exchanged",
     "The right results came back in another order.", _in_other_orders),
    ("more returned than asked for",
     "The right answer came back, and more beside it, such as a cache. Return it alone.",
     _without_the_rest),
    ("packed in a list or a tuple",
     "The right answer came back packed in another list, tuple or dictionary. Return it as it is.",
     _unpacked),
    ("dictionary the wrong way round",
     "The names stand where the answers should, and the answers where the names should.",
     _turned_round),
)  # fmt: skip


def _teach(mistake):
    return [t(mistake.words), t("Where to look: {look}", look=_ended_with_dot(t(mistake.look)))]


def _ended_with_dot(text):
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _raised(exercise, raised, args):
    """An error in words: what, where, and what it was given."""
    lines = [f"{raised.kinds[0]}: {raised.message}".strip(": "), *said_place(raised.place)]
    if not raised.place:
        names = ", ".join(exercise.arguments)
        lines.append(t("It is called with ({names}): compare that with your `def` line.",
                       names=names))  # fmt: skip
    shapes = [
        f"`{name}` {array.shape}"
        for name, value in zip(exercise.arguments, args, strict=True)
        for name, array in _arrays(name, before(value))
    ]
    if shapes and {"ValueError", "IndexError"} & {*raised.kinds}:
        lines.append(t("The arrays it was given: {shapes}.", shapes=", ".join(shapes[:8])))
    return lines
