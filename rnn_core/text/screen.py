"""What the command shows.  A reader who has gone (``| head``) never costs a training."""

import contextlib
import os
import sys
import time
import unicodedata

__all__ = ["Bar", "duration", "printable", "say", "write"]

# Marks that turn the direction of all that follows: with them a text can pass for another one
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b")


def say(text, stream=None):
    """Print a line at once, so that a log file shows how far a run is."""
    write(sys.stdout if stream is None else stream, text + "\n")


def write(stream, text):
    """Write and flush; whatever the stream may suffer, the caller goes on.

    A stream whose reader has gone, whose disk is full or whose terminal was closed is pointed to
    nowhere, so that Python does not complain about it at the end either.
    """
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError, RuntimeError, AttributeError):  # gone, closed, busy, none at all
        with contextlib.suppress(OSError, ValueError, AttributeError):
            number = stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


def printable(text):
    """A text as it may be shown: what could move the cursor or turn the line becomes �.

    Spaces of every kind stay, and so do the joiners that words and emoji are made with.
    """
    return "".join(c if c in "\n\t" or not _harmful(c) else "�" for c in text)


def _harmful(c):
    return c in _TURNING or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")


def duration(seconds):
    """``"8 s"``, ``"3 min"``, ``"2.5 h"``: a time that was estimated, so no more digits."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1.5 else f"{max(seconds, 0.1):.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


class Bar:
    """A progress bar on one line of a terminal; on anything else it is silent.

    Before the first epoch is over, `step` also says how long the training is going to take.

    Parameters
    ----------
    stream : text stream or None
    width : int
    """

    def __init__(self, stream, width=24):
        self.stream, self.width = stream, width
        self.live = bool(getattr(stream, "isatty", lambda: False)())
        self.start, self.drawn, self.loss = time.monotonic(), -float("inf"), None
        self.epochs, self.first, self.begun = None, 1, None

    def plan(self, epochs, first=1):
        """How many epochs there will be, and the number of the first: for the estimate."""
        self.epochs, self.first, self.begun = epochs, first, None

    def step(self, step, steps, loss):
        """After `step` of the `steps` of this epoch (it starts again with each)."""
        self.loss = loss if self.loss is None else 0.98 * self.loss + 0.02 * loss
        now = time.monotonic()
        self.estimate(step, steps, now)
        if not self.live or (step < steps and now - self.drawn < 0.1):
            return
        self.drawn = now
        full = self.width * step // steps
        write(
            self.stream,
            f"\r[{'#' * full}{'.' * (self.width - full)}] {step}/{steps}  "
            f"loss {self.loss:.3f}  {now - self.start:.0f} s\x1b[K",
        )

    def estimate(self, step, steps, now):
        """Say once how long it will take: after two seconds, or halfway through the epoch."""
        if self.epochs is None:
            return
        if self.begun is None:  # the first step is slower than the others
            self.begun = step, now
        done, passed = step - self.begun[0], now - self.begun[1]
        if done > 0 and (passed > 2 or 2 * step > steps):
            each = steps * passed / done
            last = self.first + self.epochs - 1
            self.epochs, epochs = None, self.epochs
            self.line(
                f"epoch {self.first}/{last}: about {duration(each)} an epoch, "
                f"{duration(each * epochs)} for all"
            )

    def download(self, name):
        """A `progress` for `read_text`: that a page is coming, and on a terminal how much of it."""
        begun, told = time.monotonic(), []

        def progress(done, total):
            now = time.monotonic()
            if not told and now - begun > 1:  # what comes at once needs no words
                told.append(now)
                self.line(f"downloading {printable(name)}")
            if self.live and now - self.drawn > 0.1:
                self.drawn = now
                of = f" of {total / 1e6:.1f}" if total else ""
                shown = f"\r{done / 1e6:.1f}{of} MB  {now - begun:.0f} s\x1b[K"
                write(self.stream, shown)

        return progress

    def line(self, text):
        """Write a line in place of the bar."""
        write(self.stream, ("\r\x1b[K" if self.live else "") + text + "\n")
