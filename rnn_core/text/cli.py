"""The command ``python -m rnn_core``: what it prints, what it keeps, how it fails."""

import contextlib
import hashlib
import os
import shlex
import sys
import tempfile
import textwrap

import numpy as np

from ..data.vocabulary import UNK
from ..loss import perplexity
from ..sample import sample
from . import advice
from .before import check_options, check_out, check_page, check_room
from .corpus import EOS, build_corpus, graphemes_known, join
from .fetch import decode, forget, read_bytes
from .files import reason
from .options import PROGRAM, parse
from .report import Diary, write_report
from .run import fit, held_out
from .saved import Keeper, Was
from .scoring import score
from .screen import Bar, printable, say
from .stop import Stop
from .storage import load

__all__ = [
    "COMMANDS",
    "after",
    "beginning",
    "complain",
    "fill",
    "finish",
    "main",
    "not_better",
    "read_corpus",
    "read_source",
    "resume_training",
    "sample_text",
    "score_text",
    "sizes",
    "table",
    "train_on",
    "train_text",
    "worst",
    "write",
    "write_page",
]


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
            if getattr(args, "engine", "numpy") == "torch":
                return _in_group(args, bar, stop)
            return COMMANDS[args.command](args, bar, stop)
    except KeyboardInterrupt:
        trains = args.command in ("train", "resume")
        complain("stopped, nothing was saved" if trains else "stopped")
        return after(stop) or 130
    except (ValueError, OSError, MemoryError) as error:
        complain(" ".join(str(error).split()) or type(error).__name__)
        return 2


def _in_group(args, bar, stop):
    """With PyTorch, alone or as one of the processes that torchrun started."""
    try:
        from .by_torch import joined
    except ImportError as error:
        raise ValueError(f"--engine torch cannot be had: {error}") from None
    with joined() as group:
        if group.rank == 0:
            return COMMANDS[args.command](args, bar, stop)
        bar.stream = None
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
            tempfile.TemporaryDirectory() as folder,
        ):
            args.out, args.html, args.sample = os.path.join(folder, "model.npz"), None, 0
            return COMMANDS[args.command](args, bar, stop)


def complain(line):
    """One line on standard error, with the name of the program."""
    say(f"{PROGRAM}: {printable(line)}", sys.stderr)


def after(stop):
    """The exit code after a signal; 0 if none came."""
    return 0 if stop.asked is None else 128 + stop.asked


# ---- train and resume


def train_text(args, bar, stop):
    """Read, train, measure, save, load again, write a sample."""
    check_options(args)
    path = check_out("--out", args.out, args, ".npz")
    check_page(args)
    graphemes = args.unit == "characters" and graphemes_known()
    text, corpus, texts = read_corpus(args, bar, graphemes)
    say(sizes(corpus))
    min_count = args.min_count or (2 if args.unit == "words" else 1)
    for line in advice.before(corpus, text, graphemes, args.max_vocab, min_count):
        bar.line(f"note: {line}")
    check_room(path, corpus, args.embed, args.hidden)
    keeper = Keeper(path, corpus, args, bar, {"texts": texts, "graphemes": graphemes})
    run = train_on(corpus, args, bar, stop, keeper, embed_size=args.embed, hidden_size=args.hidden)
    return finish(run, keeper, stop)


def resume_training(args, bar, stop):
    """Train a saved model further, as it was trained before."""
    model, vocab, about = load(args.model)
    was = Was(args.model, about)
    for name in ("batch", "seq_len", "lr", "clip", "seed", "sample", "temperature", "epochs"):
        if getattr(args, name) is None:
            setattr(args, name, was.option(name))
    args.unit, args.lower, args.max_vocab, args.min_count = was.unit, was.lower, len(vocab), 1
    check_options(args)
    same = args.out is None or os.path.realpath(args.out) == os.path.realpath(args.model)
    path = check_out("--out", args.out or args.model, args, ".npz", old=same)
    check_page(args)
    args.text = args.text or was.find("text", args)
    if not args.text:
        raise ValueError(
            f"the text that {args.model} was trained on is not here: name it, as in "
            f"`{PROGRAM} resume {args.model} FILE`"
        )
    known = was.is_text(args.text)
    for part in ("valid", "test"):
        if known and part in was.texts and not getattr(args, part):
            setattr(args, part, was.find(part, args))
            if not getattr(args, part):
                raise ValueError(
                    f"the {part} text that {args.model} was trained with is not here: "
                    f"name it with --{part}"
                )
    _, corpus, texts = read_corpus(args, bar, was.graphemes, vocab)
    if was.texts and not was.is_text(data=texts["text"]["sha256"]):
        bar.line("note: this is another text than the one the model was trained on")
    say(sizes(corpus))
    check_room(path, corpus, *model.embedding.W.shape[1:], model.rnn.cell.hidden_size)
    more = {"texts": texts, "graphemes": was.graphemes}
    keeper = Keeper(path, corpus, args, bar, more, was.history)
    run = train_on(corpus, args, bar, stop, keeper, model=model, first=was.best + 1)
    return finish(run, keeper, stop)


def train_on(corpus, args, bar, stop, keeper, first=1, **more):
    """`fit` with the options as they were typed, each epoch told."""
    bar.plan(args.epochs, first)
    if args.html:
        keeper.diary = Diary(corpus, args.epochs, args.seed)

    def epoch_done(epoch, seen, loss):
        bar.line(
            f"epoch {epoch}/{first + args.epochs - 1}: perplexity {seen:.1f} while training, "
            f"{perplexity(loss):.1f} on validation"
        )

    if args.engine == "torch":
        from .by_torch import TorchEngine

        more["engine"] = TorchEngine
    return fit(
        corpus, epochs=args.epochs, batch_size=args.batch, seq_len=args.seq_len, lr=args.lr,
        max_norm=args.clip, seed=args.seed, on_step=bar.step, on_epoch=epoch_done,
        on_best=keeper.keep, on_model=keeper.diary, stop=stop, first=first, **more,
    )  # fmt: skip


def finish(run, keeper, stop):
    """What is told and kept when the training is over."""
    corpus, args = keeper.corpus, keeper.args
    say(table(run, corpus.unit))
    if run.trouble:
        complain(f"the training ended early: {run.trouble}")
    if run.best == run.history[0][0]:
        complain(not_better(run, args))
        resumed = args.command == "resume" and not run.interrupted
        return after(stop) or (130 if run.interrupted else 0 if resumed else 2)
    if run.interrupted:
        keeper.bar.line("stopped; the best model so far is kept")
    path = keeper.last(run)
    model, vocab, about = load(path)
    loss = held_out(model, corpus.test)
    if loss != about["test"]["RNN"] or vocab.tokens != corpus.vocab.tokens:
        raise ValueError(f"{path} does not load to the same numbers: save to another disk")
    say(f"best on validation: epoch {run.best} of {max(run.history[-1][0], run.best)}")
    say(f"saved to {path}; loaded again: test loss {loss:.4f}, the same")
    code = 0 if not args.html or write_page(args.html, run, keeper, about) else 2
    again = f"{PROGRAM} resume {shlex.quote(str(path))} {shlex.quote(args.text)}"
    for line in advice.after(run, corpus, again):
        say("\n" + fill(printable(line)))
    stop.done()
    try:
        if args.sample:
            say("\n" + printable(write(model, vocab, corpus, args)))
    except KeyboardInterrupt:
        complain(f"stopped; the model is in {path}")
    return after(stop) or (130 if run.interrupted else code)


def write_page(path, run, keeper, about):
    """The report; True if it could be written."""
    name = keeper.args.text.rstrip("/").rsplit("/", 1)[-1]
    try:
        write_report(path, run, keeper.corpus, name, keeper.diary, about)
    except OSError as error:
        complain(f"{path} cannot be written ({reason(error)}): make room for it")
        return False
    say(f"the report is in {path}")
    return True


def not_better(run, args):
    """Why nothing was saved."""
    if run.interrupted:
        return "stopped before the model was better than at the start, nothing was saved"
    if args.command == "resume":
        return f"no epoch made the model better, so {args.model} stays as it was"
    return "no epoch made the model better, nothing was saved: try a smaller --lr"


# ---- score and sample


def score_text(args, bar, stop):
    """How well a saved model predicts a text."""
    check_options(args)
    model, vocab, about = load(args.model)
    was = Was(args.model, about)
    data = read_source(args.text, args.sha256, args, bar)
    text = decode(data, args.text)
    ids = vocab.encode(was.tokens(text))
    if len(ids) < 2:
        raise ValueError(f"{args.text} is too short: it has {len(ids)} {was.unit}, 2 are needed")
    if was.is_text(data=hashlib.sha256(data).hexdigest()):
        bar.line(
            "note: the model was trained on this very text, so the numbers say how well it "
            "remembers and not how well it predicts"
        )
    scores = score(model, ids)
    unknown = float(np.mean(ids == vocab.ids.get(UNK, -1)))
    unit = was.unit.removesuffix("s")
    say(f"{len(ids):,} {was.unit}, {unknown:.1%} <unk>; {len(text):,} characters")
    say(f"perplexity          {perplexity(scores.loss):10.2f} per {unit}")
    say(f"loss                {scores.loss:10.4f} nats per {unit}")
    say(f"                    {scores.bits_per_character(text):10.4f} bits per character")
    if was.unit != "characters":
        say(
            "(all bits over all characters; white space costs nothing here, and an unknown "
            f"{unit} only what <unk> costs)"
        )
    if args.worst:
        say("\n" + worst(scores, vocab, args.worst))
    return 0


def worst(scores, vocab, number):
    """A table of the tokens that were predicted worst."""
    rows = [f"{'predicted worst':24}{'times':>7}{'bits':>8}   most often expected instead"]
    for token, times, loss, guess in scores.worst(number):
        word, instead = (advice.visible(vocab.tokens[i]) for i in (token, guess))
        rows.append(f"{word:24}{times:7,}{loss / np.log(2):8.2f}   {instead}")
    return "\n".join(rows)


def sample_text(args, bar, stop):
    """Let a saved model write."""
    check_options(args)
    model, vocab, about = load(args.model)
    was = Was(args.model, about)
    tokens = was.tokens(args.prompt) if args.prompt else []
    tokens = tokens[:-1] if was.unit == "tokens" else tokens  # the prompt does not end a line
    unknown = [token for token in dict.fromkeys(tokens) if token not in vocab]
    if unknown:
        bar.line(f"note: the model does not know {', '.join(map(advice.visible, unknown))}")
    lead = [] if tokens else beginning(model, vocab)
    prompt = [*lead, *vocab.encode(tokens)]
    h, block = None, 200
    for start in range(0, len(prompt) - 1, block):  # all but the last, in pieces
        _, h = model.logits(np.array([prompt[start : min(start + block, len(prompt) - 1)]]), h)
    ids = sample(
        model, np.array(prompt[-1:]), args.length, np.random.default_rng(args.seed),
        args.temperature, h, args.top_k,
    )  # fmt: skip
    written = join([*tokens, *vocab.decode(ids)], was.unit)
    say(printable(written.lstrip() if lead else written))
    return 0


def beginning(model, vocab):
    """Something to go on from: what ends a sentence, or else what the model expects of itself."""
    for token in (EOS, "\n", ".", "。", "।", "؟", "?", "!"):
        if token in vocab:
            return [vocab.ids[token]]
    return [int(model.affine.b.argmax())]


def read_corpus(args, bar, graphemes, vocab=None):
    """The text, the corpus of the files or addresses that were named, and their checksums."""
    texts = {}

    def read(part, sha256=None):
        source = getattr(args, part)
        if not source:
            return None
        data = read_source(source, sha256, args, bar)
        texts[part] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        text = decode(data, source)
        return text.lower() if args.lower else text

    text, valid, test = read("text", args.sha256), read("valid"), read("test")
    try:
        corpus = build_corpus(
            text, valid, test, args.unit, args.max_vocab, args.min_count,
            graphemes=graphemes, vocab=vocab,
        )  # fmt: skip
    except ValueError:  # too short: perhaps what a server says instead of a text
        for part in texts:
            forget(getattr(args, part), args.cache)
        raise
    if len(corpus.vocab) < 2:
        raise ValueError(
            f"--min-count {args.min_count or 2} leaves no token but <unk>: choose a smaller one"
        )
    return text, corpus, texts


def read_source(source, sha256, args, bar):
    """The bytes of a path or an address."""
    return read_bytes(source, sha256, args.cache, args.refresh, bar.download(source))


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
    for key in run.test:
        cells = [f"{part[key]:8.3f}{perplexity(part[key]):12.2f}" for part in (run.valid, run.test)]
        lines.append(f"{advice.name_of(key):21}" + "".join(cells))
    return "\n".join(lines)


def write(model, vocab, corpus, args):
    """A sample that goes on from the first tokens of the test part."""
    prompt = corpus.test[:1]
    temperature, rng = args.temperature, np.random.default_rng(args.seed)
    ids = sample(model, prompt, args.sample, rng, temperature)
    return join(vocab.decode([*prompt, *ids]), corpus.unit)


def fill(line):
    """A sentence in lines of at most 90 characters."""
    return textwrap.fill(line, 90, break_long_words=False, break_on_hyphens=False)


COMMANDS = {
    "train": train_text,
    "resume": resume_training,
    "score": score_text,
    "sample": sample_text,
}
