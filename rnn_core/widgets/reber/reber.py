"""Reber: walk the automaton, forget the outer symbol, compare a trained RNN with the truth."""

import math

import numpy as np
import traitlets

from rnn_core.data.grammar import embedded_reber, forget_outer, reber
from rnn_core.loss import softmax
from rnn_core.plots import canvas, text
from rnn_core.plots.automaton import automaton, chances, layout, running_mean, strip
from rnn_core.words import t

from ..explorable import Choice, Explorable, Flag, Numbers, Whole, brief, fail, plain

GRAMMARS = {"reber": reber(), "embedded": embedded_reber()}


class Reber(Explorable):
    """A walk through the Reber grammar, or the embedded one.

    Parameters
    ----------
    model : RNNLM, optional
        Trained on the grammar's streams; its weights become traits, so the figure runs it.
    grammar : "reber" or "embedded"
    walk : str
        The symbols so far, from the start of a string.
    forget : bool
        Hide the outer symbol from the reader.
    seed : int
        Another seed, other luck.
    **weights
        ``W_in``, ``W_h``, ``W_out``, ``b_out``, as in the state of another figure.

    Raises
    ------
    ValueError
        If the model does not read the grammar's symbols, or the walk does not follow the grammar.
    """

    claim = (
        "Whoever knows the state pays the floor and no more. In the embedded grammar, whoever "
        "forgets the outer symbol pays one bit more in each string, at one single place."
    )
    shows = (
        "Press a lit arrow, its node or a symbol to walk on. Below: the bits paid for each symbol, "
        "and their mean, which falls onto the floor."
    )

    grammar = Choice("embedded", tuple(GRAMMARS))
    walk = traitlets.Unicode("B").tag(sync=True)
    forget = Flag(False)
    seed = Whole(1, low=1)
    W_in = Numbers(2)  # (V, H): what each symbol adds to the state, embedding times W_x plus b
    W_h = Numbers(2)
    W_out = Numbers(2)
    b_out = Numbers(1)
    automaton = traitlets.Dict().tag(sync=True)  # follows from the grammar; JavaScript reads it

    def __init__(
        self, model=None, grammar="embedded", *, walk="B", forget=False, seed=1, **weights
    ):
        weights.pop("automaton", None)  # in the state of another one: it follows from the grammar
        if model is not None:
            weights = {**weights_of(model), **weights}
        super().__init__(grammar=grammar, walk=walk, forget=forget, seed=seed, **weights)

    @traitlets.default("automaton")
    def _automaton(self):
        return plan(self.grammar)

    @traitlets.observe("grammar")
    def _another_grammar(self, change):
        self.automaton = plan(change.new)

    @traitlets.validate("walk", "grammar")
    def _readable(self, proposal):
        state = {"walk": self.walk, "grammar": self.grammar}
        state[proposal.trait.name] = proposal.value
        grammar, walk = GRAMMARS[state["grammar"]], state["walk"]
        try:
            if walk:
                grammar.read(grammar.vocab.encode(walk))
        except ValueError:
            fail(
                "walk", "symbols in an order that the grammar allows", brief(walk), "such as BTXSE"
            )
        return proposal.value

    def chances(self):
        """For each beginning of the walk the true chances (T + 1, V), and the RNN's or None."""
        grammar = GRAMMARS[self.grammar]
        states = [0]
        if self.walk:
            states += grammar.read(grammar.vocab.encode(self.walk)).tolist()
        fixed = self.automaton
        by_node = np.array(fixed["merged"] if self.forget else fixed["probs"])
        true = by_node[[fixed["node"][s] for s in states] if self.forget else states]
        return true, self._predictions()

    def _predictions(self):
        if len(self.W_h) == 0 or not self.walk:
            return None
        h, rows = np.zeros(len(self.W_h)), []
        for v in GRAMMARS[self.grammar].vocab.encode(self.walk):
            h = np.tanh(np.array(self.W_in)[v] + h @ np.array(self.W_h))
            rows.append(softmax(h @ np.array(self.W_out) + np.array(self.b_out)))
        return np.array(rows)  # (T, V): row t is said after symbol t

    def bits(self):
        """What each symbol after the first cost: {"true": bits, "RNN": bits}."""
        true, model = self.chances()
        after = np.arange(len(self.walk) - 1), GRAMMARS[self.grammar].vocab.encode(self.walk)[1:]
        paid = {"forgetful" if self.forget else "true": -np.log2(true[1:][after])}
        return paid if model is None else {**paid, "RNN": -np.log2(model[after])}

    def floor(self):
        """The least bits per symbol, in the long run, of such a reader."""
        return self.automaton["floors"]["forgotten" if self.forget else "remembered"]

    def summary(self):
        tokens = GRAMMARS[self.grammar].vocab.tokens
        true, model = self.chances()
        may = [f"{tokens[v]} {true[-1][v]:.2f}" for v in np.flatnonzero(true[-1])]
        chances = f" {t('or')} ".join(may)
        words = t("After {walk}, next: {chances}", walk=self.walk or t("nothing"), chances=chances)
        if model is not None:
            likeliest = tokens[int(np.argmax(model[-1]))]
            words += t("; the RNN's likeliest is {symbol}", symbol=likeliest)
        if len(self.walk) > 1:
            paid = [f"{t(name)} {values.mean() + 0.0:.2f}" for name, values in self.bits().items()]
            words += t(". Bits per symbol so far: {bits}", bits=", ".join(paid))
        floor = f"{self.floor():.3f}"
        return t("{words}. Floor in the long run: {floor} bits.", words=words, floor=floor)

    def __repr__(self):
        # a trained model's digits differ from machine to machine, those of the truth do not
        reader = "forgets" if self.forget else "remembers"
        walk = self.walk or "(none)"
        return f"Reber: {self.grammar}, walk {walk}, {reader}, floor {self.floor():.3f} bits"

    def draw(self):
        grammar, fixed = GRAMMARS[self.grammar], self.automaton
        true, model = self.chances()
        state = grammar.read(grammar.vocab.encode(self.walk))[-1] if self.walk else 0
        fig, ax = canvas(640, 500)
        may = [grammar.vocab.tokens[v] for v in np.flatnonzero(true[-1])]
        automaton(ax, fixed, fixed["node"][state], may, box=(0, 4, 380, 236))
        if self.grammar == "embedded":
            text(ax, 190, 54, memory(grammar, state, self.forget), role="weight", size=12)
        said = None if model is None else model[-1]
        chances(ax, fixed["symbols"], true[-1], said, box=(400, 10, 240, 220))
        paid = self.bits() if len(self.walk) > 1 else {}
        strip(ax, self.walk, paid, y=266)
        running_mean(fig.add_axes((0.07, 0.1, 0.92, 0.24)), paid, self.floor())
        return fig


def weights_of(model):
    """What the figure needs of a model that reads one symbol at a time."""
    model = plain(model, "Reber(model)")
    symbols = "".join(GRAMMARS["embedded"].vocab.tokens)
    if (V := len(model.embedding.W)) != len(symbols):
        should = f"one of the grammar's {len(symbols)} symbols, {symbols} in this order"
        fail("model", should, f"one of {V}", "train it on what embedded_reber().sample(...) gives")
    cell = model.rnn.cell
    W_in = model.embedding.W @ cell.W_x + cell.b
    return {"W_in": W_in, "W_h": cell.W_h, "W_out": model.affine.W, "b_out": model.affine.b}


def memory(grammar, state, forget):
    """What the reader keeps: the outer symbol of the string that is being read."""
    name = grammar.states[state]
    if name[0] not in "TP":
        return ""
    return t("outer: {symbol}", symbol="?" if forget else name[0])


def plan(name):
    """Everything about the grammar that the drawing and the JavaScript need, as plain JSON."""
    grammar = GRAMMARS[name]
    merged = grammar.merge(forget_outer) if name == "embedded" else grammar
    label = forget_outer if name == "embedded" else str
    rates = {"remembered": grammar.entropy_rate(), "forgotten": merged.entropy_rate()}
    return {
        **layout(merged),
        "symbols": "".join(grammar.vocab.tokens),
        "next": grammar.next_state.tolist(),
        "probs": grammar.probs.tolist(),
        "node": [merged.states.index(label(state)) for state in grammar.states],
        "outer": [state[0] if state[0] in "TP" else "" for state in grammar.states],
        "merged": np.round(merged.probs, 12).tolist(),
        "floors": {kind: rate / math.log(2) for kind, rate in rates.items()},
    }
