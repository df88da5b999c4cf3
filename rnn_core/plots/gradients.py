"""Gradients drawn: their length by lag, the map of who hears whom, two ways to shorten one."""

import numpy as np
from matplotlib.colors import LogNorm

from .style import PALETTE

__all__ = ["bound", "contribution_map", "norms_by_lag", "short", "vectors"]


def short(value, digits=3):
    """0.00012 -> "1.20e−4", 0.5 -> "0.500": a few digits of a number of any size."""
    if value == 0 or not np.isfinite(value):
        return f"{value:.0f}".replace("-", "−").replace("inf", "∞")
    if 1e-3 <= abs(value) < 1e4:
        words = f"{value:.{max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))}f}"
    else:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        words = f"{mantissa}e{int(power)}"
    return words.replace("-", "−")


def norms_by_lag(ax, norms, role="grad", label=None, **kwargs):
    """||dL_T / dh_k|| against the lag T - k, on a logarithmic axis.

    norms : array (T + 1,), such as `diagnostics.gradient_norms` gives.
    """
    ax.semilogy(norms, color=PALETTE[role], label=label, **kwargs)
    ax.set(xlabel="lag: steps back from the loss", ylabel="length of the gradient")
    ax.set_xlim(0, len(norms) - 1)
    return ax


def bound(ax, values, label=None):
    """A bound on the same axes: dashed ink."""
    ax.semilogy(values, color=PALETTE["ink"], linestyle=(0, (5, 3)), linewidth=1.25, label=label)
    return ax


def contribution_map(ax, M, least=1e-6):
    """M[t, k] = ||dL_t / dh_k|| as ink on paper, on a logarithmic scale from `least` up.

    Returns the image: a colorbar wants it.
    """
    T, shown = len(M), np.where(M > 0, np.maximum(M, least), np.nan)
    image = ax.imshow(
        shown,
        norm=LogNorm(least, M.max()),
        cmap="Greys",
        extent=(0.5, T + 0.5, T + 0.5, 0.5),
        interpolation="nearest",
    )
    ax.grid(False)
    ax.set(xlabel="state h_k", ylabel="loss at step t")
    return image


def vectors(ax, named):
    """Arrows from the origin: {name: (vector (2,), role, linestyle, where its name stands)}."""
    for name, (v, role, dash, beside) in named.items():
        ax.annotate(
            "",
            v,
            (0, 0),
            arrowprops={"arrowstyle": "->", "color": PALETTE[role], "linestyle": dash, "lw": 1.75},
        )
        ax.annotate(
            name, v, beside, textcoords="offset points", color=PALETTE[role], annotation_clip=False
        )
    return ax
