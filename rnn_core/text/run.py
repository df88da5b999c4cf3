"""A language model of any text, from the corpus to the measured model."""

import contextlib
from dataclasses import dataclass, field

import numpy as np

from ..data.batches import stream_batches
from ..data.ngram import KneserNey, Unigram, choose_order
from ..model import RNNLM
from ..optim import Adam
from ..shapes import as_int
from ..train import evaluate, train
from .corpus import Corpus
from .stop import Stop

__all__ = ["ORDERS", "Engine", "Run", "counting", "fit", "held_out"]

ORDERS = range(2, 9)  # of the models that count; what lies farther back no short text repeats


@dataclass
class Run:
    """What `fit` gives back.

    Attributes
    ----------
    model : RNNLM
        With the weights that did best on the validation part.
    valid, test : dict
        From each model's name to its loss in nats per token: ``"uniform"``, ``"unigram"``,
        ``"bigram"`` (Kneser-Ney), such as ``"5-gram"`` where a higher order does better, ``"RNN"``.
    history : list of (epoch, training perplexity, validation loss)
        Epochs that were read to their end; epoch 0 is the model before training (then None).
    best : int
        The epoch whose weights were kept; one that was broken off counts, too.
    lr : float
        The learning rate at the end: it is halved after each epoch that made nothing better.
    interrupted : bool
        True if a signal such as Ctrl-C ended the training.
    trouble : str or None
        Why the training ended by itself before its last epoch, such as a loss that was no longer
        finite.
    """

    model: RNNLM
    valid: dict
    test: dict
    history: list = field(default_factory=list)
    best: int = 0
    lr: float = 0.0
    interrupted: bool = False
    trouble: str | None = None


class Engine:
    """How the weights are moved and measured: here with `rnn_core.train` and `Adam`.

    Another engine has these methods too, and leaves its weights in ``model.params`` when `loss` or
    `weights` is called.

    Parameters
    ----------
    model : RNNLM
    blocks : list of (inputs, targets)
        Arrays of ids (N, T), in the order of the text.
    lr, max_norm : float
    """

    def __init__(self, model, blocks, lr, max_norm):
        self.model, self.blocks, self.max_norm = model, blocks, max_norm
        self.optimizer = Adam(lr)

    def epoch(self, on_step):
        """Read the text once; `on_step(step, loss)` after each update.  Its perplexity."""
        history = train(
            self.model, self.blocks, self.optimizer, max_norm=self.max_norm, on_step=on_step
        )
        return history["perplexity"][0]

    def loss(self, ids):
        """The model's loss now, on a text read once from a state of zeros."""
        return held_out(self.model, ids)

    def weights(self):
        """A copy of the weights now."""
        return {name: p.copy() for name, p in self.model.params.items()}

    @property
    def lr(self):
        return self.optimizer.lr

    def halve(self):
        """Halve the learning rate."""
        self.optimizer.lr /= 2


def fit(
    corpus: Corpus, *, epochs=10, embed_size=64, hidden_size=128, batch_size=20, seq_len=35,
    lr=0.003, max_norm=1.0, seed=0, dtype=np.float32, on_step=None, on_epoch=None, on_best=None,
    on_model=None, model=None, first=1, stop=None, engine=Engine,
):  # fmt: skip
    """Train an RNN language model on a corpus and measure it beside the models that count.

    After each epoch the validation part decides: if the loss fell, these weights are kept; if not,
    the learning rate is halved.  The test part is read once, at the end.  Ctrl-C (in a notebook:
    interrupt) ends the training early and keeps the best weights so far: the epoch that was broken
    off is measured, too.  So do the other signals that ask a process to end, and a signal that
    comes while the model is being measured waits.

    Parameters
    ----------
    corpus : Corpus
    epochs, embed_size, hidden_size, batch_size, seq_len : int
        For a short text the batch is made smaller: many small steps instead of a few large ones.
    lr, max_norm : float
        Of Adam, and of the gradient's clipping.
    seed : int
    dtype : type
    on_step : callable, optional
        ``on_step(step, steps, loss)`` after each update, with the number of steps of an epoch.
    on_epoch : callable, optional
        ``on_epoch(epoch, training perplexity, validation loss)``.
    on_best : callable, optional
        ``on_best(run)`` each time the weights are better than all before: `run` holds them, and
        has no test loss of the RNN yet.
    on_model : callable, optional
        ``on_model(epoch, model)`` before the first epoch and after each that was read to its end.
    model : RNNLM, optional
        Train this one further, in place; it has to know the corpus's vocabulary.
    first : int
        The number of the first epoch.
    stop : Stop, optional
        The caller's guard against signals; without it `fit` has one of its own.
    engine : type
        What moves the weights: see `Engine`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If an argument makes no sense, or the loss is no longer finite before the model has become
        better at all.
    """
    as_int("epochs", epochs)
    rng = np.random.default_rng(as_int("seed", seed, least=0))
    if model is None:
        model = RNNLM.init(len(corpus.vocab), embed_size, hidden_size, rng, dtype)
        model.affine.W *= 0.1  # scores that say little yet: the first loss is ln V
    blocks = list(stream_batches(corpus.train, *_fitting(len(corpus.train), batch_size, seq_len)))
    worker = engine(model, blocks, lr, max_norm)
    with contextlib.nullcontext(stop) if stop else Stop() as stop:
        valid, test = counting(corpus)
        run = Run(model, {**valid, "RNN": worker.loss(corpus.valid)}, test, lr=worker.lr)
        run.history.append((first - 1, None, run.valid["RNN"]))
        kept, run.best = worker.weights(), first - 1

        def consider(epoch):
            """Measure the weights, and keep them if they are the best so far; else go slower."""
            nonlocal kept
            loss = worker.loss(corpus.valid)
            if loss < run.valid["RNN"]:
                run.valid["RNN"], run.best, kept = loss, epoch, worker.weights()
                if on_best is not None:
                    on_best(run)
            elif not run.interrupted:
                worker.halve()
                run.lr = worker.lr
            return loss

        def step_done(step, loss):
            if on_step is not None:
                on_step(step, len(blocks), loss)
            stop.check()

        if on_model is not None:
            on_model(first - 1, model)
        stop.wait()
        for epoch in range(first, first + epochs):
            try:
                try:
                    seen = worker.epoch(step_done)
                except KeyboardInterrupt:
                    run.interrupted = True
                loss = consider(epoch)
            except (ValueError, MemoryError) as error:  # a loss or a weight that is not finite
                if run.best < first and not run.interrupted:
                    raise
                run.trouble = str(error) or type(error).__name__
            if run.interrupted or run.trouble:
                break
            run.history.append((epoch, seen, loss))
            if on_epoch is not None:
                on_epoch(*run.history[-1])
            if on_model is not None:
                on_model(epoch, model)
            if stop.asked is not None:
                run.interrupted = True
                break
        for name, p in model.params.items():
            p[...] = kept[name]
        run.test["RNN"] = held_out(model, corpus.test)
    return run


def held_out(model, ids):
    """Loss in nats per token on a text read once, from a state of zeros to its end."""
    return evaluate(model, stream_batches(ids, 1, min(200, len(ids) - 1)))


def counting(corpus):
    """The losses of the models that count, on the validation and on the test part.

    Of the Kneser-Ney models of order 2 to 8 the one that does best on the validation part is
    measured beside the bigram; the RNN, too, was chosen by that part.
    """
    V, losses = len(corpus.vocab), ({}, {})
    best, _ = choose_order(corpus.train, corpus.valid, V, orders=ORDERS)
    models = {"unigram": Unigram(corpus.train, V), "bigram": KneserNey(corpus.train, V)}
    if best.order > 2:
        models[f"{best.order}-gram"] = best
    for part, ids in zip(losses, (corpus.valid, corpus.test), strict=True):
        part["uniform"] = float(np.log(V))
        part.update({name: model.loss(ids) for name, model in models.items()})
    return losses


def _fitting(tokens, batch_size, seq_len):
    """A smaller batch for a short text, so that an epoch has 20 updates; a block that fits."""
    N, T = as_int("batch_size", batch_size), as_int("seq_len", seq_len)
    N = max(1, min(N, (tokens - 1) // (20 * T)))
    return N, min(T, (tokens - 1) // N)
