"""Truncation drawn: blocks of copies, the cuts between them, and what becomes of a gradient."""

import numpy as np

from ..words import t as told
from .diagrams import arrow, cell, number, text
from .style import PALETTE

__all__ = ["ROW", "bias_curves", "blocks", "powers_of_two", "reach", "seed_dots", "suspects"]

ROW = 244  # px: the height of the copies with their bars


def blocks(
    ax, words, targets, question, cue, block_len, carry, full, cut, width=640, top=0, window=False
):
    """Copies of the layer in a row, cut every `block_len` steps, and bars for the gradient.

    Parameters
    ----------
    ax : Axes
        Of `canvas`.
    words, targets : lists of str
        What goes in, what should come out.
    question, cue : int
        Steps, from 1: whose loss is asked, and at which input.
    block_len : int
    carry : bool
        False cuts the forward arrows as well: the state is reset.
    full, cut : arrays (T,)
        For each input the length of the gradient of that loss, whole and with the cuts.
    window : bool
        The one loss travels `block_len` steps back: that is the only cut, and other losses have
        windows of their own.
    """
    T, pitch = len(words), width / len(words)
    center, base, half = top + 62, top + 192, 15
    tallest = max(full.max(), 1e-12)
    for t in range(1, T + 1):
        x = pitch * (t - 0.5)
        arrow(ax, [(x, center + 44), (x, center + half)], role="input")
        cell(ax, x, center, 2 * half, 2 * half)
        text(ax, x, center + 56, words[t - 1], role="input", size=12)
        if t == question:
            arrow(ax, [(x, center - half), (x, top + 24)], role="output")
            text(ax, x, top + 12, told("loss: {word}", word=targets[t - 1]), role="output", size=12)
        if t < T:
            border = t == question - block_len if window else t % block_len == 0
            ends = (x + half, x + pitch - half)
            arrow(ax, [(e, center - 6) for e in ends], cut=border and not carry and not window)
            arrow(ax, [(e, center + 6) for e in ends[::-1]], backward=True, cut=border)
        if t <= question:
            whole, left = 44 * full[t - 1] / tallest, 44 * cut[t - 1] / tallest
            _bar(ax, x, base, whole, left, t == cue)
            if t == cue:
                value = "0" if cut[t - 1] == 0 else number(cut[t - 1], 3)
                text(ax, x, base - max(whole, left) - 9, value, size=12, weight="bold")
    if window:
        _bracket(ax, max(0, question - block_len), question, pitch, top + 204, told("window"))
    else:
        _brackets(ax, T, block_len, pitch, top + 204)
    words = told("bars: that loss at each input; outline: without cuts")
    text(ax, 4, top + 234, words, role="muted", size=12, anchor="left")
    return ax


def _bar(ax, x, base, whole, left, held):
    for height, style in (
        (left, {"color": PALETTE["grad"]}),
        (whole, {"fill": False, "edgecolor": PALETTE["ink"], "linestyle": (0, (3, 2))}),
    ):
        ax.bar(x, -height, 22, bottom=base, clip_on=False, **style)
    if held:
        ax.plot([x - 15, x + 15], [base + 3] * 2, color=PALETTE["weight"], linewidth=2.5)


def _brackets(ax, T, block_len, pitch, y):
    for k, first in enumerate(range(0, T, block_len)):
        name = told("block {number}", number=k + 1) if block_len > 1 else str(k + 1)
        _bracket(ax, first, min(first + block_len, T), pitch, y, name)


def _bracket(ax, first, end, pitch, y, name):
    ends = pitch * first + 4, pitch * end - 4
    ax.plot([ends[0], *ends, ends[1]], [y - 4, y, y, y - 4], color=PALETTE["muted"], lw=0.9)
    text(ax, sum(ends) / 2, y + 11, name, role="muted", size=12)


def bias_curves(ax, block_lens, curves, at=None):
    """Cosine (filled) and norm ratio (open) against k, for each named pair of curves.

    Parameters
    ----------
    ax : Axes
    block_lens : sequence of int
    curves : dict
        Name -> array (K, 2), as `truncation_bias` gives; at most four.
    at : int, optional
        The k to mark.
    """
    roles = ("grad", "output", "state", "input")
    for role, (name, curve) in zip(roles, curves.items(), strict=False):
        for i, (what, face) in enumerate((("cosine", role), ("norm ratio", "paper"))):
            style = {"linestyle": "-" if i == 0 else (0, (4, 2)), "markersize": 4.5}
            style |= {"marker": "o", "markerfacecolor": PALETTE[face], "color": PALETTE[role]}
            ax.plot(block_lens, np.asarray(curve)[:, i], label=f"{name}: {what}", **style)
    if at is not None:
        ax.axvline(at, color=PALETTE["weight"], linewidth=2, zorder=0)
    ax.axhline(1, color=PALETTE["ink"], linestyle=(0, (5, 3)), linewidth=1, zorder=0)
    ax.set(xlabel="k, steps in a block", ylabel="truncated against full gradient")
    return ax


def powers_of_two(ax, values):
    """A logarithmic x axis that names exactly `values`."""
    ax.set_xscale("log", base=2)
    ax.set_xticks(values, [str(v) for v in values])
    ax.minorticks_off()
    return ax


def reach(ax, block_lens, measured, exact, span):
    """How much of the recall gradient reaches the cue: measured (points), share (dashed)."""
    ax.plot(block_lens, exact, color=PALETTE["ink"], linestyle=(0, (5, 3)), linewidth=1.25)
    ax.plot(block_lens, measured, "o", color=PALETTE["grad"])
    ax.axvline(span, color=PALETTE["line"], linewidth=1, zorder=0)
    style = {"color": PALETTE["muted"], "va": "top", "fontsize": 9.5}
    ax.text(span * 1.06, 1.0, f"k = L = {span}", **style)
    ax.set(xlabel="k, steps in a block", ylabel="gradient at the cue", ylim=(-0.04, 1.04))
    return ax


def seed_dots(ax, groups, floors=None, role="state"):
    """One dot for each seed, in a column for each group; a dashed line at the group's floor."""
    for i, (name, values) in enumerate(groups.items()):
        spread = np.linspace(-0.16, 0.16, len(values))
        ax.plot(i + spread, values, "o", color=PALETTE[role], markersize=4.5)
        if floors is not None:
            ax.plot([i - 0.34, i + 0.34], [floors[name]] * 2, color=PALETTE["ink"], ls=(0, (4, 2)))
    ax.set_xticks(range(len(groups)), list(groups))
    return ax


def suspects(ax, curves, names):
    """Training curves, perplexity by epoch on a log axis: a thin line for each seed."""
    styles = (("state", "-"), ("grad", (0, (5, 2))), ("output", (0, (1, 1.2))))
    for (role, dash), name, runs in zip(styles, names, curves, strict=True):
        for i, run in enumerate(runs):
            epochs = range(1, len(run) + 1)
            style = {"color": PALETTE[role], "linestyle": dash, "linewidth": 1.5}
            ax.semilogy(epochs, run, label=name if i == 0 else None, **style)
    ax.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    ax.minorticks_off()
    ax.set(xlabel="epoch", ylabel="perplexity, as the loop printed it")
    return ax
