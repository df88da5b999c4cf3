"""The command ``python -m rnn_core FILE``: what it takes, what it prints, how it fails."""

import argparse
import os
import platform
import sys
from pathlib import Path

import numpy as np

from ..loss import perplexity
from ..sample import sample
from ..shapes import as_positive
from .corpus import build_corpus, is_url, join, read_text
from .run import Bar, fit, held_out
from .storage import load, save

PROGRAM = "python -m rnn_core"


def parser():
    """The command's options."""
    p = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Train a recurrent language model on a text, and measure it on parts of the "
        "text that it has not seen, beside models that only count words.",
        epilog="A page is downloaded once, into a cache folder, and only if you name it. Ctrl-C "
        "ends the training and keeps the best model so far.",
    )
    p.add_argument("text", metavar="FILE", help="UTF-8 text: a path, or an address (http, https)")
    p.add_argument("--valid", metavar="FILE", help="validation text; else 10 %% of FILE")
    p.add_argument("--test", metavar="FILE", help="test text; else the last 10 %% of FILE")
    unit = p.add_mutually_exclusive_group()
    for name, what in (
        ("words", "predict words and punctuation marks (this is the default)"),
        ("characters", "predict characters"),
        ("tokens", "FILE is already cut: tokens between spaces, one sentence in a line"),
    ):
        names = [f"--{name}", "--chars"] if name == "characters" else [f"--{name}"]
        unit.add_argument(*names, dest="unit", action="store_const", const=name, help=what)
    p.set_defaults(unit="words")
    p.add_argument("--lower", action="store_true", help="take capitals as small letters")
    p.add_argument(
        "--max-vocab", type=int, default=10_000, metavar="V", help="the most tokens to know"
    )
    p.add_argument("--min-count", type=int, metavar="N", help="know a token if it comes N times")
    p.add_argument("--sha256", metavar="HEX", help="what the checksum of FILE must be")
    p.add_argument("--cache", metavar="DIR", help="where downloads go")
    for name, kind, value, what in (
        ("epochs", int, 10, "how often to read the text"),
        ("hidden", int, 128, "numbers in a state"),
        ("embed", int, 64, "numbers for each token"),
        ("batch", int, 20, "how many readers side by side"),
        ("seq-len", int, 35, "steps in a block of truncated BPTT"),
        ("lr", float, 0.003, "learning rate of Adam"),
        ("clip", float, 1.0, "longest gradient"),
        ("seed", int, 0, "of all that is random"),
        ("sample", int, 60, "tokens to write at the end"),
        ("temperature", float, 0.8, "of the sample: 0 is greedy, 1 is the model's own"),
    ):
        p.add_argument(f"--{name}", type=kind, default=value, help=f"{what} ({value})")
    p.add_argument("--out", default="model.npz", metavar="NPZ", help="where to save (model.npz)")
    return p


def main(arguments=None):
    """Run the command; the exit code is 0, 2 for input that cannot be used, 130 after Ctrl-C."""
    args = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        as_positive("--temperature", args.temperature, zero=True)  # not after hours of training
        check_out(args)
        return language_model(args)
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped, nothing was saved", file=sys.stderr)
        return 130
    except (ValueError, OSError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"{PROGRAM}: {printable(reason)}", file=sys.stderr)
        return 2


def language_model(args):
    """Read, train, measure, save, load again, write a sample."""
    corpus = read_corpus(args)
    say(sizes(corpus))
    bar = Bar(sys.stderr)

    def epoch_done(epoch, seen, loss):
        bar.line(
            f"epoch {epoch}/{args.epochs}: perplexity {seen:.1f} while training, "
            f"{perplexity(loss):.1f} on validation"
        )

    run = fit(
        corpus, epochs=args.epochs, embed_size=args.embed, hidden_size=args.hidden,
        batch_size=args.batch, seq_len=args.seq_len, lr=args.lr, max_norm=args.clip,
        seed=args.seed, on_step=bar.step, on_epoch=epoch_done,
    )  # fmt: skip
    if run.interrupted:
        bar.line("stopped; the best model so far is kept")
    say(table(run, corpus.unit))
    path = Path(args.out)
    save(path, run.model, corpus.vocab, **told(args, corpus, run))
    model, vocab, about = load(path)
    loss = held_out(model, corpus.test)
    if loss != about["test"]["RNN"] or vocab.tokens != corpus.vocab.tokens:
        raise ValueError(f"{path} does not load to the same numbers: save to another disk")
    say(f"saved to {path}; loaded again: test loss {loss:.4f}, the same")
    say("\n" + printable(write(model, vocab, corpus, args)))
    return 130 if run.interrupted else 0


def read_corpus(args):
    """The three parts from the files or addresses that were named."""

    def read(source, sha256=None):
        text = read_text(source, sha256, args.cache) if source else None
        return text.lower() if text and args.lower else text

    return build_corpus(
        read(args.text, args.sha256), read(args.valid), read(args.test),
        args.unit, args.max_vocab, args.min_count,
    )  # fmt: skip


def told(args, corpus, run):
    """What the saved file tells of the run; no name of a file or folder is in it."""
    named = ("text", "valid", "test", "cache", "out", "sha256")
    return {
        "unit": corpus.unit,
        "tokens": [len(corpus.train), len(corpus.valid), len(corpus.test)],
        "options": {name: value for name, value in vars(args).items() if name not in named},
        "valid": run.valid,
        "test": run.test,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def check_out(args):
    """Complain about the place to save before the training, not after it."""
    path = Path(args.out)
    if path.suffix != ".npz":
        raise ValueError(f"--out should end in .npz, got {path}: that is what the file is")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ValueError(f"--out should be a file in a folder that exists, got {path}")
    if not os.access(path.absolute().parent, os.W_OK):
        raise ValueError(f"--out: the folder {path.absolute().parent} cannot be written")
    texts = [source for source in (args.text, args.valid, args.test) if source]
    if any(not is_url(t) and path.resolve() == Path(t).resolve() for t in texts):
        raise ValueError(f"--out should be a new file, got {path}: that is your text")


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
    ids = sample(model, prompt, max(args.sample, 1), rng, temperature)
    return join(vocab.decode([*prompt, *ids]), corpus.unit)


def say(text):
    """Print at once, so that a log file shows how far a run is.

    A reader who has gone (``| head``) does not cost the training.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text):
    """Control characters of a text could move the cursor or worse: show them as �."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
