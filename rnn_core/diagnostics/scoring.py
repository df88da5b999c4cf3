"""How good a language model is: its perplexity on a text, and how far it is from a known truth."""

from collections.abc import Iterable, Mapping

import numpy as np

from ..data.grammar import entropy
from ..loss import perplexity
from ..shapes import as_array, as_ids, as_int, as_made, as_mask, as_numpy, as_positive

__all__ = ["StreamingPerplexity", "excess_loss", "log_softmax", "readings", "token_log_probs"]


def log_softmax(logits):
    """log p over the last axis, without ever taking the logarithm of 0: z - log sum exp z."""
    z = as_array("logits", logits, "... V", real=True)
    z = z.astype(np.promote_types(z.dtype, np.float32), copy=False)  # float16 cannot hold the sum
    with np.errstate(over="ignore"):  # a difference beyond the range is a probability of 0
        z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def token_log_probs(logits, targets):
    """log p (N, T) of the tokens that came; logits (N, T, V), targets (N, T) of ids."""
    log_p = log_softmax(logits)
    targets = as_ids("targets", targets, "...", vocab_size=log_p.shape[-1])
    if targets.shape != log_p.shape[:-1]:
        raise ValueError(
            f"targets should have shape {log_p.shape[:-1]}, as the logits without their last "
            f"axis, got {targets.shape}: give one target for each step"
        )
    return np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]


class StreamingPerplexity:
    """Perplexity of a text that comes in pieces, however it is cut.

    It keeps two numbers, the sum of -log p and the count of tokens, and divides once, at the end:
    so neither the size of the pieces nor their order matters.
    """

    def __init__(self):
        self.total, self.tokens = 0.0, 0

    def add(self, log_probs, mask=None):
        """One piece: the natural logarithms of the probabilities given to the words that came.

        Parameters
        ----------
        log_probs : array, any shape
            0 or below; -infinity where a word came that had probability 0.
        mask : array of 0 and 1, same shape, optional
            1 where a token counts.

        Returns
        -------
        the meter itself

        Raises
        ------
        ValueError
            Before anything is added: for NaN or a logarithm above 0, or a mask that counts none.
        """
        log_probs = as_numpy("log_probs", log_probs, "...")
        if log_probs.dtype.kind not in "iuf" and log_probs.size > 0:
            raise ValueError(
                f"log_probs should hold real numbers, got {log_probs.dtype.name}: pass log p"
            )
        log_probs = log_probs.astype(np.float64)
        if log_probs.size == 0 or not (log_probs <= 0).all():
            raise ValueError(
                f"log_probs should be logarithms of probabilities, 0 or below, got "
                f"{'none' if log_probs.size == 0 else log_probs.max()}: "
                f"pass log p, not p and not the loss -log p"
            )
        if mask is not None:
            log_probs = log_probs[as_mask("mask", mask, log_probs.shape)]
        self.total -= log_probs.sum()
        self.tokens += log_probs.size
        return self

    def add_mean(self, loss, tokens):
        """One piece of which only the mean loss, in nats per token, and the size are known."""
        loss = as_positive("loss", loss, zero=True)
        tokens = as_int("tokens", tokens)
        self.total += loss * tokens  # back to a sum: means cannot be averaged
        self.tokens += tokens
        return self

    @property
    def loss(self):
        """Nats per token, over everything that was added."""
        if self.tokens == 0:
            raise ValueError("the meter should have read at least one token, got none: add a piece")
        return float(self.total / self.tokens)

    @property
    def value(self):
        """exp of the loss, at least 1."""
        return perplexity(self.loss)

    def __repr__(self):
        return f"StreamingPerplexity over {self.tokens} tokens"


def readings(batches):
    """The perplexity of a text in batches, and what seven common slips make of it.

    Parameters
    ----------
    batches : list of arrays
        For each batch the probabilities, above 0, that were given to the tokens that came.

    Returns
    -------
    dict
        ``"right"`` first.  The slips differ from it, and in general from each other: that is how
        a wrong number can be told.
    """
    if not isinstance(batches, Iterable) or isinstance(batches, (str, bytes, type, Mapping)):
        raise ValueError(
            f"batches should be a list of arrays, got {batches!r:.60}: pass one for each batch"
        )
    batches = [as_array("batches", p, "T", real=True).astype(float) for p in batches]
    if not batches or any((p <= 0).any() or (p > 1).any() for p in batches):
        raise ValueError(
            "batches should hold probabilities above 0, at most 1, got "
            f"{'others' if batches else 'none'}: pass p and not log p"
        )
    losses = [-np.log(p) for p in batches]  # nats, for each token
    every, means = np.concatenate(losses), np.array([loss.mean() for loss in losses])
    with np.errstate(over="ignore", divide="ignore"):
        return {
            "right": np.exp(every.mean()),
            "mean of batch perplexities": np.exp(means).mean(),
            "exp of the mean of batch losses": np.exp(means.mean()),
            "1 / mean probability": 1 / np.exp(-every).mean(),
            "2 to the nats": 2 ** every.mean(),
            "e to the bits": np.exp(every.mean() / np.log(2)),
            "exp of the summed loss": np.exp(every.sum()),
            "minus sign lost": np.exp(-every.mean()),
        }


def excess_loss(model, grammar, ids):
    """How far the model's predictions are from the truth, in nats per symbol.

    sum_v p(v) (log p(v) - log q(v)) after each symbol, with p the truth and q
    the model: what the model loses beyond the least possible loss, averaged
    over what may come and not only over what came.  So it is 0 or more, and
    a short text measures it well.

    Parameters
    ----------
    model : RNNLM
        It starts from a state of zeros.
    grammar : Grammar
    ids : array of ids (N, T)
        Streams from the start of a string.
    """
    as_made("model", model, "logits", "a model, such as an RNNLM")
    as_made("grammar", grammar, "vocab predict", "a Grammar, such as reber()")
    if getattr(model, "vocab_size", len(grammar.vocab)) != len(grammar.vocab):
        raise ValueError(
            f"model should know the grammar's V={len(grammar.vocab)} symbols, got "
            f"{model.vocab_size}: make it for this grammar"
        )
    ids = as_ids("ids", ids, "N T", vocab_size=len(grammar.vocab))
    p = np.stack([grammar.predict(row) for row in ids])  # (N, T, V)
    log_q = log_softmax(model.logits(ids)[0])
    lost = p * np.where(p > 0, log_q, 0)  # what cannot come costs nothing
    return float(np.mean(-np.sum(lost, axis=-1) - entropy(p)))
