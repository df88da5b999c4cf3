"""Learn: a network that trains in the page, beside the floors that its data have."""

from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np
import traitlets

from rnn_core.data.grammar import forget_outer
from rnn_core.data.ngram import Bigram
from rnn_core.data.tasks import Recall
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.model import RNNLM
from rnn_core.plots.style import PALETTE
from rnn_core.words import t

from ..explorable import Choice, Explorable, Flag, Real, Whole, brief, fail
from .runs import GRAMMARS, Run, model_of

KINDS = ("toy", "reber", "embedded", "recall", "text")
# what a run begins with, and how many updates the still shows
DEFAULTS = {
    "toy": {"hidden": 8, "column": 1, "k": 3, "lr": 0.02, "updates": 240},
    "reber": {"hidden": 16, "column": 3, "k": 16, "lr": 0.01, "updates": 400},
    "embedded": {"hidden": 24, "column": 6, "k": 32, "lr": 0.01, "updates": 240},
    "recall": {"hidden": 24, "column": 7, "k": 16, "lr": 0.01, "updates": 400},
    "text": {"hidden": 48, "column": 0, "k": 16, "lr": 0.005, "updates": 200},
}
WIDEST, LONGEST, LEAST = 16, 100_000, 40  # an embedding; a text of one's own, in characters
NEAR = 0.01  # nats: so near, it is at a floor
RECENT = 24  # updates whose mean loss is said


def toy():
    words = ["you", "say", "goodbye", "and", "I", "say", "hello"]
    vocab = Vocabulary.from_tokens(words)
    ids = vocab.encode(words)
    V, truth = len(vocab), np.eye(len(vocab))[ids[1:]]
    floors = [0.0, Bigram(ids, V).loss(ids), np.log(V)]
    return {
        "kind": "text", "ids": ids.tolist(), "rows": 1, "stretch": 6, "V": V, "space": " ",
        "tokens": list(vocab.tokens), "floors": floors, "probe": ids.tolist(),
        "truth": truth.tolist(),
    }  # fmt: skip


def grammar(name):
    g, embedded = GRAMMARS[name], name == "embedded"
    probe = "BTBTXSETEBPBPVVEPEB" if embedded else "BTXSEBPVPSEBTSXXVVEB"
    ids = g.vocab.encode(probe)
    forgot = g.merge(forget_outer).entropy_rate() if embedded else g.context_entropy(1)
    return {
        "kind": "grammar", "grammar": name, "next": g.next_state.tolist(),
        "probs": g.probs.tolist(), "rows": 32, "length": 256, "stretch": 32,
        "V": len(g.vocab), "space": "", "tokens": list(g.vocab.tokens),
        "floors": [g.entropy_rate(), forgot, np.log(len(g.vocab))],
        "probe": ids.tolist(), "truth": g.predict(ids)[:-1].tolist(),
    }  # fmt: skip


def recall(span):
    """The plan for a span; learn.js has the same."""
    task, T = Recall(4, span), max(240, 10 * span)
    probe, truth = [], []
    for cue in (0, 2):
        probe += [cue, *[task.blank] * (span - 2), task.question]
        truth += [None] * (span - 1) + [np.eye(task.vocab_size)[cue].tolist()]
    return {
        "kind": "recall", "cues": 4, "span": span, "rows": 16, "length": T, "stretch": 32,
        "V": task.vocab_size, "space": "", "tokens": [*"abcd", "·", "?"],
        "floors": [task.best_loss, task.chance_loss, np.log(task.vocab_size)],
        "probe": [*probe, task.blank][:27], "truth": truth[:26],
    }  # fmt: skip


def own(text):
    """The plan for a text, by characters; learn.js has the same."""
    tokens = sorted(set(text))
    number = {character: v for v, character in enumerate(tokens)}
    ids = [number[character] for character in text]
    V, rows = len(tokens), max(1, min(16, (len(ids) - 1) // 64))
    return {
        "kind": "text", "ids": ids, "rows": rows, "stretch": 32, "V": V, "space": "",
        "tokens": tokens, "floors": [None, Bigram(np.array(ids), V).loss(ids), np.log(V)],
        "probe": ids[:27], "truth": [None] * len(ids[1:27]),
    }  # fmt: skip


PLANS = {"toy": toy, "reber": lambda: grammar("reber"), "embedded": lambda: grammar("embedded")}


@lru_cache
def plans():
    """The plans that JavaScript cannot make itself, and what each run begins with."""
    return {"fixed": {name: make() for name, make in PLANS.items()}, "defaults": DEFAULTS}


class Learn(Explorable):
    """A language model that trains where it is shown: in the page, with the numbers of rnn_core.

    `history` holds ``[update, loss, norm]`` for stretches of the run, `model` the trained model,
    and `weights` its arrays: they come back when the run is paused.

    Parameters
    ----------
    data : "toy", "reber", "embedded", "recall" or "text"
        The toy sentence, a grammar, the recall of a cue, or `text`.
    model : RNNLM, optional
        Where to begin; its sizes have to fit.  Without it the weights follow from `seed`.
    text : str
        Read character by character.
    span : int
        Steps from the cue to the question, both counted.
    hidden : int
        Units, 2 to 64.
    lr : float
        Learning rate, 0.0001 to 3.
    k : int
        Steps that the gradient travels back, 1 to 64.
    way : "block" or "window"
        Cut the way back after every block of k, or let each loss travel over k steps.
    carry, clip : bool
        Carry the state from block to block; clip the gradient's norm at 1.
    optimizer : "adam" or "sgd"
    seed : int
    view : "states", "lags" or "norms"
        What is shown below the curve.
    column : int
        The step of the probe whose prediction is shown.
    """

    claim = (
        "Training goes down in steps: the loss rests on the floor of a model without memory, and "
        "falls when the state begins to carry what came before."
    )
    shows = (
        "Curve: perplexity of each stretch of the training, beside the exact floors; pale: the run "
        "before. Below: the states over a probe (press a column for what is expected there), how "
        "far back a gradient reaches, or its norm at each update."
    )

    data = Choice("toy", KINDS)
    text = traitlets.Unicode("").tag(sync=True)
    span = Whole(8, low=3, high=24)
    hidden = Whole(8, low=2, high=64)
    lr = Real(0.02, low=1e-4, high=3)
    k = Whole(3, low=1, high=64)
    way = Choice("block", ("block", "window"))
    carry = Flag(True)
    clip = Flag(True)
    optimizer = Choice("adam", ("adam", "sgd"))
    seed = Whole(1, low=1, high=9999)
    view = Choice("states", ("states", "lags", "norms"))
    column = Whole(0, low=0, high=63)
    history = traitlets.List().tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)
    plans = traitlets.Dict().tag(sync=True)  # what JavaScript reads

    def __init__(
        self, data="toy", model=None, *, text="", span=8, hidden=None, lr=None, k=None,
        way="block", carry=True, clip=True, optimizer="adam", seed=1, view="states", column=None,
        **state,
    ):  # fmt: skip
        given = DEFAULTS.get(data, DEFAULTS["toy"])
        state.pop("plans", None)
        if model is not None:
            if not isinstance(model, RNNLM):
                fail("model", "an RNNLM", brief(model), "as RNNLM.init(...) makes it")
            state["weights"] = {name: p.tolist() for name, p in model.params.items()}
            hidden = model.rnn.cell.hidden_size
        switches = {"way": way, "carry": carry, "clip": clip, "optimizer": optimizer}
        super().__init__(
            data=data, text=text, span=span, seed=seed, view=view, plans=plans(),
            hidden=given["hidden"] if hidden is None else hidden,
            lr=given["lr"] if lr is None else lr, k=given["k"] if k is None else k,
            column=given["column"] if column is None else column,
            **switches, **state,
        )  # fmt: skip
        if model is not None and self.plan() and model.vocab_size != self.plan()["V"]:
            V = self.plan()["V"]
            fail("model", f"one of {V} symbols", model.vocab_size, "the data have as many")

    @traitlets.validate("text")
    def _short(self, proposal):
        if len(proposal["value"]) > LONGEST:
            why = "the page holds it whole"
            fail("text", f"at most {LONGEST} characters", str(len(proposal["value"])), why)
        return proposal["value"]

    def plan(self):
        """What is read and which floors it has, a dict; None for a text that is too short."""
        if self.data == "recall":
            return recall(self.span)
        if self.data == "text":
            return own(self.text) if len(self.text) >= LEAST else None
        return plans()["fixed"][self.data]

    def run(self):
        """The same run from its beginning, by rnn_core: a `Run`, with `update()` and `model`."""
        plan = self.plan()
        if plan is None:
            fail("text", f"at least {LEAST} characters", str(len(self.text)), "give a longer one")
        return Run(
            plan, embed_size=min(plan["V"], WIDEST), hidden_size=self.hidden, seed=self.seed,
            lr=self.lr, k=self.k, way=self.way, carry=self.carry, clip=self.clip,
            optimizer=self.optimizer,
        )  # fmt: skip

    @property
    def model(self):
        """The RNNLM that the page has trained so far, or the one it begins with."""
        return model_of(self.weights) if self.weights else self.run().model

    def shown(self):
        """The history, and before the first press of play the run that it will make."""
        return self.history or preview(self.data, self.span, self.text, **self._switches())

    def _switches(self):
        names = ("hidden", "lr", "k", "way", "carry", "clip", "optimizer", "seed")
        return {name: getattr(self, name) for name in names}

    def summary(self):
        return words(self.plan(), self.data, self.shown())

    def __repr__(self):
        # a trained model's digits differ from machine to machine, those of the floors do not
        plan = self.plan() or {"floors": []}
        floors = ", ".join(f"{np.exp(f):.3f}" for f in plan["floors"] if f is not None)
        return f"Learn: {self.data}, {self.hidden} units, k = {self.k}, floors {floors}"

    def draw(self):
        plan, history = self.plan(), self.shown()
        fig, ax = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
        top = 1.4 * (plan["V"] if plan else 2)
        below = self.data == "embedded"  # its two floors lie so close that one is named below
        for loss, name in zip(plan["floors"] if plan else [], names(self.data), strict=False):
            if loss is not None:
                ax.axhline(np.exp(loss), color=PALETTE["ink"], lw=1.25, ls="--")
                under = below and loss == plan["floors"][0]
                place = {"fontsize": 9.5, "ha": "right", "va": "top" if under else "bottom"}
                upto, at = history[-1][0] if history else 100, np.exp(loss)
                ax.text(upto, at * (0.99 if under else 1.01), f"{name} {at:.3f}", **place)
        if history:
            steps, losses = smooth(history)
            ax.plot(steps, np.minimum(np.exp(losses), top), color=PALETTE["output"], lw=2)
        ticks = [v for v in (1, 2, 4, 8, 16, 32, 64) if v <= top]
        ax.set(yscale="log", ylim=(0.93, top), xlabel=t("updates"), ylabel=t("perplexity"))
        ax.set_yticks(ticks, [str(v) for v in ticks])
        ax.minorticks_off()
        return fig


def names(data):
    """What the three floors are called."""
    forgot = t("first letter forgotten") if data == "embedded" else t("without memory")
    return t("optimum"), forgot, t("even guess")


def smooth(history, updates=8):
    """Steps and losses, each the mean of what lies `updates` back: the noise of a block is gone."""
    steps, losses, _ = np.array(history).T
    wide = max(1, round(updates / (steps[1] - steps[0]))) if len(steps) > 1 else 1
    sums = np.cumsum([0, *losses])
    begin = np.maximum(0, np.arange(1, len(steps) + 1) - wide)
    return steps, (sums[1:] - sums[begin]) / (np.arange(1, len(steps) + 1) - begin)


def words(plan, data, history):
    """The numbers of a run in words, as learn.js has them."""
    if plan is None:
        return t("Type or drop a text of at least {least} characters.", least=LEAST)
    floors = [(name, f) for name, f in zip(names(data), plan["floors"], strict=True)]
    said = ", ".join(f"{name} {np.exp(f):.3f}" for name, f in floors if f is not None)
    where = t("Floors: {floors}.", floors=said)
    if not history:
        return f"{t('Not trained yet.')} {where}"
    loss = smooth(history, RECENT)[1][-1]
    now = t("After {n} updates the perplexity is {p}.", n=history[-1][0], p=f"{np.exp(loss):.3f}")
    for i, (name, floor) in enumerate(floors):
        if floor is not None and abs(loss - floor) < NEAR:
            rests = t("It rests at {p}: {name}.", p=f"{np.exp(floor):.3f}", name=name)
            return f"{now} {t('It has reached the optimum.') if i == 0 else rests} {where}"
    return f"{now} {where}"


@lru_cache(maxsize=16)
def preview(data, span, text, **switches):
    """The first updates of a run, by rnn_core: ``[update, loss, norm]`` each."""
    figure = Learn(data, span=span, text=text, **switches)
    if figure.plan() is None:
        return []
    run, history = figure.run(), []
    for step in range(1, DEFAULTS[data]["updates"] + 1):
        try:
            loss, norm, _ = run.update()
        except ValueError:  # no longer finite
            break
        history.append([step, loss, norm])
    return history
