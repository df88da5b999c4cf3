"""Gate: one memory cell, its gates opened and closed by hand, beside a plain tanh unit."""

import numpy as np
import traitlets

from rnn_core.cell import RNNCell
from rnn_core.gates import LSTMCell, LSTMState
from rnn_core.plots import arrow, canvas, label, number, text, tile
from rnn_core.plots.gradients import short
from rnn_core.plots.style import PALETTE
from rnn_core.rnn import RNN
from rnn_core.words import t

from ..explorable import Explorable, Numbers, Real, Whole, fail, numbers

GATES = ("i", "f", "o")
XS = (1.0, -0.6, 0.4, 0.8, -0.9, 0.3, -0.5, 0.7)  # a value, and what comes after it
SURE = 40.0  # sigmoid(40) is 1 and sigmoid(-40) is 0, to the last bit of a float64


def logit(gate):
    """The pre-activation that opens a gate so far: sigmoid(logit(v)) = v."""
    gate = np.asarray(gate, dtype=float)
    with np.errstate(divide="ignore"):
        return np.clip(np.log(gate) - np.log1p(-gate), -SURE, SURE)


class Gate(Explorable):
    """A memory cell of one unit over T steps, beside a plain unit that reads the same numbers.

    c_t = f_t c_{t-1} + i_t tanh(x_t) and h_t = o_t tanh(c_t).

    It is an `LSTMCell` whose gates hear neither the input nor the state: a hand sets them.
    The plain unit is h_t = tanh(w h_{t-1} + x_t).

    Parameters
    ----------
    xs : array (T,), optional
        4 to 8 inputs.
    i, f, o : arrays (T,), optional
        How far each gate is open at each step, 0 to 1.  By default the first value is written
        and kept, and shown at the last step.
    w : float
        The weight by which the plain unit multiplies its own state, 0 to 2.
    step : int
        The step whose gates are in the hand, 1 to T.
    moment : int
        How far the values have traveled: 1 to T forward, T + 1 to 2 T back.
    """

    claim = (
        "A sum remembers where a product forgets: as long as the forget gate stays open and the "
        "input gate shut, a value and its gradient pass every step unchanged."
    )
    shows = (
        "Bars: how far each gate is open; drag one, or tap it to open and close it. Rows *c* and "
        "*h*: values on their way forward. Rows dc and dh: how much of the last state's gradient "
        "is left at each step on the way back."
    )

    xs = Numbers(1)
    i = Numbers(1)
    f = Numbers(1)
    o = Numbers(1)
    w = Real(1.0, low=0, high=2)
    step = Whole(1, low=1)
    moment = Whole(2 * len(XS), low=1)

    def __init__(self, *, xs=XS, i=None, f=None, o=None, w=1.0, step=1, moment=None):
        T = len(numbers("xs", xs, 1))
        first, last = np.eye(T)[[0, -1]] if T else (xs, xs)
        i, f, o = (
            default if given is None else given
            for given, default in ((i, first), (f, np.ones(T)), (o, last))
        )
        moment = 2 * T if moment is None else moment
        super().__init__(xs=xs, i=i, f=f, o=o, w=w, step=step, moment=moment)

    @traitlets.validate("xs", "i", "f", "o", "step", "moment")
    def _fit(self, proposal):
        """Each gate has a value between 0 and 1 for each step; step and moment are in time."""
        name, value = proposal["trait"].name, proposal["value"]
        T = len(value) if name == "xs" else len(self.xs)
        if name == "xs":
            if not 4 <= T <= len(XS):
                fail(name, f"4 to {len(XS)} inputs", f"{T}", "a phone is no wider")
            return value
        if name in ("step", "moment"):
            most = T if name == "step" else 2 * T
            if value > most:
                fail(name, f"between 1 and {most}", str(value), f"there are {T} steps")
            return value
        if len(value) != T:
            fail(name, f"{T} numbers", f"{len(value)}", "there is a gate at every step")
        if not all(0 <= gate <= 1 for gate in value):
            fail(name, "between 0 and 1", f"{value}", "a gate is shut at 0 and open at 1")
        return value

    # ---- the numbers, by rnn_core

    def _memory(self):
        """The states (h, c) and the caches of an LSTMCell that is given the gates themselves."""
        cell = LSTMCell(np.eye(4), np.zeros((1, 4)), np.zeros(4))  # a_i, a_f, a_g, a_o = x
        gates = np.stack([logit(self.i), logit(self.f), self.xs, logit(self.o)], axis=-1)
        states, (_, caches) = RNN(cell).forward(gates[None], cell.zero_state(1))
        return cell, states, caches

    @property
    def cs(self):
        """What the cell keeps, c_1 to c_T, (T,)."""
        return self._memory()[1].c[0, :, 0]

    @property
    def hs(self):
        """What the cell shows, h_1 to h_T, (T,)."""
        return self._memory()[1].h[0, :, 0]

    @property
    def dcs(self):
        """dc_T / dc_t for t = 1 to T, (T,), step by step through `LSTMCell.backward`."""
        cell, _, caches = self._memory()
        dc, zero = np.ones((1, 1)), np.zeros((1, 1))
        dcs = [1.0]
        for cache in caches[:0:-1]:
            dc = cell.backward(LSTMState(zero, dc), cache)[1].c
            dcs.insert(0, dc.item())
        return np.array(dcs)

    def _plain(self):
        cell = RNNCell([[1.0]], [[self.w]], [0.0])
        hs, cache = RNN(cell).forward(np.array(self.xs)[None, :, None], np.zeros((1, 1)))
        return cell, hs, cache

    @property
    def plain_hs(self):
        """The plain unit's states, (T,)."""
        return self._plain()[1][0, :, 0]

    @property
    def plain_dhs(self):
        """dh_T / dh_t of the plain unit for t = 1 to T, (T,), step by step."""
        cell, hs, _ = self._plain()
        dh, dhs = np.ones((1, 1)), [1.0]
        for k in range(len(self.xs) - 1, 0, -1):
            cache = np.array([[self.xs[k]]]), hs[:, k - 1], hs[:, k]
            dh = cell.backward(dh, cache)[1]
            dhs.insert(0, dh.item())
        return np.array(dhs)

    # ---- words and picture

    def summary(self):
        T, k = len(self.xs), self.step - 1
        cs, hs, dcs = self.cs, self.hs, self.dcs
        end = t(
            "The memory cell ends at c_{T} = {c}, and its gradient with respect to c_1 is {dc}.",
            T=T,
            c=number(cs[-1]),
            dc=short(dcs[0]),
        )
        plain = t(
            "The plain unit, with weight {w}, ends at h_{T} = {h}, and its gradient is {dh}.",
            w=number(self.w),
            T=T,
            h=number(self.plain_hs[-1]),
            dh=short(self.plain_dhs[0]),
        )
        here = t(
            "Step {t}: input gate {i}, forget gate {f}, output gate {o}, c_{t} = {c}, h_{t} = {h}.",
            t=self.step,
            i=number(self.i[k]),
            f=number(self.f[k]),
            o=number(self.o[k]),
            c=number(cs[k]),
            h=number(hs[k]),
        )
        return f"{end} {plain} {here} {self._reached()}"

    def _reached(self):
        T = len(self.xs)
        if self.moment <= T:
            return t("On the way forward, at step {t}.", t=self.moment)
        return t("On the way back, at step {t}.", t=2 * T + 1 - self.moment)

    def draw(self):
        T, left, pitch, size = len(self.xs), 40, 74, 36
        fig, ax = canvas(left + T * pitch + 4, 466)
        reached, back = min(self.moment, T), 2 * T + 1 - self.moment

        def column(k):
            return left + pitch * (k + 0.5)

        def row(y, symbol, values, seen, factors=None, backward=False):
            label(ax, 14, y, symbol, role="grad" if backward else "ink")
            for k, value in enumerate(values):
                shown = value if seen(k + 1) else np.nan
                words = number(value) if seen(k + 1) else ""
                tile(ax, column(k) - size / 2, y - size / 2, shown, size=size, words=words)
                if k == 0 or factors is None or not seen(k + (0 if backward else 1)):
                    continue
                way = [(column(k - 1) + size / 2 + 2, y), (column(k) - size / 2 - 2, y)]
                arrow(ax, way[::-1] if backward else way, backward=backward, cut=factors[k] < 0.005)

        for k in range(T):
            text(ax, column(k), 12, str(k + 1), role="muted", size=12)
        forward, backward = (lambda k: k <= reached), (lambda k: k >= back)
        row(40, "x", self.xs, lambda k: True)
        text(ax, 0, 72, t("memory cell: gates, state, gradient"), "muted", 12, anchor="left")
        for y, name in zip((94, 122, 150), GATES, strict=True):
            label(ax, 14, y, name, role="weight")
            for k, gate in enumerate(getattr(self, name)):
                x, wide = column(k) - 27, 54
                ax.plot([x, x + wide], [y, y], color=PALETTE["line"], lw=5, solid_capstyle="butt")
                ax.plot(
                    [x, x + wide * gate], [y, y], color=PALETTE["weight"], lw=5,
                    solid_capstyle="butt",
                )  # fmt: skip
        row(188, "c", self.cs, forward, self.f)
        row(232, "h", self.hs, forward)
        row(276, "dc", self.dcs, backward, self.f, backward=True)
        text(ax, 0, 322, t("plain unit: state, gradient"), "muted", 12, anchor="left")
        row(356, "h", self.plain_hs, forward, np.full(T, self.w))
        row(400, "dh", self.plain_dhs, backward, self._plain_factors(), backward=True)
        text(ax, 0, 446, f"{t('step')} {self.step}: {self._equation()}", "muted", 13, anchor="left")
        return fig

    def _plain_factors(self):
        """dh_t / dh_{t-1} of the plain unit, (T,)."""
        return self.w * (1 - self.plain_hs**2)

    def _equation(self):
        """c_t as the sum that it is, in numbers."""
        k = self.step - 1
        before = self.cs[k - 1] if k else 0.0
        return (
            f"c = {number(self.f[k])} · {number(before)} + {number(self.i[k])} · "
            f"{number(np.tanh(self.xs[k]))} = {number(self.cs[k])}"
        )
