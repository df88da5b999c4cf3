"""Call somebody's function: with a limit of time, and with an eye on where it stopped."""

import ctypes
import itertools
import linecache
import signal
import sys
import sysconfig
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np

PACKAGE = str(Path(__file__).resolve().parents[1])
LIBRARIES = (PACKAGE, str(Path(np.__file__).resolve().parent), sysconfig.get_paths()["stdlib"])


MOST = 10_000  # items that are read from a generator; no exercise has a hundred


class Stop(BaseException):
    """The time is up.  Not an Exception, so that an ``except Exception`` does not catch it."""


class Outcome:
    """`value`, or `error`; `hung` if the call had to be stopped."""

    def __init__(self, value=None, error=None):
        self.value, self.error = value, error
        self.hung = isinstance(error, Stop)


def call(function, args, limit=None):
    """``function(*args)`` as an `Outcome`, stopped after `limit` seconds.

    In the main thread of a system with interval timers a signal stops it, whatever it does.
    Elsewhere (Windows; another thread) it runs in a thread of its own, which is told to stop and
    then left alone.  Where there are no threads either, in a browser, there is no limit.
    """
    if limit is None:
        return _outcome(function, args)
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        return _with_alarm(function, args, limit)
    return _with_thread(function, args, limit)


def _outcome(function, args):
    try:
        value = function(*args)
        if isinstance(value, Iterator):  # a generator runs only when it is read
            value = list(itertools.islice(value, MOST))
        return Outcome(value=value)
    except (Exception, SystemExit, Stop) as error:
        return Outcome(error=error)


def _with_alarm(function, args, limit):
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
        return _outcome(function, args)
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


def _with_thread(function, args, limit):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(_outcome(function, args)), daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no threads on this platform
        return _outcome(function, args)
    thread.join(limit)
    if not outcomes and thread.is_alive():
        stop = ctypes.py_object(Stop)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), stop)
        thread.join(1.0)
        return outcomes[0] if outcomes else Outcome(error=Stop())
    return outcomes[0]


def place(error):
    """Where in the student's own code it happened, as lines of a verdict; none if it was not."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*LIBRARIES, "<frozen", "<__array_function__"))
    ]
    if not own:
        return []
    last = own[-1]
    text = last.line or linecache.getline(last.filename, last.lineno).strip()
    return [f"In `{last.name}`, line {last.lineno}: `{text}`" if text
            else f"In `{last.name}`, line {last.lineno}."]  # fmt: skip
