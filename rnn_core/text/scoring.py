"""How well a saved model predicts a text, token by token."""

from dataclasses import dataclass

import numpy as np

from ..diagnostics.scoring import log_softmax
from ..shapes import as_ids, as_int, as_made, as_text

__all__ = ["Scores", "score"]


@dataclass(frozen=True)
class Scores:
    """What each token of a text cost, the first one left out: nothing comes before it.

    Attributes
    ----------
    ids : array (T - 1,)
        The tokens that came.
    losses : array (T - 1,)
        -log p of each, in nats.
    guesses : array (T - 1,)
        What the model held for the likeliest in its place.
    """

    ids: np.ndarray
    losses: np.ndarray
    guesses: np.ndarray

    @property
    def loss(self):
        """Mean loss in nats per token."""
        return float(self.losses.mean())

    def bits_per_character(self, text):
        """All bits over all characters: a measure that does not depend on what a token is."""
        return float(self.losses.sum() / np.log(2) / len(as_text("text", text)))

    def worst(self, number, least=3):
        """The tokens that were predicted worst.

        Parameters
        ----------
        number : int
            How many at most.
        least : int
            How often a token has to come: one surprise says little of it.

        Returns
        -------
        list of (id, times, mean loss in nats, the id guessed most often in its place)
            By mean loss, the largest first.
        """
        number, least = as_int("number", number), as_int("least", least)
        kinds, place, times = np.unique(self.ids, return_inverse=True, return_counts=True)
        means = np.bincount(place, self.losses) / times
        enough = np.flatnonzero(times >= min(least, times.max()))
        chosen = enough[np.argsort(-means[enough], kind="stable")[:number]]
        return [
            (int(kinds[k]), int(times[k]), float(means[k]), _commonest(self.guesses[place == k]))
            for k in chosen
        ]


def score(model, ids, block=200):
    """Read a text once, from a state of zeros to its end: its `Scores`.

    Parameters
    ----------
    model : RNNLM
    ids : array of ids (T,)
        At least two.
    block : int
        How many steps at a time; the state is carried.
    """
    as_made("model", model, "logits vocab_size", "a model, such as an RNNLM")
    block = as_int("block", block)
    ids = as_ids("ids", ids, "T", vocab_size=model.vocab_size)
    if len(ids) < 2:
        raise ValueError("ids should hold at least 2 tokens, got 1: nothing comes before it")
    losses, guesses, h = [], [], None
    for start in range(0, len(ids) - 1, block):
        piece = ids[start : start + block + 1]
        logits, h = model.logits(piece[None, :-1], h)
        log_p = log_softmax(logits[0].astype(np.float64))
        losses.append(-log_p[np.arange(len(log_p)), piece[1:]])
        guesses.append(log_p.argmax(axis=1))
    return Scores(ids[1:], np.concatenate(losses), np.concatenate(guesses))


def _commonest(ids):
    kinds, times = np.unique(ids, return_counts=True)
    return int(kinds[times.argmax()])
