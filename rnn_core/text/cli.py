"""The command ``python -m rnn_core``: what it prints, what it keeps, how it fails."""

import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from ..loss import perplexity
from ..sample import sample
from ..shapes import as_int, as_positive
from .corpus import build_corpus, decode, is_url, join, read_bytes
from .files import reason
from .options import PROGRAM, parse
from .run import fit, held_out
from .screen import Bar, printable, say
from .stop import Stop
from .storage import load, save


def main(arguments=None):
    """Run the command; the exit code is 0, or 2 for input that cannot be used.

    After a signal it is 128 and the number of the signal, as in a shell: 130 for Ctrl-C.
    """
    args = parse(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    bar = Bar(sys.stderr)
    stop = Stop(bar.line)
    try:
        with stop:
            return COMMANDS[args.command](args, bar, stop)
    except KeyboardInterrupt:
        complain("stopped, nothing was saved")
        return after(stop) or 130
    except (ValueError, OSError, MemoryError) as error:
        complain(" ".join(str(error).split()) or type(error).__name__)
        return 2


def complain(line):
    """One line on standard error, with the name of the program."""
    say(f"{PROGRAM}: {printable(line)}", sys.stderr)


def after(stop):
    """The exit code after a signal; 0 if none came."""
    return 0 if stop.asked is None else 128 + stop.asked


# ---- train


def train_text(args, bar, stop):
    """Read, train, measure, save, load again, write a sample."""
    check_options(args)
    path = check_out("--out", args.out, args, ".npz")
    corpus, texts = read_corpus(args)
    say(sizes(corpus))
    check_room(path, corpus, args)
    keeper = Keeper(path, corpus, args, texts, bar)
    run = train_on(corpus, args, bar, stop, keeper)
    return finish(run, corpus, args, keeper, stop)


def train_on(corpus, args, bar, stop, keeper, **more):
    """`fit` with the options as they were typed, each epoch told."""
    first = more.get("first", 1)
    bar.plan(args.epochs, first)

    def epoch_done(epoch, seen, loss):
        bar.line(
            f"epoch {epoch}/{first + args.epochs - 1}: perplexity {seen:.1f} while training, "
            f"{perplexity(loss):.1f} on validation"
        )

    return fit(
        corpus, epochs=args.epochs, embed_size=args.embed, hidden_size=args.hidden,
        batch_size=args.batch, seq_len=args.seq_len, lr=args.lr, max_norm=args.clip,
        seed=args.seed, on_step=bar.step, on_epoch=epoch_done, on_best=keeper.keep, stop=stop,
        **more,
    )  # fmt: skip


def finish(run, corpus, args, keeper, stop):
    """What is told and kept when the training is over."""
    say(table(run, corpus.unit))
    if run.trouble:
        complain(f"the training ended early: {run.trouble}")
    if run.best == run.history[0][0]:
        complain(
            "stopped before the model was better than at the start, nothing was saved"
            if run.interrupted
            else "no epoch made the model better, nothing was saved: try a smaller --lr"
        )
        return after(stop) or (130 if run.interrupted else 2)
    if run.interrupted:
        keeper.bar.line("stopped; the best model so far is kept")
    say(f"best on validation after epoch {run.best}")
    path = keeper.last(run)
    model, vocab, about = load(path)
    loss = held_out(model, corpus.test)
    if loss != about["test"]["RNN"] or vocab.tokens != corpus.vocab.tokens:
        raise ValueError(f"{path} does not load to the same numbers: save to another disk")
    say(f"saved to {path}; loaded again: test loss {loss:.4f}, the same")
    stop.done()
    try:
        if args.sample:
            say("\n" + printable(write(model, vocab, corpus, args)))
    except KeyboardInterrupt:
        complain(f"stopped; the model is in {path}")
    return after(stop) or (130 if run.interrupted else 0)


class Keeper:
    """Keeps the best model on the disk while the training goes on."""

    def __init__(self, path, corpus, args, texts, bar):
        self.path, self.corpus, self.args, self.texts, self.bar = path, corpus, args, texts, bar
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
        complain(f"{why}: the model is in {other}")
        return other

    def save(self, path, run):
        save(path, run.model, self.corpus.vocab, **told(self.args, self.corpus, run, self.texts))
        self.kept = run.best


def read_corpus(args):
    """The three parts from the files or addresses that were named, and their checksums."""
    texts = {}

    def read(part, sha256=None):
        source = getattr(args, part)
        if not source:
            return None
        data = read_bytes(source, sha256, args.cache)
        texts[part] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        text = decode(data, source)
        return text.lower() if args.lower else text

    text, valid, test = read("text", args.sha256), read("valid"), read("test")
    return build_corpus(text, valid, test, args.unit, args.max_vocab, args.min_count), texts


def told(args, corpus, run, texts):
    """What the saved file tells of the run; no name of a file or folder is in it."""
    named = ("text", "valid", "test", "cache", "out", "sha256", "html", "model", "force", "command")
    return {
        "unit": corpus.unit,
        "tokens": [len(corpus.train), len(corpus.valid), len(corpus.test)],
        "options": {name: value for name, value in vars(args).items() if name not in named},
        "texts": texts,
        "valid": run.valid,
        "test": run.test,
        "best": run.best,
        "history": run.history,
        "lr": run.lr,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


# ---- complaints before the training, not after it


def check_options(args):
    """Numbers that make no sense, each by the name that was typed."""
    for name, least in (
        ("epochs", 1), ("hidden", 1), ("embed", 1), ("batch", 1), ("seq_len", 1), ("seed", 0),
        ("sample", 0), ("max_vocab", 2), ("min_count", 1), ("length", 1), ("top_k", 1),
    ):  # fmt: skip
        if getattr(args, name, None) is not None:
            as_int(f"--{name.replace('_', '-')}", getattr(args, name), least)
    for name, zero in (("lr", False), ("clip", False), ("temperature", True)):
        if getattr(args, name, None) is not None:
            as_positive(f"--{name}", getattr(args, name), zero)
    sha256 = getattr(args, "sha256", None)
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(
            f"--sha256 should be 64 hexadecimal digits, got {len(sha256)} characters: "
            f"run sha256sum on the file that you trust"
        )


def check_out(option, name, args, suffix):
    """The path to write to, if it can be written and nothing is lost by it."""
    path = Path(name)
    if path.suffix != suffix:
        raise ValueError(f"{option} should end in {suffix}, got {path}: that is what the file is")
    home = Path(os.path.realpath(path))  # of what a link points to
    if path.is_dir() or not home.parent.is_dir():
        raise ValueError(f"{option} should be a file in a folder that exists, got {path}")
    if not os.access(home.parent, os.W_OK):
        raise ValueError(f"{option}: the folder {home.parent} cannot be written")
    texts = [getattr(args, name, None) for name in ("text", "valid", "test")]
    if any(t and not is_url(t) and home == Path(os.path.realpath(t)) for t in texts):
        raise ValueError(f"{option} should be a new file, got {path}: that is your text")
    if path.exists() and not args.force:
        raise ValueError(
            f"{path} exists: add --force to replace it, or name another file with {option}"
        )
    return path


def check_room(path, corpus, args):
    """A disk that is full already should say so now."""
    V, D, H = len(corpus.vocab), args.embed, args.hidden
    need = 4 * (V * D + D * H + H * H + H * V + H + V) + sum(map(len, corpus.vocab.tokens)) + 4096
    free = shutil.disk_usage(Path(os.path.realpath(path)).parent).free
    if free < need:
        raise ValueError(
            f"{path} needs {need / 1e6:,.1f} MB, and its disk has {free / 1e6:,.1f} MB left: "
            f"make room, or save elsewhere with --out"
        )


# ---- what is shown


def sizes(corpus):
    """How long the parts are, and how much of each is unknown."""
    parts = {"to train": corpus.train, "to validate": corpus.valid, "to test": corpus.test}
    return "\n".join(
        [f"{corpus.unit}: {len(corpus.vocab):,} different ones known"]
        + [f"{len(p):12,} {name}, {corpus.unknown(p):.1%} <unk>" for name, p in parts.items()]
    )


def table(run, unit):
    """Loss and perplexity of each model on both held-out parts."""
    lines = [
        f"{'':21}{'validation':>20}{'test':>20}",
        f"{'per ' + unit.removesuffix('s'):21}{'nats  perplexity':>20}{'nats  perplexity':>20}",
    ]
    names = ("all alike", "unigram", "bigram (Kneser-Ney)", "RNN")
    for name, key in zip(names, run.test, strict=True):
        cells = [f"{part[key]:8.3f}{perplexity(part[key]):12.2f}" for part in (run.valid, run.test)]
        lines.append(f"{name:21}" + "".join(cells))
    return "\n".join(lines)


def write(model, vocab, corpus, args):
    """A sample that goes on from the first tokens of the test part."""
    prompt = corpus.test[:1]
    temperature, rng = args.temperature, np.random.default_rng(args.seed)
    ids = sample(model, prompt, args.sample, rng, temperature)
    return join(vocab.decode([*prompt, *ids]), corpus.unit)


COMMANDS = {"train": train_text}
