"""Unfold: one recurrent layer, folded with its loop or unrolled into copies."""

import numpy as np
import traitlets
from matplotlib.patches import Rectangle

from rnn_core.cell import RNNCell
from rnn_core.plots import array, arrow, canvas, cell, label, number, text
from rnn_core.plots.style import PALETTE
from rnn_core.rnn import RNN
from rnn_core.words import t as words

from ..explorable import Explorable, Flag, Numbers, Whole, brief, fail, weights_of

# One decimal each, so that a reader can follow every sum by hand.
DEFAULT_CELL = RNNCell(
    W_x=[[0.8, -0.5, 0.3], [0.2, 0.7, -0.6]],
    W_h=[[0.5, 0.4, -0.3], [-0.6, 0.6, 0.2], [0.3, -0.2, 0.7]],
    b=[0.1, 0.0, -0.1],
)
DEFAULT_XS = [[1.0, 0.0], [0.0, 1.0], [0.5, -0.5], [0.0, 0.0]]


class Held(traitlets.TraitType):
    """The number in the reader's hand, as a name and an index: ["W_h", 0, 2] or ["xs", 1, 0]."""

    default_value = ["W_h", 0, 0]

    def validate(self, obj, value):
        should = 'a name and an index, such as ["W_h", 0, 2]'
        match list(value) if isinstance(value, (list, tuple)) else value:
            case ["W_x" | "W_h" | "xs" as name, int() as i, int() as j]:
                return [name, i, j]
            case ["b", int() as j]:
                return ["b", j]
        return fail(self.name, should, brief(value), "a reader can hold W_x, W_h, b or xs")


class Unfold(Explorable):
    """One recurrent layer and a short sequence, all of it in the reader's hand.

    Parameters
    ----------
    cell : RNNCell, optional
        The layer; a small one by default.  At most six numbers in D and H together.
    xs : array (T, D), optional
        Two to six inputs.
    h_0 : array (H,), optional
        The first state; zeros by default.
    step : int
        The step whose numbers are shown, 1 to T.
    unrolled : bool
        Copies side by side, or one layer with a loop.
    held : list, optional
        The number in the reader's hand: ``["W_h", 0, 2]``, ``["b", 1]``, ``["xs", 1, 0]``.
    **state
        `W_x`, `W_h` and `b` in place of `cell`; and what every ipywidget takes, such as `layout`.
    """

    claim = (
        "The copies are one layer. Change one weight and it changes in every copy; "
        "the state is all that passes from one copy to the next."
    )
    shows = (
        "Below each copy its input, above it the state it gives; in each cell its weights as dots, "
        "and the weight or input that you hold. Blue is positive, orange negative."
    )

    W_x = Numbers(2)
    W_h = Numbers(2)
    b = Numbers(1)
    xs = Numbers(2)
    h_0 = Numbers(1)
    step = Whole(2, low=1)
    unrolled = Flag(True)
    held = Held().tag(sync=True)

    def __init__(
        self, cell=None, xs=None, *, h_0=None, step=2, unrolled=True, held=None, **state
    ):
        traits = {**weights_of(cell, DEFAULT_CELL), **state}
        H = np.size(traits["b"])
        traits |= {"xs": DEFAULT_XS if xs is None else xs, "step": step, "unrolled": unrolled}
        traits["h_0"] = np.zeros(H) if h_0 is None else h_0
        traits["held"] = ["W_h", 0, H - 1] if held is None else held
        super().__init__(**traits)

    @traitlets.validate("W_x", "W_h", "b", "xs", "h_0", "step", "held")
    def _fit(self, proposal):
        """All arrays fit each other, and step and held point into them."""
        now = {**self.state(), proposal["trait"].name: proposal["value"]}
        RNNCell(now["W_x"], now["W_h"], now["b"])  # its own voice says what does not fit
        D, H = np.shape(now["W_x"])
        if D + H > 6:
            fail("W_x", "small: D + H at most 6", f"D={D}, H={H}", "more would not fit a phone")
        if np.ndim(now["xs"]) != 2 or not 2 <= len(now["xs"]) <= 6 or len(now["xs"][0]) != D:
            wanted = f"2 to 6 inputs of {D} numbers"
            fail("xs", wanted, f"shape {np.shape(now['xs'])}", "W_x has a row for each number")
        if len(now["h_0"]) != H:
            fail("h_0", f"{H} numbers", f"{len(now['h_0'])}", "the state has one for each unit")
        T = len(now["xs"])
        if now["step"] > T:
            fail("step", f"between 1 and T={T}", str(now["step"]), "there is no such input")
        name, *index = now["held"]
        if not all(0 <= i < n for i, n in zip(index, np.shape(now[name]), strict=True)):
            shape = np.shape(now[name])
            fail("held", f"inside {name} of shape {shape}", f"{index}", "there is no such number")
        return proposal["value"]

    @property
    def cell(self):
        """The layer as it stands, an RNNCell."""
        return RNNCell(self.W_x, self.W_h, self.b)

    @property
    def hs(self):
        """All states (T, H), by rnn_core."""
        hs, _ = RNN(self.cell).forward(np.array([self.xs]), np.array([self.h_0]))
        return hs[0]

    def _words(self):
        t, hs, (name, *index) = self.step, self.hs, self.held
        return {
            "t": t,
            "x": self.xs[t - 1],
            "h_prev": hs[t - 2] if t > 1 else np.array(self.h_0),
            "h": hs[t - 1],
            "value": np.array(getattr(self, name))[tuple(index)],
            "held": f"{name}[{', '.join(map(str, index))}]",
        }

    def summary(self):
        w, T = self._words(), len(self.xs)
        view = (
            words("Unrolled into {T} copies of one layer.", T=T)
            if self.unrolled
            else words("Folded: one layer with a loop.")
        )
        values = {name: _vector(w[name]) for name in ("x", "h_prev", "h")}
        step = words(
            "At step {k}, x_{k} = {x} and h_{before} = {h_prev} give h_{k} = {h}.",
            k=w["t"],
            before=w["t"] - 1,
            **values,
        )
        held = words("Held: {name} = {value}.", name=w["held"], value=number(w["value"]))
        return f"{view} {step} {held}"

    def draw(self):
        H, T = len(self.h_0), len(self.xs)
        size, width, height = 36, 88, 56
        first, pitch = H * size + 30 + width / 2, max(H * size + 24, width + 48)
        sheet = first + (T - 1) * pitch + max(H * size, width) / 2 + 2
        y = 14 + size + 34 + height / 2
        _, ax = canvas(sheet, 2 * y + 66)
        steps = range(1, T + 1) if self.unrolled else [self.step]
        for t in steps:
            x = first + (t - 1) * pitch if self.unrolled else sheet / 2
            self._copy(ax, x, y, t, size, width, height)
            if not self.unrolled:
                side, over = max(width, H * size) / 2 + 14, y - height / 2 - 34 - size - 10
                around = [(x + side, y), (x + side, over), (x - side, over), (x - side, y)]
                arrow(ax, [(x + width / 2, y), *around, (x - width / 2, y)])
                label(ax, x - side - 10, y, "h", t - 1, role="state", anchor="right")
            elif t < T:
                arrow(ax, [(x + width / 2, y), (x + pitch - width / 2, y)])
                label(ax, x + pitch / 2 - 3, y - 13, "h", t, role="state")
        if self.unrolled:
            array(ax, 0, y - size / 2, self.h_0, size)
            arrow(ax, [(H * size + 2, y), (first - width / 2, y)])
            label(ax, H * size + 14, y - 13, "h", 0, role="state")
        return self._sums(ax, 2 * y + 6, sheet).figure

    def _copy(self, ax, x, y, t, size, width, height):
        far, held = height / 2 + 34, self.held
        if self.unrolled and t == self.step:
            reach = max(width, len(self.h_0) * size) / 2 + 8
            rect = Rectangle(
                (x - reach, 0), 2 * reach, 2 * y - 4, facecolor=PALETTE["wash"], zorder=0
            )
            ax.add_patch(rect)
        arrow(ax, [(x, y + far), (x, y + height / 2)], role="input")
        arrow(ax, [(x, y - height / 2), (x, y - far)])
        label(ax, x + 8, y + far - 17, "x", t, role="input", anchor="left")
        label(ax, x + 8, y - far + 17, "h", t, role="state", anchor="left")
        mine = held[2] if held[:2] == ["xs", t - 1] else None
        array(ax, x - len(self.xs[0]) * size / 2, y + far, self.xs[t - 1], size, held=mine)
        array(ax, x - len(self.h_0) * size / 2, y - far - size, self.hs[t - 1], size)
        cell(ax, x, y, width, height)
        if held[0] != "xs":
            letter, _, index = held[0].partition("_")
            label(ax, x, y - 10, letter, index, role="weight", size=15)
            text(ax, x, y + 10, number(self._words()["value"]), role="weight", fontweight="bold")
        return ax

    def _sums(self, ax, y, width):
        """The step's formula, with the numbers of one unit."""
        w, unit = self._words(), self.held[-1] if self.held[0] != "xs" else 0
        t, sources = w["t"], [*w["x"], *w["h_prev"]]
        column = [row[unit] for row in (*self.W_x, *self.W_h)]
        a = np.dot(sources, column) + self.b[unit]
        terms = [f"{_inner(v)}·{_inner(weight)}" for v, weight in zip(sources, column, strict=True)]
        sums = " + ".join([*terms, _inner(self.b[unit])])
        text(ax, 0, y + 16, f"unit {unit}:  a = {sums} = {number(a, 3)}", anchor="left")
        words = f"h = tanh({number(a, 3)}) = {number(w['h'][unit], 3)}"
        return text(ax, 0, y + 40, f"step {t}:  {words}", anchor="left")


def _vector(values):
    return f"({', '.join(map(number, values))})"


def _inner(value):
    """Two decimals if they are all there is, else three; in brackets below zero."""
    words = number(value, 2 if abs(value * 100 - round(value * 100)) < 1e-9 else 3)
    return f"({words})" if value < 0 else words
