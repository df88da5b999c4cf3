"""Tasks made to order: what is asked, how well it can be done and how well without memory."""

import math
from dataclasses import dataclass

import numpy as np

from ..shapes import as_int, as_rng, check_room

__all__ = ["Recall"]


@dataclass(frozen=True)
class Recall:
    """See a cue, wait, name the cue.

    A window is `span` steps long: the cue, span - 2 blanks, and a question.  The target at the
    question is the cue; no other step has a target that counts.  Between two windows lie some
    more blanks, of random number, so that a window can begin anywhere in a block.

    Parameters
    ----------
    cues : int
        How many cues there are, all equally likely.
    span : int
        Steps from the cue to the question, both counted: what a block must hold if the gradient
        of the answer is to reach the cue.
    """

    cues: int = 4
    span: int = 8

    def __post_init__(self):
        as_int("cues", self.cues, least=2)
        as_int("span", self.span, least=2)

    @property
    def blank(self):
        """The id of a blank; cues are 0 .. cues - 1."""
        return self.cues

    @property
    def question(self):
        """The id that asks for the cue."""
        return self.cues + 1

    @property
    def vocab_size(self):
        return self.cues + 2

    @property
    def best_loss(self):
        """0 nats: who remembers the cue is never wrong."""
        return 0.0

    @property
    def chance_loss(self):
        """log(cues) nats: the least loss of a reader who forgot the cue, by guessing evenly."""
        return math.log(self.cues)

    def stream(self, batch_size, seq_len, rng):
        """Windows one after the other, in `batch_size` rows that know nothing of each other.

        Returns
        -------
        ids, targets : arrays of ids (N, T)
        mask : bool array (N, T)
            True at each question whose cue is in the row; elsewhere the target is a blank.

        Raises
        ------
        ValueError
            If a row cannot hold one window wherever it begins: 2 span - 1 steps.
        """
        N, T = as_int("batch_size", batch_size), as_int("seq_len", seq_len)
        rng = as_rng(rng)
        check_room(batch_size=N, seq_len=T)
        if T < 2 * self.span - 1:
            raise ValueError(
                f"seq_len should be at least 2 span - 1 = {2 * self.span - 1}, got {T}: "
                f"each row needs room for a window"
            )
        ids, targets = np.full((2, N, T), self.blank)
        for i in range(N):
            start = int(rng.integers(self.span))  # blanks before the first window: 0 .. span - 1
            while start + self.span <= T:
                end = start + self.span - 1
                ids[i, start] = targets[i, end] = rng.integers(self.cues)
                ids[i, end] = self.question
                start = end + 1 + int(rng.integers(self.span))
        return ids, targets, ids == self.question
