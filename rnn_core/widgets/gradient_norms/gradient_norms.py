"""GradientNorms: how long a gradient still is, so many steps back."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets

from rnn_core.cell import RNNCell
from rnn_core.diagnostics import (
    gradient_norms,
    norm_bound,
    orthogonal,
    spectral_norm,
    spectral_radius,
    with_radius,
)
from rnn_core.plots.gradients import bound, norms_by_lag, short
from rnn_core.plots.style import PALETTE
from rnn_core.rnn import RNN
from rnn_core.words import t

from ..explorable import Choice, Explorable, Numbers, Real, Whole, fail, numbers

UNITS, STEPS, DRAWS = 16, 50, 12
LIMITS, FAR = (1e-12, 1e6), 1000  # the axis; vanished and exploded: a thousand times less and more


def default_matrices(units=UNITS, steps=STEPS, seed=0):
    """Two random W_h of spectral radius 1, inputs, a first state, a gradient; and others."""
    rng = np.random.default_rng(seed)
    dh = rng.normal(size=units)
    return {
        "orthogonal": orthogonal(units, rng),
        "gaussian": with_radius(rng.normal(size=(units, units)), 1),
        "xs": rng.normal(size=(steps, units)).round(3),
        "h_0": rng.uniform(-0.5, 0.5, units).round(3),
        "dh": dh / np.linalg.norm(dh),
        "dhs": rng.normal(size=(DRAWS, units)).round(2),
        "h_0s": rng.uniform(-0.5, 0.5, (DRAWS, units)).round(2),
    }


class GradientNorms(Explorable):
    """||dL/dh_k|| against the lag T - k, for a loss that sees only the last state.

    h_t = phi(noise * x_t + h_{t-1} W_h), with x_t from a standard Gaussian.

    Parameters
    ----------
    radius : float
        Spectral radius of W_h, 0.5 to 1.6.
    noise : float
        How strong the inputs are, 0 to 1.  Without effect on linear units.
    steps, lag : int
        Length of the sequence, 5 to 50, and the lag that is read off.
    kind : "gaussian" or "orthogonal"
    activation : "tanh" or "linear"
    orthogonal, gaussian : arrays (H, H), optional
        The two matrices to choose from; each is scaled to spectral radius 1, and then by `radius`.
    xs : array (50, H), optional
    h_0, dh : arrays (H,), optional
        The first state, and the gradient that sets out at the last one.
    h_0s, dhs : arrays (R, H), optional
        Others of both, which the band is made of, each as if its gradient began as long as `dh`.
    """

    claim = (
        "Whether a gradient vanishes or explodes, the spectral radius of W_h alone does not say: "
        "the slopes of the units decide with it, below a bound that no gradient passes."
    )
    shows = (
        "Line: the length of a gradient on its way back. Band: twelve others, from other first "
        "states. Bound: the largest singular value to the power of the lag. Lift the line's end to "
        "change the radius."
    )

    radius = Real(1.1, low=0.5, high=1.6)
    noise = Real(0.3, low=0, high=1)
    steps = Whole(STEPS, low=5, high=STEPS)
    lag = Whole(20, low=0, high=STEPS)
    kind = Choice("gaussian", ("orthogonal", "gaussian"))
    activation = Choice("tanh", ("linear", "tanh"))
    orthogonal = Numbers(2)
    gaussian = Numbers(2)
    sigmas = Numbers(1)  # of the two, at radius 1
    xs = Numbers(2)
    h_0 = Numbers(1)
    dh = Numbers(1)
    h_0s = Numbers(2)
    dhs = Numbers(2)

    def __init__(
        self,
        *,
        radius=1.1,
        noise=0.3,
        steps=STEPS,
        lag=20,
        kind="gaussian",
        activation="tanh",
        orthogonal=None,
        gaussian=None,
        xs=None,
        h_0=None,
        dh=None,
        h_0s=None,
        dhs=None,
        **state,
    ):
        given = {"orthogonal": orthogonal, "gaussian": gaussian, "xs": xs, "h_0": h_0, "dh": dh}
        given |= {"h_0s": h_0s, "dhs": dhs}
        arrays = default_matrices()
        arrays |= {name: value for name, value in given.items() if value is not None}
        for name in ("orthogonal", "gaussian"):
            arrays[name] = with_radius(numbers(name, arrays[name], 2), 1)
        state["sigmas"] = [spectral_norm(arrays[name]) for name in ("orthogonal", "gaussian")]
        controls = {"radius": radius, "noise": noise, "steps": steps, "lag": lag}
        super().__init__(**controls, kind=kind, activation=activation, **arrays, **state)

    @traitlets.validate("orthogonal", "gaussian", "xs", "h_0", "dh", "h_0s", "dhs")
    def _fit(self, proposal):
        """Every array has one number for each of the H units."""
        name, value = proposal["trait"].name, proposal["value"]
        H = np.shape(self.orthogonal)[-1] if name != "orthogonal" else np.shape(value)[-1]
        wanted = {"xs": (STEPS, H), "h_0": (H,), "dh": (H,)}.get(name, (H, H))
        if name in ("h_0s", "dhs"):
            wanted = (len(value), H)
        if np.shape(value) != wanted:
            fail(name, f"of shape {wanted}", f"{np.shape(value)}", f"the layer has {H} units")
        return value

    @property
    def W_h(self):
        """The matrix as it stands: the chosen one, scaled."""
        return self.radius * np.array(getattr(self, self.kind))

    @property
    def slopes(self):
        """phi'(a_t), (steps, H): ones without bend, 1 - h^2 with tanh."""
        return self._slopes(self.h_0)[0]

    def _slopes(self, h_0):
        """The same from one or more first states, (N, steps, H)."""
        h_0 = np.atleast_2d(h_0)
        N, H = h_0.shape
        if self.activation == "linear":
            return np.ones((N, self.steps, H))
        rnn = RNN(RNNCell(self.noise * np.eye(H), self.W_h, np.zeros(H)))
        xs = np.broadcast_to(np.array(self.xs)[: self.steps], (N, self.steps, H))
        hs, _ = rnn.forward(xs, h_0)
        return 1 - hs**2

    @property
    def norms(self):
        """||dL/dh_k|| by lag, (steps + 1,), by rnn_core.diagnostics."""
        return gradient_norms(np.array([self.dh]), self.W_h, self.slopes[None])

    @property
    def band(self):
        """The least and the greatest length by lag, over `dh` and `dhs`: (steps + 1, 2)."""
        all_norms = [self.norms]
        for h_0, dh in zip(self.h_0s, self.dhs, strict=True):
            norms = gradient_norms(np.array([dh]), self.W_h, self._slopes(h_0))
            all_norms.append(np.linalg.norm(self.dh) * (norms / norms[0]))
        return np.column_stack([np.min(all_norms, axis=0), np.max(all_norms, axis=0)])

    @property
    def bounds(self):
        """The bound by lag, (steps + 1,)."""
        return norm_bound(self.W_h, self.steps, np.linalg.norm(self.dh))

    def summary(self):
        lag, W_h = min(self.lag, self.steps), self.W_h
        norms, (least, most) = self.norms, self.band[lag]
        setting = t(
            "{kind} W_h, {activation}, spectral radius {radius}, largest singular value {sigma}, "
            "input noise {noise}.",
            kind=t("Orthogonal") if self.kind == "orthogonal" else t("Gaussian"),
            activation=t(self.activation),
            radius=f"{spectral_radius(W_h):.2f}",
            sigma=f"{spectral_norm(W_h):.2f}",
            noise=f"{self.noise:.2f}",
        )
        found = t(
            "Of a gradient of length {start}, {lag} steps back {left} is left ({low} to {high} "
            "for others); the bound is {bound}.",
            start=short(norms[0]),
            lag=lag,
            left=short(norms[lag]),
            low=short(least),
            high=short(most),
            bound=short(self.bounds[lag]),
        )
        return f"{setting} {found} " + t("Mean slope {slope}.", slope=f"{self.slopes.mean():.2f}")

    def draw(self):
        fig, (ax, low) = plt.subplots(
            2, 1, figsize=(6.4, 4.2), sharex=True, height_ratios=(4, 1), layout="constrained"
        )
        lag, norms, lags = min(self.lag, self.steps), self.norms, np.arange(self.steps + 1)
        ax.axhspan(FAR, LIMITS[1], color=PALETTE["grad"], alpha=0.09, linewidth=0)
        ax.axhspan(LIMITS[0], 1 / FAR, color=PALETTE["muted"], alpha=0.09, linewidth=0)
        words = {"fontsize": 9.5, "va": "center"}
        ax.text(
            1, LIMITS[1] / 15, t("exploded: over a thousandfold"), color=PALETTE["grad"], **words
        )
        ax.text(
            1, LIMITS[0] * 15, t("vanished: below a thousandth"), color=PALETTE["muted"], **words
        )
        ax.fill_between(lags, *self.band.T, color=PALETTE["grad"], alpha=0.22, linewidth=0)
        norms_by_lag(ax, norms)
        bound(ax, self.bounds)
        inside = lags[self.bounds <= LIMITS[1]][-1]
        at = {"textcoords": "offset points", "fontsize": 9.5, "ha": "right"}
        ax.annotate(t("bound"), (inside, self.bounds[inside]), (-8, 2), **at)
        if self.kind == "gaussian":
            ax.semilogy(norms[0] * self.radius**lags, ":", color=PALETTE["muted"])
        ax.semilogy([lag], [norms[lag]], "o", color=PALETTE["grad"])
        ax.set(ylim=LIMITS, xlim=(0, STEPS), xlabel="", ylabel=t("length of the gradient"))
        low.plot(np.arange(self.steps), self.slopes.mean(axis=1)[::-1], color=PALETTE["state"])
        low.set(ylim=(0, 1.05), ylabel=t("mean slope"), xlabel=t("lag: steps back from the loss"))
        return fig
