"""Call somebody's function: with a limit of time, and with an eye on where it stopped.

What can be stopped depends on where the check runs.

    Linux                        any call: the answer runs in a process of its own (`apart`)
    macOS, in the main thread    Python code, by a signal; not a loop inside one call into C
    Windows, other threads       Python code, which is told to stop and then left alone
    a browser                    Python code, by a look at the clock at every turn of a loop
"""

import contextlib
import ctypes
import faulthandler
import linecache
import os
import re
import select
import signal
import struct
import sys
import sysconfig
import tempfile
import threading
import time
import traceback
from pathlib import Path

import numpy as np

from .plain import kind

PACKAGE = str(Path(__file__).resolve().parents[1])
STDLIB = (sysconfig.get_paths()["stdlib"], str(Path(traceback.__file__).parent))  # or one zip
LIBRARIES = (PACKAGE, str(Path(np.__file__).resolve().parent), *STDLIB)
SITE = re.compile(r"[/\\](site|dist)-packages[/\\]")
MEMORY = 4 << 30  # bytes that an answer in a process of its own may take on top
LARGEST = 1 << 28  # bytes of one message that are read
GRACE = 1.0  # seconds from the signal, which Python code obeys, to the end of the process
FORK_UNSAFE = {"torch", "jax", "tensorflow"}  # their threads do not live on in a forked process


class Stop(BaseException):
    """The time is up.  Not an Exception, so that an ``except Exception`` does not catch it."""


class Outcome:
    """`value`, or `error`; `hung` if the call had to be stopped."""

    def __init__(self, value=None, error=None):
        self.value, self.error = value, error
        self.hung = isinstance(error, Stop)


def call(work, limit=None):
    """``work()`` as an `Outcome`, stopped after `limit` seconds by what the platform has."""
    if limit is None:
        return _outcome(work)
    main = threading.current_thread() is threading.main_thread()
    if main and hasattr(signal, "setitimer") and sys.platform != "emscripten":
        return _with_alarm(work, limit)
    if sys.platform == "emscripten":
        return _with_watch(work, limit)
    return _with_thread(work, limit)


def _outcome(work):
    try:
        return Outcome(value=work())
    except BaseException as error:  # somebody else's code: it may raise what it likes
        return Outcome(error=error)


# ---- a signal


def _with_alarm(work, limit):
    rings, tracer = [], sys.gettrace()

    def ring(signum, frame):
        rings.append(frame)
        if len(rings) > 1:  # a bare `except:` caught the first one
            frame.f_trace = _stop_on_next_line
            sys.settrace(_stop_on_next_line)
        raise Stop

    before = signal.signal(signal.SIGALRM, ring)
    left, every = signal.setitimer(signal.ITIMER_REAL, limit, min(limit, 0.2))
    try:
        return _outcome(work)
    except Stop as error:  # it rang between the last line of the call and here
        return Outcome(error=error)
    finally:
        sys.settrace(tracer)
        signal.setitimer(signal.ITIMER_REAL, left, every)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)


def _stop_on_next_line(frame, event, arg):
    """A trace function: the line that caught a Stop is stopped in its turn."""
    if event == "line":
        raise Stop
    return _stop_on_next_line


# ---- a thread


def _with_thread(work, limit):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(_outcome(work)), daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no threads on this platform
        return _with_watch(work, limit)
    thread.join(limit)
    if not outcomes and thread.is_alive():
        stop = ctypes.py_object(Stop)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), stop)
        thread.join(GRACE)
        return outcomes[0] if outcomes else Outcome(error=Stop())
    return outcomes[0]


# ---- a look at the clock


def _with_watch(work, limit):
    """Nothing runs beside it: at every turn of a loop, and at every call, it looks at the clock."""
    end = time.monotonic() + limit
    watch = _monitored if hasattr(sys, "monitoring") else _traced
    try:
        with watch(lambda: time.monotonic() > end):
            return _outcome(work)
    except Stop as error:
        return Outcome(error=error)


@contextlib.contextmanager
def _monitored(late):
    """From Python 3.12 on: 2 to 9 microseconds for one turn of a loop."""
    watch = sys.monitoring
    tool = next(i for i in (watch.PROFILER_ID, 3, 4) if watch.get_tool(i) is None)

    def look(code, *where):
        if code.co_filename.startswith(LIBRARIES):
            return watch.DISABLE
        if late():
            raise Stop
        return None

    watch.use_tool_id(tool, "rnn_core.checks")
    events = watch.events.JUMP | watch.events.PY_START
    try:
        for event in (watch.events.JUMP, watch.events.PY_START):
            watch.register_callback(tool, event, look)
        watch.set_events(tool, events)
        yield
    finally:
        watch.set_events(tool, 0)
        for event in (watch.events.JUMP, watch.events.PY_START):
            watch.register_callback(tool, event, None)
        watch.free_tool_id(tool)


@contextlib.contextmanager
def _traced(late):
    """Before Python 3.12: slower, since it looks at every line.

    Python drops a trace function that has raised, so an answer that catches everything goes on.
    """

    def look(frame, event, arg):
        if frame.f_code.co_filename.startswith(LIBRARIES):
            return None
        if late():
            raise Stop
        return look

    tracer = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(tracer)


# ---- a process of its own


def can_be_apart():
    """Whether an answer can run in a forked process: on Linux, and without torch's threads."""
    return sys.platform == "linux" and hasattr(os, "fork") and FORK_UNSAFE.isdisjoint(sys.modules)


def apart(messages, limit):
    """What ``messages()`` yields (bytes), made in a forked process and brought here.

    Yields each message as it comes.  The process is ended if one takes longer than `limit` seconds
    and what a signal needs on top; then the last item is a `Dead`.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()  # or what waits there would be written twice
    with tempfile.TemporaryFile() as trace:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            _be_the_child(messages, theirs, ours, limit, trace)
        os.close(theirs)
        try:
            yield from _read(ours, limit + 2 * GRACE)
        except _TooLate:
            _end(child)
            child = None
            yield Dead(True, _place_in(trace))
        finally:
            os.close(ours)
            status = _end(child) if child else None
        if status:  # not None: it was alive till now; not 0: it did not come to its end
            late = _place_in(trace)
            yield Dead(bool(late), late)


class Dead:
    """The process ended before its work did: in time, or `late`; `place` as lines of a verdict."""

    def __init__(self, late, place):
        self.late, self.place = late, place


class _TooLate(Exception):
    pass


def _be_the_child(messages, out, unused, limit, trace):
    try:
        os.close(unused)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the parent, who ends us
        _bound_memory()
        for message in messages(lambda: _watch_from_c(limit, trace)):
            _write(out, message)
        faulthandler.cancel_dump_traceback_later()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):
                stream.flush()
        os._exit(0)
    finally:
        os._exit(1)


def _bound_memory():
    """A list that grows for ever ends in a MemoryError, and not in a machine that swaps."""
    with contextlib.suppress(Exception):
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = taken + MEMORY
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _watch_from_c(limit, trace):
    """Where a call into C does not come back, no signal is heard: say where it is, and end."""
    faulthandler.dump_traceback_later(limit + GRACE, exit=True, file=trace)


def _write(out, message):
    data = struct.pack("!Q", len(message)) + message
    while data:
        data = data[os.write(out, data) :]


def _read(source, limit):
    """The messages in a pipe; `_TooLate` if one does not come in time."""
    while True:
        head = _take(source, 8, limit)
        if head is None:
            return
        size = struct.unpack("!Q", head)[0]
        message = _take(source, size, limit) if size <= LARGEST else None
        if message is None:
            return
        yield message


def _take(source, count, limit):
    data, end = b"", time.monotonic() + limit
    while len(data) < count:
        ready, _, _ = select.select([source], [], [], max(end - time.monotonic(), 0))
        if not ready:
            raise _TooLate
        piece = os.read(source, min(count - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return data


def _end(child):
    """End the process and wait for it; its status."""
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        return status
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:  # it said all it had to say and is on its way out
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


# ---- where


def place(error):
    """Where in the student's own code it happened: (function, line, text), or None."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if _is_own(f.filename)]
        return _said(own[-1].filename, own[-1].lineno, own[-1].name, own[-1].line) if own else None
    except Exception:
        return None


def _is_own(filename):
    lib = filename.startswith((*LIBRARIES, "<frozen", "<__array_function__"))
    return not lib and not SITE.search(filename)


def _place_in(trace):
    """The same from what faulthandler wrote, most recent call first."""
    trace.seek(0)
    for line in trace.read(1 << 16).decode(errors="replace").splitlines():
        found = re.match(r'  File "(.*)", line (\d+) in (.*)', line)
        if found and _is_own(found[1]):
            return _said(found[1], int(found[2]), found[3], None)
    return None


def _said(filename, lineno, name, text):
    text = text or linecache.getline(filename, lineno).strip()
    return str(name)[:80], int(lineno), str(text)[:200]


def message(error):
    """What an error says of itself; its class may do what it likes in `__str__`."""
    try:
        return str(error)[:400]
    except BaseException:
        return ""


def kinds(error):
    """The names of an error's classes, its own first."""
    return tuple(kind_of.__name__ for kind_of in type(error).__mro__) or (kind(error),)
