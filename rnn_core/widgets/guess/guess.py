"""Guess: a prediction that one commits to before the outcome is shown."""

import zlib

import numpy as np
import traitlets

from rnn_core.plots import canvas, text
from rnn_core.words import t

from ..explorable import Choice, Explorable, Flag, Numbers, Real, brief, fail

COINS = "Two fair coins are tossed. How many heads are the most likely?"  # for want of another
KINDS = ("choice", "number", "order", "curve")


class Word(traitlets.Unicode):
    """A str."""

    def __init__(self, default=""):
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj, value):
        if not isinstance(value, str):
            fail(self.name, "a str", brief(value), "it is shown to the reader")
        return value


class Plain(traitlets.TraitType):
    """Whatever JSON can hold; `check` of the figure says what it must be."""

    def __init__(self, default=None):
        super().__init__(default, allow_none=True)
        self.tag(sync=True)


class Guess(Explorable):
    """A question to answer before the cell that answers it is run.

    Make one with `Guess.choice`, `Guess.number`, `Guess.order` or `Guess.curve`, show it, and
    let the cell that computes the outcome end with ``guess.answer(outcome)``.  On the built page
    the outcome stays folded until the reader commits.

    Each takes ``mistakes``: a list of (name, at, words), where `at` is an outcome that somebody
    with that idea in mind would expect, in the same form as the guess itself.
    """

    claim = t("Commit to a guess, then see what comes out.")

    kind = Choice("choice", KINDS)
    question = Word()
    options = Plain([])
    several = Flag(False)
    low = Real(0.0)
    high = Real(1.0)
    scale = Choice("linear", ("linear", "log"))
    unit = Word()
    xs = Numbers(1)
    x_label = Word()
    y_label = Word()
    within = Real(0.05, low=0, high=1)
    mistakes = Plain([])
    ident = Word()
    guess = Plain()
    truth = Plain()

    @classmethod
    def choice(cls, question, options, several=False, mistakes=()):
        """One of the options, or with `several` any number of them.

        The outcome is one of the options, or a list of them.
        """
        return cls(
            kind="choice", question=question, options=options, several=several, mistakes=mistakes
        )

    @classmethod
    def number(cls, question, low, high, log=False, unit="", within=0.05, mistakes=()):
        """A number from `low` to `high`, on a logarithmic scale if `log`.

        It counts as right within `within` of the scale's length.
        """
        return cls(
            kind="number", question=question, low=low, high=high, scale=_scale(log),
            unit=unit, within=within, mistakes=mistakes,
        )  # fmt: skip

    @classmethod
    def order(cls, question, options, mistakes=()):
        """All the options, put in order.  The outcome is a list of them."""
        return cls(kind="order", question=question, options=options, mistakes=mistakes)

    @classmethod
    def curve(
        cls, question, xs, low, high, log=False, x_label="", y_label="", within=0.08, mistakes=()
    ):
        """A curve drawn by hand over the places `xs`, between `low` and `high`.

        The outcome is an array of as many values, or a pair of arrays (xs, ys) of its own.  The
        guess counts as right if it is off by at most `within` of the axis on average.
        """
        return cls(
            kind="curve", question=question, xs=xs, low=low, high=high, scale=_scale(log),
            x_label=x_label, y_label=y_label, within=within, mistakes=mistakes,
        )  # fmt: skip

    def __init__(
        self, kind="choice", question=COINS, mistakes=(), truth=None, guess=None, **traits
    ):
        if question == COINS:
            traits = {"options": ["0", "1", "2"], **traits}
        if not isinstance(question, str) or not question.strip():
            fail("question", "a sentence", brief(question), "it is what the reader is asked")
        # the same for the same question on every machine: a browser keeps the guess by it
        traits["ident"] = f"{zlib.crc32(question.encode()):08x}"
        super().__init__(kind=kind, question=question, **traits)
        if kind in ("choice", "order"):
            self.options = self._words(self.options)
        elif not self.low < self.high or (self.scale == "log" and self.low <= 0):
            should = "above 0 and below `high`" if self.scale == "log" else "below `high`"
            fail("low", should, f"{self.low:g} with high {self.high:g}", "they span the scale")
        if kind == "curve" and (len(self.xs) < 3 or not (np.diff(self.xs) > 0).all()):
            should = "at least 3 places in rising order"
            fail("xs", should, brief(self.xs), "a curve runs over them")
        self.mistakes = [self._mistake(m) for m in mistakes]
        self.truth = truth
        self.guess = guess

    def answer(self, truth):
        """The outcome, straight from the cell that computed it; the figure then shows it.

        Raises
        ------
        ValueError
            If it is not something that one could have guessed.
        """
        self.truth = self._at("truth", truth)

    # ---- what may be guessed, in the form that the page reads

    def _words(self, options):
        good = isinstance(options, (list, tuple)) and all(isinstance(o, str) for o in options)
        if not good or len(set(options)) != len(options) or len(options) < 2:
            fail("options", "at least two different str", brief(options), "there must be a choice")
        return list(options)

    def _mistake(self, mistake):
        if isinstance(mistake, dict):  # one that is in this form already: a figure made again
            return dict(mistake)
        try:
            name, at, words = mistake
        except (TypeError, ValueError):
            fail("mistakes", "(name, outcome, words) each", brief(mistake), "that is one mistake")
        return {"name": str(name), "at": self._at("mistakes", at), "words": str(words)}

    def _at(self, name, value):
        """`value` as plain JSON: indices of options, a number, or the two arrays of a curve."""
        if self.kind == "choice" and not self.several:
            return self._index(name, value)
        if self.kind == "choice":
            return sorted(self._index(name, v) for v in self._listed(name, value))
        if self.kind == "order":
            order = [self._index(name, v) for v in self._listed(name, value)]
            if sorted(order) != list(range(len(self.options))):
                fail(name, "every option once", brief(value), "an order leaves none out")
            return order
        if self.kind == "number":
            return float(self._finite(name, value, ()))
        xs, ys = value if isinstance(value, tuple) and len(value) == 2 else (self.xs, value)
        xs = self._finite(name, xs, (None,))
        ys = self._finite(name, ys, xs.shape)
        return {"xs": xs.tolist(), "ys": ys.tolist()}

    def _index(self, name, value):
        if value not in self.options:
            should = f"one of {', '.join(map(repr, self.options))}"
            fail(name, should, brief(value), "one cannot guess what is not among them")
        return self.options.index(value)

    def _listed(self, name, value):
        if isinstance(value, (list, tuple, set, frozenset)):
            return list(value)
        return fail(name, "a list of options", brief(value), "put even a single one in a list")

    def _finite(self, name, value, shape):
        try:
            array = np.array(value, dtype=None if isinstance(value, str) else np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        fits = (
            array.dtype.kind == "f"
            and array.ndim == len(shape)
            and all(want in (None, n) for want, n in zip(shape, array.shape, strict=True))
        )
        if not fits or not np.isfinite(array).all():
            what = "a finite number" if shape == () else "finite numbers, one for each place"
            fail(name, what, brief(value), "it is drawn beside the guess")
        return array

    # ---- in words, and on paper

    def shown(self, at):
        """A guess or an outcome in words."""
        if self.kind == "choice" and not self.several:
            return self.options[at]
        if self.kind in ("choice", "order"):
            return "; ".join(self.options[i] for i in at) or t("none of them")
        if self.kind == "number":
            return f"{at:.3g}{' ' * bool(self.unit)}{self.unit}"
        return t("from {first:.3g} to {last:.3g}", first=at["ys"][0], last=at["ys"][-1])

    def summary(self):
        if self.kind in ("choice", "order"):
            how = {"choice": t("choose"), "order": t("put in order")}[self.kind]
            ask = f"{how}: {', '.join(self.options)}."
        else:
            where = f"{self.low:g} to {self.high:g}{' ' * bool(self.unit)}{self.unit}"
            ask = t("a curve from {where}.", where=where) if self.kind == "curve" else where + "."
        return f"{self.question} ({ask})"

    def draw(self):
        if self.kind == "curve":
            fig, _ = canvas(640, 260)
            ax = fig.add_axes((0.1, 0.2, 0.86, 0.7))
            ax.set_xlim(self.xs[0], self.xs[-1])
            ax.set_ylim(self.low, self.high)
            if self.scale == "log":
                ax.set_yscale("log")
            ax.set_xlabel(self.x_label)
            ax.set_title(self.y_label, loc="left", fontsize=10)
            return fig
        words = self.options or [f"{self.low:g}", "…", f"{self.high:g} {self.unit}".strip()]
        fig, ax = canvas(640, 24 * len(words) + 12)
        for i, word in enumerate(words):
            text(ax, 12, 20 + 24 * i, f"○  {word}", anchor="left")
        return fig


def _scale(log):
    return "log" if log else "linear"
