"""Guesses: what one expected in a chapter, beside what came."""

import traitlets

from rnn_core.plots import canvas, text
from rnn_core.words import t

from ..explorable import Explorable, brief, fail
from ..guess.guess import Guess


class Asked(traitlets.TraitType):
    """A list of {id, question}, one for each guess."""

    def __init__(self):
        super().__init__([])
        self.tag(sync=True)

    def validate(self, obj, value):
        good = isinstance(value, (list, tuple)) and all(
            isinstance(v, dict) and v.keys() == {"id", "question"} for v in value
        )
        if not good:
            fail(self.name, "a list of {id, question}", brief(value), "pass the guesses themselves")
        return list(value)


class Guesses(Explorable):
    """A table of the guesses that were made with other figures, for the end of a chapter.

    Parameters
    ----------
    *guesses : Guess
        Those of the chapter, in order.
    """

    claim = t("Your guesses beside the outcomes.")

    asked = Asked()

    def __init__(self, *guesses, **traits):
        for guess in guesses:
            if not isinstance(guess, Guess):
                fail("guesses", "Guess figures", brief(guess), "pass the guesses of this notebook")
        if guesses:
            traits = {"asked": [{"id": g.ident, "question": g.question} for g in guesses], **traits}
        super().__init__(**traits)

    def summary(self):
        return t("{n} guesses, to be compared with what came.", n=len(self.asked))

    def draw(self):
        fig, ax = canvas(760, 24 * len(self.asked) + 12)
        for i, one in enumerate(self.asked):
            text(ax, 12, 20 + 24 * i, f"{i + 1}.  {one['question']}", anchor="left")
        return fig
