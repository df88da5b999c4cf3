"""From what came back to what each answer is: in rooms, side by side, again only what changed."""

import contextlib
import hashlib
import json
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ...words import t
from ..exercise import TABLE
from ..runner import find, library, question
from ..verdict import HEADLINES, Verdict
from .ask import Rooms, pickled, verdict
from .collect import students

LINES, LONG = 12, 500  # of one verdict: lines, and characters in a line


@dataclass
class Row:
    """A student: a `Verdict` for each exercise that was handed in, and what could not be read."""

    student: str
    verdicts: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)


@dataclass
class Class:
    """All rows, and how they were made.

    `guarded` is whether the answers were cut off, `fresh` how many were judged in this run.
    """

    rows: list
    seed: int | None = None
    guarded: bool = False
    fresh: int = 0

    @property
    def exercises(self):
        """The ids of all exercises that somebody handed in, in the order of the book."""
        asked = {name for row in self.rows for name in row.verdicts}
        return [name for name in TABLE if name in asked]


def grade(place, seed=None, question_seed=None, limit=None, jobs=1, known=None, hidden=(),
          guarded=None, progress=None):  # fmt: skip
    """Judge everything that was handed in.

    Parameters
    ----------
    place : path
        See `collect.students`.
    seed : int, optional
        Your own cases; None: those of the book.
    question_seed : int, optional
        Where your notebooks ask ``question(..., seed=...)``, that seed.
    limit : float, optional
        Seconds for one call; None: what each exercise says.
    jobs : int
        How many answers are run side by side.
    known : dict, optional
        Verdicts of earlier runs by `key`; afterwards, those of this one.
    hidden : sequence of path
        What answers are not to read, beside `place`.
    guarded : bool, optional
        See `ask.Rooms`.
    progress : callable, optional
        ``progress(done, of)`` after each answer.

    Returns
    -------
    Class
    """
    known = {} if known is None else known
    found = students(place)
    questions = {
        (e.id, s): pickled(question(e.id, s))
        for e in TABLE.values() if e.value for s in {None, question_seed}
    }  # fmt: skip
    todo, keys = {}, {}
    for who, student in enumerate(found):
        for name, answer in student.answers.items():
            its_seed = question_seed if find(name).value else seed
            keys[who, name] = key(name, answer, its_seed, question_seed, limit)
            if keys[who, name] not in known:
                todo[keys[who, name]] = (name, answer, its_seed)
    with contextlib.ExitStack() as stack:
        count = max(min(jobs, len(todo)), 1)
        rooms = [stack.enter_context(Rooms((place, *hidden), guarded)) for _ in range(count)]
        _run(todo, rooms, questions, limit, known, progress)
        rows = [
            Row(student.name, {n: known[keys[who, n]] for n in student.answers}, student.problems)
            for who, student in enumerate(found)
        ]
        for stale in {*known} - {*keys.values()}:
            del known[stale]
        return Class(rows, seed, all(room.guarded for room in rooms), len(todo))


def _run(todo, rooms, questions, limit, known, progress):
    lock, free, done = threading.Lock(), queue.SimpleQueue(), 0
    for room in rooms:
        free.put(room)

    def one(name, answer, seed):
        exercise = find(name)
        with lock:
            its_library = library(name, seed)
        code = {"cells": answer.cells, "index": answer.index, "name": answer.name,
                "questions": questions}  # fmt: skip
        room = free.get()
        try:
            return verdict(room, exercise, its_library, code, limit or exercise.seconds, lock)
        finally:
            free.put(room)

    with ThreadPoolExecutor(len(rooms)) as pool:
        futures = {which: pool.submit(one, *work) for which, work in todo.items()}
        try:
            for which, future in futures.items():
                known[which] = tame(future.result())
                done += 1
                if progress:
                    progress(done, len(todo))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def key(name, answer, seed, question_seed, limit):
    """A name for one answer and all that its verdict hangs on."""
    said = [name, answer.name, answer.cells, answer.index, seed, question_seed, limit, _package()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _package():
    """A name for the code that judges, and for what an answer can import."""
    if not _package.found:
        files = sorted(Path(__file__).resolve().parents[2].rglob("*.py"))
        content = b"".join(file.read_bytes() for file in files if "widgets" not in file.parts)
        _package.found = hashlib.sha256(content).hexdigest()
    return _package.found


_package.found = None


def tame(said):
    """A verdict whose words, some of them the student's, are of a decent length and visible."""
    lines = tuple(_visible(line)[:LONG] for line in said.lines[:LINES])
    return Verdict(said.exercise, said.kind, lines, said.mistakes)


def _visible(text):
    return "".join(c if c.isprintable() else " " for c in str(text))


def named(said):
    """A verdict in a few words: its kind, and the mistake's name if it has one."""
    if said is None:
        return t("not handed in")
    names = ", ".join(map(t, said.mistakes))
    return ": ".join(filter(None, [t(HEADLINES[said.kind]), names]))


# ---- as plain data


def as_data(said):
    return [said.exercise, said.kind, [*said.lines], [*said.mistakes]]


def from_data(data):
    """A verdict; a ValueError if this is none."""
    exercise, kind, lines, mistakes = data
    if exercise not in TABLE or kind not in HEADLINES:
        raise ValueError(f"a verdict should be of an exercise we know, got {exercise!r}, {kind!r}")
    return Verdict(exercise, kind, tuple(map(str, lines)), tuple(map(str, mistakes)))


def merged(parts):
    """Several classes as one; of two verdicts on one answer the better, since it was handed in."""
    rows = {}
    for part in parts:
        for row in part.rows:
            own = rows.setdefault(row.student, Row(row.student))
            own.problems += [p for p in row.problems if p not in own.problems]
            for name, said in row.verdicts.items():
                if name not in own.verdicts or not own.verdicts[name].right:
                    own.verdicts[name] = said
    guarded = all(part.guarded for part in parts)
    return Class([*rows.values()], parts[0].seed, guarded)
