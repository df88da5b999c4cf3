"""A language model of any text, from the file to the sample: ``python -m rnn_core FILE``."""

import time
from dataclasses import dataclass, field

import numpy as np

from ..data.batches import stream_batches
from ..data.ngram import KneserNey, Unigram
from ..model import RNNLM
from ..optim import Adam
from ..shapes import as_int
from ..train import evaluate, train
from .corpus import Corpus


@dataclass
class Run:
    """What `fit` gives back.

    Attributes
    ----------
    model : RNNLM
        With the weights that did best on the validation part.
    valid, test : dict
        From each model's name to its loss in nats per token: ``"uniform"``, ``"unigram"``,
        ``"bigram"`` (Kneser-Ney), ``"RNN"``.
    history : list of (epoch, training perplexity, validation loss)
        Epochs that were read to their end; epoch 0 is the model before training (then None).
    interrupted : bool
        True if Ctrl-C ended the training.
    """

    model: RNNLM
    valid: dict
    test: dict
    history: list = field(default_factory=list)
    interrupted: bool = False


def fit(
    corpus: Corpus, *, epochs=10, embed_size=64, hidden_size=128, batch_size=20, seq_len=35,
    lr=0.003, max_norm=1.0, seed=0, dtype=np.float32, on_step=None, on_epoch=None,
):  # fmt: skip
    """Train an RNN language model on a corpus and measure it beside the models that count.

    After each epoch the validation part decides: if the loss fell, these weights are kept; if not,
    the learning rate is halved.  The test part is read once, at the end.  Ctrl-C (in a notebook:
    interrupt) ends the training early and keeps the best weights so far.

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

    Returns
    -------
    Run
    """
    as_int("epochs", epochs)
    rng = np.random.default_rng(as_int("seed", seed, least=0))
    model = RNNLM.init(len(corpus.vocab), embed_size, hidden_size, rng, dtype)
    blocks = list(stream_batches(corpus.train, *_fitting(len(corpus.train), batch_size, seq_len)))
    run = Run(model, _baselines(corpus, corpus.valid), _baselines(corpus, corpus.test))
    best = Best(model, corpus.valid)
    run.history.append((0, None, best.loss))
    optimizer = Adam(lr)

    def step_done(step, loss):
        if on_step is not None:
            on_step(step, len(blocks), loss)

    try:
        for epoch in range(1, epochs + 1):
            fresh = train(model, blocks, optimizer, max_norm=max_norm, on_step=step_done)
            loss, better = best.consider()
            run.history.append((epoch, fresh["perplexity"][0], loss))
            if on_epoch is not None:
                on_epoch(*run.history[-1])
            if not better:
                optimizer.lr /= 2
    except KeyboardInterrupt:
        run.interrupted = True
        best.consider()
    best.restore()
    run.valid["RNN"], run.test["RNN"] = best.loss, held_out(model, corpus.test)
    return run


class Best:
    """The weights that did best on a text so far."""

    def __init__(self, model, ids):
        self.model, self.ids, self.loss = model, ids, np.inf
        self.consider()

    def consider(self):
        """The model's loss now, and whether it is the best so far; if so, its weights are kept."""
        loss = held_out(self.model, self.ids)
        better = loss < self.loss
        if better:
            self.loss = loss
            self.params = {name: p.copy() for name, p in self.model.params.items()}
        return loss, better

    def restore(self):
        """Put the best weights back into the model."""
        for name, p in self.model.params.items():
            p[...] = self.params[name]


def held_out(model, ids):
    """Loss in nats per token on a text read once, from a state of zeros to its end."""
    return evaluate(model, stream_batches(ids, 1, min(200, len(ids) - 1)))


def _baselines(corpus, ids):
    V = len(corpus.vocab)
    return {
        "uniform": float(np.log(V)),
        "unigram": Unigram(corpus.train, V).loss(ids),
        "bigram": KneserNey(corpus.train, V).loss(ids),
    }


def _fitting(tokens, batch_size, seq_len):
    """A smaller batch for a short text, so that an epoch has 20 updates; a block that fits."""
    N, T = as_int("batch_size", batch_size), as_int("seq_len", seq_len)
    N = max(1, min(N, (tokens - 1) // (20 * T)))
    return N, min(T, (tokens - 1) // N)


class Bar:
    """A progress bar on one line of a terminal; on anything else it is silent."""

    def __init__(self, stream, width=24):
        self.stream, self.width = stream, width
        self.live = bool(getattr(stream, "isatty", lambda: False)())
        self.start, self.drawn, self.loss = time.monotonic(), -np.inf, None

    def step(self, step, steps, loss):
        """After `step` of the `steps` of this epoch (it starts again with each)."""
        self.loss = loss if self.loss is None else 0.98 * self.loss + 0.02 * loss
        now = time.monotonic()
        if not self.live or (step < steps and now - self.drawn < 0.1):
            return
        self.drawn = now
        full = self.width * step // steps
        self.stream.write(
            f"\r[{'#' * full}{'.' * (self.width - full)}] {step}/{steps}  "
            f"loss {self.loss:.3f}  {now - self.start:.0f} s\x1b[K"
        )
        self.stream.flush()

    def line(self, text):
        """Write a line in place of the bar."""
        self.stream.write(("\r\x1b[K" if self.live else "") + text + "\n")
        self.stream.flush()
