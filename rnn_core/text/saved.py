"""A training and its file: what is kept while it runs, and what a saved model tells of it."""

import contextlib
import hashlib
import os
import platform
import tempfile
from pathlib import Path

import numpy as np

from .corpus import UNITS, tokenize
from .fetch import cache_folder
from .files import reason
from .options import parse
from .storage import save

__all__ = ["Keeper", "Was", "told"]


class Keeper:
    """Keeps the best model on the disk while the training goes on."""

    def __init__(self, path, corpus, args, bar, more, earlier=()):
        self.path, self.corpus, self.args, self.bar = path, corpus, args, bar
        self.more, self.earlier = more, earlier  # what is told besides; epochs of a run before
        self.diary = None  # what is noted for the report, if there is to be one
        self.kept = None  # the epoch whose weights are on the disk

    def keep(self, run):
        """Save the weights of now; if that fails, say so and go on."""
        try:
            self.save(self.path, run)
        except OSError as error:
            self.bar.line(
                f"{self.path} cannot be written ({reason(error)}): make room for it; the training "
                f"goes on, and it is tried again"
            )

    def last(self, run):
        """Save the measured model, if need be in another place; where it is."""
        try:
            self.save(self.path, run)
            return self.path
        except OSError as error:
            other = Path(tempfile.gettempdir(), f"{self.path.stem}-{os.getpid()}.npz")
            why = f"{self.path} cannot be written ({reason(error)})"
        try:
            self.save(other, run)
        except OSError as error:
            kept = f"; it still holds the model of epoch {self.kept}" if self.kept else ""
            raise ValueError(
                f"{why}, and neither can {other} ({reason(error)}): make room and train again{kept}"
            ) from None
        self.bar.line(f"{why}: the model is in {other}")
        return other

    def save(self, path, run):
        first = run.history[0][0]
        history = [row for row in self.earlier if row[0] <= first]
        history += run.history[1:] if history else run.history
        about = told(self.args, self.corpus, run)
        save(path, run.model, self.corpus.vocab, **about, history=history, **self.more)
        self.kept = run.best


def told(args, corpus, run):
    """What the saved file tells of the run; no name of a file or folder is in it."""
    model = run.model
    of_a_run = (
        "unit", "lower", "max_vocab", "min_count", "epochs", "batch", "seq_len", "lr", "clip",
        "seed", "sample", "temperature",
    )  # fmt: skip
    return {
        "unit": corpus.unit,
        "tokens": [len(corpus.train), len(corpus.valid), len(corpus.test)],
        "options": {
            **{name: getattr(args, name) for name in of_a_run},
            "embed": model.embedding.W.shape[1],
            "hidden": model.rnn.cell.hidden_size,
        },
        "valid": run.valid,
        "test": run.test,
        "best": run.best,
        "lr": run.lr,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


class Was:
    """What a saved model tells of its training; what it does not tell is what `train` takes."""

    def __init__(self, path, about):
        def part(name, kind):
            value = about.get(name)
            return value if isinstance(value, kind) else kind()

        self.unit = about.get("unit", "words")
        if self.unit not in UNITS:
            raise ValueError(f"{path} is not a saved model: it reads {str(self.unit)!r:.40}")
        self.options, self.lr = part("options", dict), about.get("lr")
        self.lower = self.options.get("lower") is True
        self.graphemes = about.get("graphemes") is True
        self.best, self.folder = part("best", int), Path(path).absolute().parent
        self.history = [row for row in part("history", list) if self._is_row(row)]
        texts = part("texts", dict)
        self.texts = {
            name: text
            for name, text in texts.items()
            if isinstance(text, dict) and isinstance(text.get("sha256"), str)
        }

    @staticmethod
    def _is_row(row):
        return isinstance(row, list) and len(row) == 3 and isinstance(row[0], int)

    def option(self, name):
        """How it was trained; the learning rate is that of the end, and the epochs are new."""
        usual = parse(["train", ""])
        if name == "lr" and self.lr is not None:
            return self.lr
        return (
            getattr(usual, name)
            if name == "epochs"
            else self.options.get(name, getattr(usual, name))
        )

    def tokens(self, text):
        """A text as the model reads it."""
        return tokenize(text.lower() if self.lower else text, self.unit, self.graphemes)

    def find(self, part, args):
        """The path of the text with the checksum that is told, or None."""
        for folder in (Path(), self.folder, Path(args.cache or cache_folder()).expanduser()):
            if part in self.texts and folder.is_dir():
                for path in sorted(folder.iterdir()):
                    if self._is(path, self.texts[part]):
                        return str(path)
        return None

    def is_text(self, path=None, data=None):
        """Whether a file, or a checksum, is that of the text that it was trained on."""
        told = self.texts.get("text")
        if told is None:
            return False
        return data == told["sha256"] if data else self._is(Path(path), told)

    @staticmethod
    def _is(path, told):
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_size == told.get("bytes"):
                return hashlib.sha256(path.read_bytes()).hexdigest() == told["sha256"]
        return False
