"""Perplexity: the words that came, grouped into batches, and every way to average them."""

from itertools import pairwise

import numpy as np
import traitlets

from rnn_core.diagnostics.scoring import readings
from rnn_core.plots import canvas
from rnn_core.plots.perplexity import batch_rows, sizes, slip_rows, words
from rnn_core.plots.perplexity import brief as brief_number
from rnn_core.words import t

from ..explorable import Choice, Explorable, Numbers, Whole, brief, fail, numbers

UNITS = {"e": "nats", "2": "bits", "10": "decimal digits"}


class Perplexity(Explorable):
    """Rows of words: the probability each was given, how many there are, where a batch ends.

    Parameters
    ----------
    probs : list
        For each row the probability, from 0.001 to 1, of the words that came.
    counts : list, optional
        How many words the row stands for, 1 to 1000.
    cuts : list of 0 and 1, optional
        1 where a batch ends after the row; one entry fewer than rows.
    base : "e", "2" or "10"
        Of the logarithm and of the power.
    row : int
        The row that the controls move, from 1.
    **state
        What every ipywidget takes, such as `layout`.
    """

    claim = (
        "Add up the loss of every word, divide once by the number of words, raise the base: only "
        "this gives one number for all batches and all bases. Each slip gives a number of its own."
    )
    shows = (
        "Above, the probabilities of the words that came, in batches: press a row, drag its end. "
        "Below, the perplexity that each way to average makes of them, on a logarithmic axis."
    )

    probs = Numbers(1)
    counts = Numbers(1)
    cuts = Numbers(1)
    base = Choice("e", tuple(UNITS))
    row = Whole(1, low=1)

    def __init__(self, probs=(0.8, 0.2), counts=None, cuts=None, *, base="e", row=1, **state):
        probs = numbers("probs", [probs] if np.isscalar(probs) else probs, 1)
        counts = np.ones(len(probs)) if counts is None else counts
        cuts = np.ones(max(0, len(probs) - 1)) if cuts is None else cuts
        super().__init__(probs=probs, counts=counts, cuts=cuts, base=base, row=row, **state)

    @traitlets.validate("probs", "counts", "cuts", "row")
    def _together(self, proposal):
        state = {**self.state(), proposal.trait.name: proposal.value}
        probs, counts, cuts = (np.array(state[name]) for name in ("probs", "counts", "cuts"))
        if not 1 <= len(probs) <= 12 or not ((probs >= 0.001) & (probs <= 1)).all():
            why = "a word that came with probability 0 makes the perplexity infinite"
            fail("probs", "1 to 12 probabilities from 0.001 to 1", brief(state["probs"]), why)
        if len(counts) != len(probs) or not all(1 <= n <= 1000 and n == int(n) for n in counts):
            should = f"{len(probs)} whole numbers from 1 to 1000"
            why = "each row stands for a whole number of words"
            fail("counts", should, brief(state["counts"]), why)
        if len(cuts) != len(probs) - 1 or not np.isin(cuts, (0, 1)).all():
            why = "a batch ends, or not, after each row but the last"
            fail("cuts", f"{len(probs) - 1} numbers, each 0 or 1", brief(state["cuts"]), why)
        if state["row"] > len(probs):
            fail("row", f"at most {len(probs)}", state["row"], "there is no such row")
        return proposal.value

    def batches(self):
        """For each batch the probabilities of its words, one by one."""
        words = [np.full(int(n), p) for p, n in zip(self.probs, self.counts, strict=True)]
        starts = [0, *(np.flatnonzero(self.cuts) + 1), len(words)]
        return [np.concatenate(words[a:b]) for a, b in pairwise(starts)]

    def readings(self):
        """The right value and every slip's."""
        return {name: float(value) for name, value in readings(self.batches()).items()}

    def summary(self):
        values, batches = self.readings(), len(self.batches())
        loss = np.log(values["right"]) / np.log({"e": np.e, "2": 2, "10": 10}[self.base])
        said = t(
            "{words} in {batches}: perplexity {right}, from {loss} {unit} per word; the mean of "
            "the batches' perplexities would be {naive}.",
            words=words(sum(self.counts)),
            batches=t("1 batch") if batches == 1 else t("{n} batches", n=batches),
            right=brief_number(values["right"]),
            loss=f"{abs(loss):.3f}",
            unit=t(UNITS[self.base]),
            naive=brief_number(values["mean of batch perplexities"]),
        )
        certain = all(p == 1 for p in self.probs)
        return f"{said} {t('Every word had probability 1: all rows agree.')}" if certain else said

    def draw(self):
        fig, ax = canvas(640, sizes(len(self.probs))["height"])
        batch_rows(ax, self.probs, self.counts, self.cuts)
        slip_rows(ax, self.readings(), top=sizes(len(self.probs))["slips"])
        return fig
