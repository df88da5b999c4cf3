"""Run an answer on the cases of an exercise, and bring back plain data.

This is the half that touches somebody else's code.  It judges nothing: a `Ran` for each call says
what came back, what became of the arguments, or how the call ended.  `judge` does the rest from
these, and need not be in the same process:

    answer:  run(exercise, function, cases, limit)  ->  [Ran, Ran, ...]      beside the student
             pack_ran(ran)  ->  bytes               ->  unpack_ran(bytes)    over any wire
    judge:   judge(exercise, rans, library)         ->  Verdict              beside the reference
"""

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from . import sandbox
from .plain import MOST, Odd, pack, plain, unpack


@dataclass(frozen=True)
class Raised:
    """An error: the names of its classes (its own first), its words, and where it came up.

    `place` is (function, line number, text of the line) in the student's own code, or None.
    """

    kinds: tuple
    message: str
    place: tuple | None


@dataclass(frozen=True, eq=False)
class Ran:
    """One call: `value`, and `args` as they were afterwards, both plain; or how it ended.

    `ended` is "" where it returned, "raised" (then `raised` says what), "hung" where it was
    stopped after `seconds`, "gone" where the process ended with it.
    """

    value: object = None
    args: tuple = ()
    ended: str = ""
    raised: Raised | None = None
    seconds: float = 0.0


def run(exercise, function, cases, limit, apart=None):
    """Call `function` on a copy of each case; then on the first once more, unless `once`.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    cases : list of tuples of arguments
    limit : float
        Seconds for one call, and for reading what it returned.
    apart : bool, optional
        In a process of its own, so that nothing the answer does is left behind.  None: where the
        platform can.

    Returns
    -------
    list of Ran
        The list ends early after a call that was stopped, or that is a stub.
    """
    asked = calls(exercise, cases)
    if sandbox.can_be_apart() if apart is None else apart:
        return _apart(function, asked, limit)
    return [*each(function, asked, limit)]


def calls(exercise, cases):
    """What an answer is called with: each case, and the first once more, unless `once`."""
    return [*cases] if exercise.once or exercise.value else [*cases, cases[0]]


def each(function, asked, limit, before=lambda: None):
    """A `Ran` for one call after the other; the last one where no further call makes sense."""
    for args in asked:
        before()
        ran = _once(function, args, limit)
        yield ran
        if _last(ran):
            return


def _apart(function, asked, limit):
    def messages(before):
        yield from map(pack_ran, each(function, asked, limit, before))

    rans, dead = [], sandbox.Dead(False, None)
    for message in sandbox.apart(messages, limit):
        if isinstance(message, sandbox.Dead):
            dead = message
        else:
            rans.append(unpack_ran(message))
    return completed(rans, len(asked), dead, limit)


def completed(rans, count, dead, limit):
    """What came back, and how it ended where less came than `count` calls should give."""
    if len(rans) < count and not (rans and _last(rans[-1])):
        ended = "hung" if dead.late else "gone"
        rans.append(Ran((), (), ended, Raised((ended,), "", dead.place), limit))
    return rans


def _last(ran):
    """Whether no further call was made after this one: it was stopped, or it is a stub."""
    return ran.ended == "hung" or (ran.raised and "NotImplementedError" in ran.raised.kinds)


def _once(function, args, limit):
    mine = fresh(args)

    def work():
        value = function(*mine)
        if isinstance(value, Iterator):  # a generator runs only when it is read
            value = list(itertools.islice(value, MOST))
        return plain(value), tuple(_after(arg) for arg in mine)

    outcome = sandbox.call(work, limit)
    if outcome.error is None:
        return Ran(*outcome.value)
    error = outcome.error
    raised = Raised(sandbox.kinds(error), sandbox.message(error), sandbox.place(error))
    return Ran(ended="hung" if outcome.hung else "raised", raised=raised, seconds=limit)


def _after(arg):
    """An argument after the call; an iterator has been read and shows nothing."""
    return None if isinstance(arg, Iterator) or (callable(arg) and not _notes(arg)) else plain(arg)


def _notes(arg):
    return hasattr(type(arg), "plain")


def before(arg):
    """What an untouched argument looks like to `Ran.args`."""
    return _after(arg)


def fresh(value):
    """A copy of arguments that keeps how an array lies in memory."""
    if isinstance(value, np.ndarray):
        return _fresh_array(value)
    if isinstance(value, (tuple, list)):
        return type(value)(fresh(item) for item in value)
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    if isinstance(value, type(iter([]))):
        return iter([fresh(item) for item in copy.copy(value)])
    return copy.deepcopy(value)


def _fresh_array(array):
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return array.copy(order="K")
    return loose(array)


def loose(array):
    """The same numbers, as every second one of a larger array: not contiguous."""
    room = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    room[..., ::2] = array
    return room[..., ::2]


def pack_ran(ran):
    """A `Ran` as bytes."""
    raised = ran.raised and [ran.raised.kinds, ran.raised.message, ran.raised.place]
    return pack([ran.value, ran.args, ran.ended, raised, ran.seconds])


def unpack_ran(line):
    """A `Ran` from bytes that somebody else's process may have written: data, or a ValueError."""
    value, args, ended, raised, seconds = unpack(line)
    if raised is not None:
        names, words, place = raised
        raised = Raised(tuple(map(str, names)), str(words), place and tuple(place))
    if ended not in ("", "raised", "hung", "gone") or not isinstance(args, tuple):
        raise ValueError(f"a Ran should have ended in a way we know, got {ended!r}")
    return Ran(value, args, ended, raised, float(seconds))


__all__ = ["Odd", "Raised", "Ran", "before", "fresh", "loose", "pack_ran", "run", "unpack_ran"]
