"""The parent's side of a room: a question goes in, frames of plain data come out.

Whatever comes out was in the hands of somebody else's code.  It is bounded in size and in time, and
read as data; `verdict` compares it here, where no student's code has run.
"""

import io
import os
import pickle
import select
import shutil
import site
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ...words import t
from ..answer import Raised, Ran, calls, completed, loose, unpack_ran
from ..compare import came
from ..judge import judge, untouched
from ..plain import unpack
from ..sandbox import GRACE, Dead
from ..verdict import Verdict

ROOM = Path(__file__).with_name("room.py")
PACKAGE = ROOM.parents[2]
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "UNROLLED_WORDS")
START = 60.0  # seconds in which a room should open, on a busy machine
MOST = 1 << 28  # bytes of one reply


class Gone(Exception):
    """The room ended before it had answered."""


class Rooms:
    """Somewhere to run answers, each in a process of its own: cut off where the system lets us.

    Parameters
    ----------
    hidden : sequence of path, optional
        What an answer has no business to read: the submissions and the results.
    guarded : bool, optional
        Whether to be cut off; None: where it can be had.

    Raises
    ------
    OSError
        If it cannot be had, or if no room opens.
    """

    warm = sys.platform == "linux"  # a room takes one answer after the other, by fork

    def __init__(self, hidden=(), guarded=None):
        self.hidden = [
            os.path.realpath(path) for path in (PACKAGE / "checks" / "exercises", *hidden)
        ]
        self.hidden = [path for path in self.hidden if not _needed(path)]
        self.desk = tempfile.mkdtemp(prefix="unrolled-class-")
        self.process, self.guarded = None, False
        self.how = "one" if not self.warm else "bare" if guarded is False else "many"
        try:
            self.guarded = self.warm and self._open()
        except Gone:
            self.close()
            raise OSError("the process that runs the answers does not start") from None
        if guarded and not self.guarded:
            self.close()
            raise OSError("this system does not let an answer be cut off")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self._end()
        shutil.rmtree(self.desk, ignore_errors=True)

    def ask(self, request, seconds):
        """The frames of one reply; `Gone` if there is none within so many seconds."""
        data = pickled(request)
        if self.warm:
            return self._ask_room(data, seconds)
        return self._ask_process(data, seconds)

    def _open(self):
        self.process = subprocess.Popen(
            self._command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd=self.desk, env=self._env(), start_new_session=True,
        )  # fmt: skip
        try:
            return {b"cut off": True, b"bare": False}[self._read(START)]
        except (Gone, KeyError):
            self._end()
            raise Gone from None

    def _ask_room(self, data, seconds):
        try:
            if self.process is None and self._open() != self.guarded:
                raise Gone
            self.process.stdin.write(struct.pack("!Q", len(data)) + data)
            self.process.stdin.flush()
            return frames(self._read(seconds))
        except (OSError, ValueError, Gone):
            self._end()
            raise Gone from None

    def _ask_process(self, data, seconds):
        with tempfile.TemporaryDirectory(dir=self.desk) as desk:
            try:
                done = subprocess.run(
                    self._command(), input=struct.pack("!Q", len(data)) + data,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=desk,
                    env=self._env(desk), timeout=seconds, start_new_session=True,
                )  # fmt: skip
                return frames(done.stdout[8:])
            except (subprocess.TimeoutExpired, OSError, ValueError):
                raise Gone from None

    def _command(self):
        return [sys.executable, "-P", "-B", "-s", str(ROOM), self.how, self.desk, *self.hidden]

    def _env(self, desk=None):
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        if site.ENABLE_USER_SITE:  # with -s, and another HOME, Python does not look there by itself
            paths.append(site.getusersitepackages())
        desk = desk or self.desk
        return {
            **kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0",
            "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            "MPLBACKEND": "Agg", "MPLCONFIGDIR": desk, "HOME": desk, "TMPDIR": desk,
        }  # fmt: skip

    def _read(self, seconds):
        end = time.monotonic() + seconds
        size = struct.unpack("!Q", self._exactly(8, end))[0]
        if size > MOST:
            raise Gone
        return self._exactly(size, end)

    def _exactly(self, count, end):
        source, taken = self.process.stdout.fileno(), io.BytesIO()
        while taken.tell() < count:
            ready, _, _ = select.select([source], [], [], max(end - time.monotonic(), 0))
            piece = ready and os.read(source, min(count - taken.tell(), 1 << 20))
            if not piece:
                raise Gone
            taken.write(piece)
        return taken.getvalue()

    def _end(self):
        if self.process is not None:
            self.process.kill()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None


def _needed(path):
    """Whether Python itself, or the package, lies in what was to be hidden."""
    needed = [sys.prefix, sys.base_prefix, str(PACKAGE), os.path.dirname(sys.executable)]
    return any(Path(os.path.realpath(place)).is_relative_to(path) for place in needed)


class _Pickler(pickle.Pickler):
    """Keeps that an array does not lie in one piece: a wrong answer can hide there."""

    def reducer_override(self, thing):
        if type(thing) is np.ndarray and thing.ndim == 1 and not thing.flags.contiguous:
            return loose, (np.ascontiguousarray(thing),)
        return NotImplemented


def pickled(thing):
    out = io.BytesIO()
    _Pickler(out).dump(thing)
    return out.getvalue()


def frames(data):
    """The frames that follow each other in some bytes."""
    found, place = [], 0
    while place < len(data):
        size = struct.unpack_from("!Q", data, place)[0]
        if place + 8 + size > len(data):
            raise ValueError("the last frame should be whole, and is not")
        found.append(data[place + 8 : place + 8 + size])
        place += 8 + size
    if not found:
        raise ValueError("there should be a frame, and there is none")
    return found


# ---- one answer


def verdict(rooms, exercise, library, code, limit, lock):
    """Run one answer and judge it.

    Parameters
    ----------
    rooms : Rooms
    exercise : Exercise
    library : Library
    code : dict
        What `room` wants to know: ``cells``, ``index``, ``name``, ``questions``.
    limit : float
        Seconds for one call.
    lock : context manager
        Held while judging, which shares the library.

    Returns
    -------
    Verdict
    """
    asked = calls(exercise, library.cases)
    request = {**code, "asked": asked, "value": exercise.value, "limit": limit}
    seconds = (limit + 2 * GRACE + 1) * (len(asked) + 1) + START
    reply = _asked(rooms, request, seconds)
    if reply is not None and len(reply) == 1:
        raise RuntimeError("a room broke down before it had run anything: this is our fault")
    with lock:
        try:
            return _read(exercise, library, code["name"], reply, len(asked), limit)
        except Exception:  # it was made by somebody else's code, to look like anything
            line = t("What came back does not belong to this exercise.")
            return Verdict(exercise.id, "raised", (line,))


def _asked(rooms, request, seconds):
    """The reply; None where the answer takes the room with it, and does so again."""
    for _ in range(2):
        try:
            return rooms.ask(request, seconds)
        except Gone:
            continue
    return None


def _read(exercise, library, name, reply, count, limit):
    if reply is None:
        return judge(exercise, completed([], count, Dead(False, None), limit), library)
    late, place = unpack(reply[0])
    dead = Dead(bool(late), place and tuple(place))
    if len(reply) == 2:
        return judge(exercise, completed([], count, dead, limit), library)
    state, detail = unpack(reply[2])
    if state == "untouched":
        return untouched(exercise)
    if state == "stopped":
        ran = unpack_ran(detail)
        if ran.raised.kinds[:1] == ("NotImplementedError",):
            return untouched(exercise)
        # the cell itself stopped: so would every call
        ran = Ran((), (None,) * len(exercise.arguments), ran.ended, ran.raised, limit)
        return judge(exercise, [ran] * len(library.cases), library)
    if state == "missing":
        line = t("The answer's cell does not define `{name}`.", name=name)
        return Verdict(exercise.id, "form", (line,))
    if state == "not a function":
        line = t("`{name}` should be a function, and is {thing}.", name=name, thing=came(detail))
        return Verdict(exercise.id, "form", (line,))
    rans = [unpack_ran(frame) for frame in reply[3:]]
    return judge(exercise, completed(rans, count, dead, limit), library)


__all__ = ["Gone", "Raised", "Rooms", "frames", "pickled", "verdict"]
