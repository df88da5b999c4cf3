"""Signals that ask a training to end: it ends when its model is safe, and not before."""

import contextlib
import signal
import sys
import threading

__all__ = ["SIGNALS", "Stop", "Stopped"]

# Ctrl-C, kill, a terminal that closes, a batch queue whose time is up, Ctrl-Break
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU", "SIGBREAK")


class Stopped(KeyboardInterrupt):
    """Raised where a signal ends the work."""


class Stop:
    """A guard: inside ``with Stop() as stop:`` signals are answered as the work allows.

    At first a signal raises `Stopped`, for nothing can be lost yet.  After ``stop.wait()`` it is
    only noted, and `say` is called at once: the work looks at ``stop.asked`` from time to time (or
    calls `check`) and ends in order.  ``stop.done()`` goes back to the beginning.

    A signal that the process was started to ignore (``nohup``) stays ignored.  In a thread other
    than the first, where Python allows no handlers, the guard does nothing.

    Parameters
    ----------
    say : callable, optional
        Called with a line of text; without it the line goes to standard error.
    """

    def __init__(self, say=None):
        self.say = say or _say
        self.asked = None  # the number of the first signal that came
        self.waits, self.before = False, {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self.before[number] = signal.signal(number, self._come)
        return self

    def __exit__(self, *error):
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.before = {}

    def wait(self):
        """From now on signals wait."""
        self.waits = True

    def done(self):
        """From now on a signal ends the work at once again."""
        self.waits = False

    def ignore(self):
        """From now on, and after the guard's end, signals are ignored: the process is ending."""
        for number in self.before:
            signal.signal(number, signal.SIG_IGN)
        self.before = {}

    def check(self):
        """Raise `Stopped` if a signal has come."""
        if self.asked is not None:
            raise Stopped

    def _come(self, number, frame):
        again = self.asked is not None
        if not again:
            self.asked = number
        if not self.waits:
            raise Stopped
        self.say(
            "still at it: the model is saved first"
            if again
            else "stopping: the best model so far is measured and saved, a moment please"
        )


def _say(line):
    # RuntimeError: the signal came while this very stream was being written
    with contextlib.suppress(OSError, ValueError, RuntimeError, AttributeError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
