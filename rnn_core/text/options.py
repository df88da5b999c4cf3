"""What can be typed after ``python -m rnn_core``: the commands and their options."""

import argparse
from pathlib import Path

__all__ = ["COMMANDS", "DESCRIPTION", "PRESETS", "PROGRAM", "number", "parse", "whole"]

PROGRAM = "python -m rnn_core"
DESCRIPTION = """\
Train a recurrent language model on a text of your own, and measure it on parts of the text that
it has not seen, beside models that only count words."""
COMMANDS = """\
commands:
  train FILE           train a model on a text, measure it, and save it
  resume MODEL [FILE]  train a saved model for more epochs
  score MODEL FILE     how well a saved model predicts another text
  sample MODEL         let a saved model write

The word "train" can be left out. Each command has more options: add --help to it."""


# Settings with a name.  An option that is typed beside it counts more.
PRESETS = {
    "ptb": {
        "unit": "tokens", "hidden": 300, "embed": 200, "batch": 20, "seq_len": 35, "lr": 0.001,
        "clip": 1.0, "epochs": 13,
    },
}  # fmt: skip


class _Missing(Exception):
    """A command line that lacks its file, or has an option that this command does not know."""


class _Parser(argparse.ArgumentParser):
    """A parser that can be asked whether a line fits before it complains."""

    strict = True

    def error(self, message):
        if not self.strict:
            raise _Missing(message)
        super().error(message)


def parse(arguments):
    """The options of a command line, a namespace with the name of the command in it.

    The first word is a command if the rest fits one.  ``python -m rnn_core train --chars`` lacks
    the command's FILE; if there is a file of that name, it is what is meant.
    """
    words = list(arguments)
    if not words or words[0] in ("-h", "--help"):
        return _overview().parse_args(words or ["FILE is missing"])
    if words[0] not in _PARSERS:
        return _as("train", words)
    try:
        return _as(words[0], words[1:], strict=False)
    except _Missing:
        if Path(words[0]).is_file():
            return _as("train", words)
        return _as(words[0], words[1:])


def _as(command, words, strict=True):
    parser = _Parser(
        prog=f"{PROGRAM} {command}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _PARSERS[command](parser)
    parser.strict = strict
    args = parser.parse_args(words)
    if getattr(args, "preset", None):
        parser.set_defaults(**PRESETS[args.preset])
        args = parser.parse_args(words)
    args.command = command
    return args


def _overview():
    class Overview(_Parser):
        def parse_args(self, words):
            if words[0] not in ("-h", "--help"):
                self.print_usage(_stderr())
                self.exit(2, f"{PROGRAM}: name the FILE to learn from; --help shows the commands\n")
            return super().parse_args(words)

    from .. import __version__

    parser = Overview(
        prog=PROGRAM,
        usage=f"{PROGRAM} [train] FILE [options]\n"
        + "".join(
            f"       {PROGRAM} {line}\n"
            for line in ("resume MODEL [FILE]", "score MODEL FILE", "sample MODEL")
        ),
        description=DESCRIPTION,
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"unrolled {__version__}")
    return parser


def _stderr():
    import sys

    return sys.stderr


# ---- numbers, in the words of someone who mistyped one


def whole(text):
    """A whole number as it was typed."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"should be a whole number, got {text!r}") from None


def number(text):
    """A number as it was typed."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"should be a number, got {text!r}") from None


# ---- the commands


def _train(p):
    p.description = DESCRIPTION
    p.epilog = (
        "The model is saved after each epoch that improved it. Ctrl-C ends the training early and\n"
        "keeps the best model so far. A page is downloaded once, into a cache folder,\n"
        "and only if you name it."
    )
    p.add_argument("text", metavar="FILE", help="a text in UTF-8: its path, or its http address")
    _parts(p)
    unit = p.add_mutually_exclusive_group()
    for name, what in (
        ("words", "predict words and punctuation marks (the default)"),
        ("characters", "predict characters: for small texts, and for scripts without spaces"),
        ("tokens", "the text is already split: its tokens stand between spaces, and each line "
         "ends a sentence"),
    ):  # fmt: skip
        names = [f"--{name}", "--chars"] if name == "characters" else [f"--{name}"]
        unit.add_argument(*names, dest="unit", action="store_const", const=name, help=what)
    p.set_defaults(unit="words")
    p.add_argument("--lower", action="store_true", help="read the text in lower case")
    p.add_argument(
        "--max-vocab", type=whole, default=10_000, metavar="V",
        help="keep the V most frequent tokens; the others are read as <unk> (default 10000)",
    )  # fmt: skip
    p.add_argument(
        "--min-count", type=whole, metavar="N",
        help="keep tokens seen at least N times (default: 2 for words, 1 otherwise)",
    )  # fmt: skip
    _sources(p)
    p.add_argument(
        "--preset", choices=sorted(PRESETS),
        help="a set of stored settings: ptb is for the Penn Treebank, whose files you supply",
    )  # fmt: skip
    for name, kind, value, what in (
        ("epochs", whole, 10, "how many times to read the text"),
        ("hidden", whole, 128, "how many numbers the state holds"),
        ("embed", whole, 64, "how many numbers stand for each token"),
        ("batch", whole, 20, "how many places of the text are read side by side"),
        ("seq-len", whole, 35, "how many steps back the gradient flows (truncated BPTT)"),
        ("lr", number, 0.003, "learning rate of Adam, to begin with"),
        ("clip", number, 1.0, "shorten gradients that are longer than this"),
        ("seed", whole, 0, "seed of the random numbers: the same seed gives the same model"),
        ("sample", whole, 60, "how many tokens to write at the end"),
        ("temperature", number, 0.8, "how boldly to write them: 0 takes the likeliest token each "
         "time, 1 draws as the model predicts"),
    ):  # fmt: skip
        p.add_argument(
            f"--{name}", type=kind, default=value, metavar=_LETTERS.get(name, "N"),
            help=f"{what} (default {value})",
        )  # fmt: skip
    p.add_argument(
        "--out", default="model.npz", metavar="MODEL",
        help="the file to save the model in (default model.npz)",
    )  # fmt: skip
    p.add_argument(
        "--html", metavar="PAGE",
        help="also write a page with curves, samples, and the model to try out, such as "
        "report.html",
    )  # fmt: skip
    _engine(p)
    p.add_argument("--force", action="store_true", help="replace files that exist already")


def _engine(p):
    p.add_argument(
        "--engine", choices=("numpy", "torch"), default="numpy",
        help="what computes the steps: this package, or PyTorch, which uses a GPU if there is one "
        "and several processes under torchrun (default numpy)",
    )  # fmt: skip


_LETTERS = {"lr": "RATE", "clip": "NORM", "temperature": "T"}


def _parts(p):
    p.add_argument(
        "--valid", metavar="FILE",
        help="the text to validate on (default: a tenth of the text, before the last tenth)",
    )  # fmt: skip
    p.add_argument(
        "--test", metavar="FILE",
        help="the text to test on (default: the last tenth of the text)",
    )  # fmt: skip


def _sources(p):
    p.add_argument("--sha256", metavar="HEX", help="the checksum that FILE must have")
    p.add_argument(
        "--cache", metavar="DIR",
        help="the folder that downloads are kept in (default: unrolled in your cache folder)",
    )  # fmt: skip
    p.add_argument(
        "--refresh", action="store_true", help="download pages again that the cache holds already"
    )


def _resume(p):
    p.description = (
        "Train a saved model for more epochs, with the options it was first trained with, and\n"
        "keep the best epoch. The optimizer starts afresh, without its running averages."
    )
    p.epilog = (
        "Without FILE the text that the model was trained on is looked for by its checksum: in\n"
        "this folder, in the model's folder, and among the downloads."
    )
    p.add_argument("model", metavar="MODEL", help="a model that train saved")
    p.add_argument("text", nargs="?", metavar="FILE", help="the text to train on")
    _parts(p)
    _sources(p)
    for name, kind, what in (
        ("epochs", whole, "how many more times to read the text (default 10)"),
        ("batch", whole, "how many places of the text are read side by side"),
        ("seq-len", whole, "how many steps back the gradient flows (truncated BPTT)"),
        ("lr", number, "learning rate of Adam (default: the one that the training ended with)"),
        ("clip", number, "shorten gradients that are longer than this"),
        ("seed", whole, "seed of the random numbers"),
        ("sample", whole, "how many tokens to write at the end"),
        ("temperature", number, "how boldly to write them"),
    ):
        p.add_argument(f"--{name}", type=kind, metavar=_LETTERS.get(name, "N"), help=what)
    p.add_argument(
        "--out", metavar="MODEL", help="the file to save the model in (default: MODEL itself)"
    )
    p.add_argument(
        "--html", metavar="PAGE",
        help="also write a page with curves, samples, and the model to try out, such as "
        "report.html",
    )  # fmt: skip
    _engine(p)
    p.add_argument("--force", action="store_true", help="replace files that exist already")


def _score(p):
    p.description = (
        "How well a saved model predicts a text: perplexity, bits per character, and the words\n"
        "that it predicts worst."
    )
    p.add_argument("model", metavar="MODEL", help="a model that train saved")
    p.add_argument("text", metavar="FILE", help="a text that the model has not been trained on")
    _sources(p)
    p.add_argument(
        "--worst", type=whole, default=12, metavar="N",
        help="how many of the worst-predicted tokens to show (default 12)",
    )  # fmt: skip


def _sample(p):
    p.description = "Let a saved model write."
    p.add_argument("model", metavar="MODEL", help="a model that train saved")
    p.add_argument(
        "--prompt", metavar="TEXT",
        help="the text to go on from (default: the beginning of a sentence)",
    )  # fmt: skip
    p.add_argument(
        "--length", type=whole, default=100, metavar="N",
        help="how many tokens to write (default 100)",
    )  # fmt: skip
    p.add_argument(
        "--temperature", type=number, default=0.8, metavar="T",
        help="how boldly to write: 0 takes the likeliest token each time, 1 draws as the model "
        "predicts, and more than 1 is more adventurous (default 0.8)",
    )  # fmt: skip
    p.add_argument("--top-k", type=whole, metavar="K", help="draw from the K likeliest tokens only")
    p.add_argument(
        "--seed", type=whole, default=0, metavar="N",
        help="another number gives another text (default 0)",
    )  # fmt: skip


_PARSERS = {"train": _train, "resume": _resume, "score": _score, "sample": _sample}
