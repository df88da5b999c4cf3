"""Backward: the gradient goes back through a short unrolled layer, one step at a time."""

import numpy as np
import traitlets

from rnn_core.cell import RNNCell
from rnn_core.gradcheck import central_difference, relative_error
from rnn_core.plots import array, arrow, canvas, cell, label, number, text
from rnn_core.rnn import RNN
from rnn_core.words import t as words

from ..explorable import Explorable, Flag, Numbers, Whole, fail, weights_of

# One decimal each, so that a reader can follow every sum by hand.
DEFAULT_CELL = RNNCell(W_x=[[0.9, -0.6]], W_h=[[0.5, -0.8], [0.7, 0.4]], b=[0.1, -0.2])
DEFAULT_XS = [[1.0], [-0.5], [0.8]]
DEFAULT_H_0 = [0.3, -0.4]
DEFAULT_YS = [[0.5, -0.5], [0.2, 0.6], [-0.4, 0.9]]
PASS = 1e-7  # the relative error above which the check fails


class Backward(Explorable):
    """Back-propagation through time in the reader's hand, with its check.

    The loss is half the squared distance of every state from its target, summed:
    ``L_t = |h_t - y_t|^2 / 2``.

    Parameters
    ----------
    cell : RNNCell, optional
        The layer; a small one by default.  At most D=2 inputs and H=2 units.
    xs, ys : arrays (T, D) and (T, H), optional
        Two or three inputs and the targets.
    h_0 : array (H,), optional
    back : int
        How many steps the gradient has come back, 0 to T.
    from_next : bool
        Add the gradient from step t+1 to that of the step's own loss?
    accumulate : bool
        Add up the steps' shares, or keep the last one only?
    **state
        `W_x`, `W_h` and `b` in place of `cell`; and what every ipywidget takes, such as `layout`.
    """

    claim = (
        "At each state two gradients meet, from its own loss and from the step after it; and each "
        "weight sums its shares over all steps. Leave out either, and the check fails."
    )
    shows = (
        "Solid arrows carry the states forward, dashed ones the gradients back. Press a state to "
        "go back to it; press the arrow from the step after it to cut that. The table holds each "
        "step's share, their sum, and the same gradient measured by central differences."
    )

    W_x = Numbers(2)
    W_h = Numbers(2)
    b = Numbers(1)
    xs = Numbers(2)
    ys = Numbers(2)
    h_0 = Numbers(1)
    back = Whole(2, low=0)
    from_next = Flag(True)
    accumulate = Flag(True)

    def __init__(
        self,
        cell=None,
        xs=None,
        h_0=None,
        ys=None,
        *,
        back=2,
        from_next=True,
        accumulate=True,
        **state,
    ):
        given = {"xs": (xs, DEFAULT_XS), "h_0": (h_0, DEFAULT_H_0), "ys": (ys, DEFAULT_YS)}
        arrays = {name: own if z is None else z for name, (z, own) in given.items()}
        switches = {"back": back, "from_next": from_next, "accumulate": accumulate}
        super().__init__(**{**weights_of(cell, DEFAULT_CELL), **arrays, **switches, **state})

    @traitlets.validate("W_x", "W_h", "b", "xs", "ys", "h_0", "back")
    def _fit(self, proposal):
        """All arrays fit each other, and back is a number of steps that there are."""
        now = {**self.state(), proposal["trait"].name: proposal["value"]}
        RNNCell(now["W_x"], now["W_h"], now["b"])  # its own voice says what does not fit
        (D, H), T = np.shape(now["W_x"]), len(now["xs"])
        if D > 2 or H > 2:
            fail("W_x", "small: D and H at most 2", f"D={D}, H={H}", "more would not fit a phone")
        if not 2 <= T <= 3 or np.shape(now["xs"]) != (T, D):
            wanted = f"2 or 3 inputs of {D} numbers"
            fail("xs", wanted, f"shape {np.shape(now['xs'])}", "W_x has a row for each number")
        for name, shape in (("ys", (T, H)), ("h_0", (H,))):
            if np.shape(now[name]) != shape:
                fail(name, f"of shape {shape}", f"{np.shape(now[name])}", f"T={T} steps, H={H}")
        if now["back"] > T:
            fail("back", f"between 0 and T={T}", str(now["back"]), "there are no more steps")
        return proposal["value"]

    @property
    def cell(self):
        """The layer, an RNNCell."""
        return RNNCell(self.W_x, self.W_h, self.b)

    @property
    def hs(self):
        """All states (T, H), by rnn_core."""
        return RNN(self.cell).forward(np.array([self.xs]), np.array([self.h_0]))[0][0]

    @property
    def steps(self):
        """What happened at each step that the gradient has come back to, the last step first."""
        hs, cell, taken = self.hs, self.cell, []
        h_prev = np.array([self.h_0, *hs[:-1]])
        dh_next = np.zeros_like(hs[0])
        for t in list(reversed(range(len(hs))))[: self.back]:
            own = hs[t] - np.array(self.ys[t])
            dh = own + dh_next if self.from_next else own
            cache = np.array(self.xs)[None, t], h_prev[None, t], hs[None, t]
            dx, dh_prev, share = cell.backward(dh[None], cache)
            taken.append({"t": t + 1, "own": own, "next": dh_next, "dh": dh, "dx": dx[0],
                          "dh_prev": dh_prev[0], "share": share})  # fmt: skip
            dh_next = dh_prev[0]
        return taken

    @property
    def grads(self):
        """The sum of the shares so far, or, with `accumulate` off, the last share alone."""
        total = {name: np.zeros_like(p) for name, p in self.cell.params.items()}
        for step in self.steps:
            for name, share in step["share"].items():
                total[name] = total[name] + share if self.accumulate else share
        return total

    @property
    def measured(self):
        """The gradient by central differences of the loss: it knows nothing of the way back."""
        params = self.cell.params

        def loss(**changed):
            rnn = RNN(RNNCell(**{**params, **changed}))
            hs, _ = rnn.forward(np.array([self.xs]), np.array([self.h_0]))
            return 0.5 * ((hs[0] - np.array(self.ys)) ** 2).sum()

        return {n: central_difference(lambda z, n=n: loss(**{n: z}), p) for n, p in params.items()}

    @property
    def error(self):
        """||sum - measured|| / the larger of both lengths, over all weights together."""
        flat = (
            np.concatenate([z.ravel() for z in d.values()]) for d in (self.grads, self.measured)
        )
        return relative_error(*flat)

    def summary(self):
        T, steps, error = len(self.xs), self.steps, self.error
        said = [words("Back through {back} of {T} steps.", back=self.back, T=T)]
        if steps:
            s = steps[-1]
            values = {"k": s["t"], "after": s["t"] + 1, "all": _vector(s["dh"])}
            values |= {"own": _vector(s["own"]), "next": _vector(s["next"])}
            said.append(
                words("The gradient at h_{k} is {all}: {own} from its own loss.", **values)
                if s["t"] == T
                else words(
                    "The gradient at h_{k} is {all}: {own} from its own loss and {next} from step "
                    "{after}.",
                    **values,
                )
                if self.from_next
                else words(
                    "The gradient at h_{k} is {all}: {own} from its own loss; {next} from step "
                    "{after} is left out.",
                    **values,
                )
            )
        if error < PASS:
            passes = words("The check passes: the relative error is below")
            return " ".join([*said, passes, "1e−7."])
        verdict = (
            words("The check fails: the relative error is")
            if self.back == T
            else words("Not there yet: the relative error is")
        )
        return " ".join([*said, verdict, f"{number(error, 3)}."])

    def draw(self):
        T, D, H = len(self.xs), len(self.xs[0]), len(self.h_0)
        size, wide = 36, max(D, H) * 36
        first, pitch = 2 * wide + 60, 2 * wide + 110
        own, meet, mid, low = 38, 116, 198, 280
        _, ax = canvas(first + (T - 1) * pitch + wide / 2 + 40, low + 64)
        taken = {step["t"]: step for step in self.steps}

        def tiles(x, y, values):
            array(ax, x - len(values) * size / 2, y - size / 2, values, size)

        for t in range(1, T + 1):
            x = first + (t - 1) * pitch
            label(ax, x, own - 30, "L", t, role="grad")
            tiles(x, own, self.hs[t - 1] - np.array(self.ys[t - 1]))
            arrow(ax, [(x - pitch / 2 if t == 1 else x - pitch + 38, mid + 12), (x - 38, mid + 12)])
            arrow(ax, [(x - 12, low - size / 2), (x - 12, mid + 24)], role="input")
            cell(ax, x, mid, 76, 48, "h", t)
            label(ax, x - 28, (low - size / 2 + mid + 24) / 2, "x", t, role="input")
            if t not in taken:
                continue
            label(ax, x, low + 30, "dx", t, role="grad")
            label(ax, x - wide / 2 - 18, meet, "dh", t, role="grad")
            step = taken[t]
            arrow(ax, [(x, own + size / 2), (x, meet - size / 2)], backward=True)
            arrow(ax, [(x, meet + size / 2), (x, mid - 24)], backward=True)
            arrow(ax, [(x + 12, mid + 24), (x + 12, low - size / 2)], backward=True)
            tiles(x, meet, step["dh"])
            tiles(x, low, step["dx"])
            at = x - pitch / 2
            arrow(ax, [(x - 38, mid - 8), (at, mid - 8), (at, meet + size / 2)], backward=True)
            tiles(at, meet, step["dh_prev"])
            if t > 1:
                ends = [(at - H * size / 2, meet), (x - pitch + H * size / 2, meet)]
                arrow(ax, ends, backward=True, cut=not self.from_next)
        words = "below 1e−7: it passes" if self.error < PASS else number(self.error, 3)
        label(ax, first - pitch / 2 - 12, mid + 12, "h", 0, role="state")
        text(ax, 0, low + 52, f"relative error of the gradient: {words}", anchor="left")
        return ax.figure


def _vector(values):
    return f"({', '.join(number(v) for v in values)})"
