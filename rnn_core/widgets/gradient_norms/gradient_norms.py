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

from ..explorable import Choice, Explorable, Numbers, Real, Whole, fail

UNITS, STEPS = 16, 50


def default_matrices(units=UNITS, steps=STEPS, seed=0):
    """Two random W_h of spectral radius 1, inputs, a first state and a gradient of length 1."""
    rng = np.random.default_rng(seed)
    dh = rng.normal(size=units)
    return {
        "orthogonal": orthogonal(units, rng),
        "gaussian": with_radius(rng.normal(size=(units, units)), 1),
        "xs": rng.normal(size=(steps, units)).round(3),
        "h_0": rng.uniform(-0.5, 0.5, units).round(3),
        "dh": dh / np.linalg.norm(dh),
    }


class GradientNorms(Explorable):
    """||dL/dh_k|| against the lag T - k, for a loss that sees only the last state.

    h_t = phi(noise * x_t + h_{t-1} W_h), with x_t from a standard Gaussian.

    Parameters
    ----------
    orthogonal, gaussian : arrays (H, H), optional
        The two matrices to choose from; each is scaled to spectral radius 1, and then by `radius`.
    xs : array (50, H), optional
    h_0, dh : arrays (H,), optional
        The first state, and the gradient that sets out at the last one.
    **traits
        ``radius`` 0.5 to 1.6, ``noise`` 0 to 1, ``steps`` 5 to 50, ``kind`` "orthogonal" or
        "gaussian", ``activation`` "linear" or "tanh", ``lag`` (the one that is read off).
    """

    claim = (
        "A gradient is never longer than the bound: the largest singular value of W_h, to the "
        "power of the lag. Whether it vanishes or explodes the spectral radius alone does not "
        "say, because the slopes of the units decide with it."
    )
    shows = (
        "The length of the gradient against the lag, on a logarithmic axis, with its bound dashed; "
        "below it the mean slope of the units at each step."
    )

    radius = Real(0.9, low=0.5, high=1.6)
    noise = Real(0.0, low=0, high=1)
    steps = Whole(STEPS, low=5, high=STEPS)
    lag = Whole(20, low=0, high=STEPS)
    kind = Choice("orthogonal", ("orthogonal", "gaussian"))
    activation = Choice("linear", ("linear", "tanh"))
    orthogonal = Numbers(2)
    gaussian = Numbers(2)
    sigmas = Numbers(1)  # of the two, at radius 1
    xs = Numbers(2)
    h_0 = Numbers(1)
    dh = Numbers(1)

    def __init__(self, **traits):
        traits = {**default_matrices(), **traits}
        for name in ("orthogonal", "gaussian"):
            traits[name] = with_radius(np.array(traits[name], dtype=float), 1)
        traits["sigmas"] = [spectral_norm(traits[name]) for name in ("orthogonal", "gaussian")]
        super().__init__(**traits)

    @traitlets.validate("orthogonal", "gaussian", "xs", "h_0", "dh")
    def _fit(self, proposal):
        """Every array has one number for each of the H units."""
        name, value = proposal["trait"].name, proposal["value"]
        H = np.shape(self.orthogonal)[-1] if name != "orthogonal" else np.shape(value)[-1]
        wanted = {"xs": (STEPS, H), "h_0": (H,), "dh": (H,)}.get(name, (H, H))
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
        if self.activation == "linear":
            return np.ones((self.steps, len(self.h_0)))
        H = len(self.h_0)
        rnn = RNN(RNNCell(self.noise * np.eye(H), self.W_h, np.zeros(H)))
        hs, _ = rnn.forward(np.array([self.xs])[:, : self.steps], np.array([self.h_0]))
        return 1 - hs[0] ** 2

    @property
    def norms(self):
        """||dL/dh_k|| by lag, (steps + 1,), by rnn_core.diagnostics."""
        return gradient_norms(np.array([self.dh]), self.W_h, self.slopes[None])

    @property
    def bounds(self):
        """The bound by lag, (steps + 1,)."""
        return norm_bound(self.W_h, self.steps, np.linalg.norm(self.dh))

    def summary(self):
        lag, W_h = min(self.lag, self.steps), self.W_h
        return (
            f"{'Orthogonal' if self.kind == 'orthogonal' else 'Gaussian'} W_h, {self.activation}, "
            f"spectral radius {spectral_radius(W_h):.2f}, largest singular value "
            f"{spectral_norm(W_h):.2f}, input noise {self.noise:.2f}. "
            f"Of a gradient of length {short(self.norms[0])}, {lag} steps back "
            f"{short(self.norms[lag])} is left; the bound is {short(self.bounds[lag])}. "
            f"Mean slope {self.slopes.mean():.2f}."
        )

    def draw(self):
        fig, (ax, low) = plt.subplots(
            2, 1, figsize=(6.4, 4.2), sharex=True, height_ratios=(4, 1), layout="constrained"
        )
        lag, norms = min(self.lag, self.steps), self.norms
        norms_by_lag(ax, norms, label="gradient")
        bound(ax, self.bounds, label="bound: largest singular value to the power of the lag")
        rate = norms[0] * self.radius ** np.arange(self.steps + 1)
        ax.semilogy(
            rate, ":", color=PALETTE["muted"], label="spectral radius to the power of the lag"
        )
        ax.semilogy([lag], [norms[lag]], "o", color=PALETTE["weight"])
        ax.set_ylim(*limits(norms, self.bounds))
        ax.legend(loc="best")
        ax.set_xlabel("")
        low.plot(np.arange(self.steps), self.slopes.mean(axis=1)[::-1], color=PALETTE["state"])
        low.set(ylim=(0, 1.05), ylabel="mean slope", xlabel="lag: steps back from the loss")
        return fig


def limits(norms, bounds):
    """Whole multiples of four decades that hold the gradient, and the bound up to 1e12."""
    held = [*norms, *np.minimum(bounds, 1e12)]
    low = min(-4, 4 * np.floor(np.log10(max(min(held), 1e-60)) / 4))
    high = max(4, 4 * np.ceil(np.log10(max(held)) / 4 - 1e-9))
    return 10.0**low, 10.0**high
