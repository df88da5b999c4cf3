"""Figures of the language model: its layers, what it expects next, how it learns."""

import numpy as np

from .diagrams import arrow, cell, label, text
from .style import PALETTE

__all__ = ["clipped", "language_model", "learning_curve", "next_word_bars"]


def language_model(ax, x, y, words, targets=None, pitch=150):
    """The layers above each word, bottom up: Embedding, RNN, Affine, softmax; copies in time.

    Parameters
    ----------
    ax : Axes
        Of `canvas`; y grows downward.
    x, y : float
        Center of the first word.
    words : list of str
    targets : list of str, optional
        Given, each softmax is followed by the loss of its target, and the losses by their mean.
    pitch : float
        From one step to the next.
    """
    wide, high, gap = 96, 34, 62
    layers = ["Embedding", "RNN", "Affine", "Softmax" if targets is None else "Softmax, loss"]
    for t, word in enumerate(words):
        cx = x + t * pitch
        text(ax, cx, y, word, role="input", size=14)
        for i, name in enumerate(layers):
            cy = y - (i + 1) * gap
            role = {"RNN": "state", "Affine": "ink", "Embedding": "input"}.get(name, "output")
            arrow(ax, [(cx, cy + gap - (16 if i == 0 else high / 2)), (cx, cy + high / 2)])
            cell(ax, cx, cy, wide, high, role=role)
            text(ax, cx, cy, name, size=12)
        rnn = y - 2 * gap
        label(ax, cx + wide / 2 + 24, rnn - 14, "h", t + 1, role="state", size=15)
        end = cx + pitch - wide / 2 if t + 1 < len(words) else cx + wide / 2 + 34
        arrow(ax, [(cx + wide / 2, rnn), (end, rnn)])
        top = y - 4 * gap - high / 2
        if targets is None:
            arrow(ax, [(cx, top), (cx, top - 24)], role="output")
            label(ax, cx, top - 38, "p", t + 1, role="output", size=15)
        else:
            text(ax, cx - wide / 2, top - 12, targets[t], role="muted", size=12, anchor="left")
            arrow(ax, [(cx + 30, top), (cx + 30, top - 34)], role="output")
            label(ax, cx + 42, top - 18, "L", t + 1, role="output", size=15, anchor="left")
    if targets is not None:
        middle, span = x + 30 + (len(words) - 1) * pitch / 2, (len(words) - 1) * pitch + wide
        cell(ax, middle, top - 51, span, high, role="output")
        text(ax, middle, top - 51, "mean over all counted tokens", size=12)
        arrow(ax, [(middle, top - 68), (middle, top - 94)], role="output")
        label(ax, middle, top - 106, "L", role="output")
    return ax


def next_word_bars(ax, words, rnn, bigram):
    """Two bars for each word: what the RNN expects (filled), what the bigram model does (outlined).

    Parameters
    ----------
    ax : Axes
    words : list of str
    rnn, bigram : arrays (V,)
        Probabilities.
    """
    y = np.arange(len(words))
    ax.barh(y - 0.19, rnn, 0.34, color=PALETTE["output"], label="RNN")
    ax.barh(
        y + 0.19, bigram, 0.34, color=PALETTE["paper"], edgecolor=PALETTE["muted"], label="bigram"
    )
    for shift, probs, role in ((-0.19, rnn, "output"), (0.19, bigram, "muted")):
        for i, p in enumerate(probs):
            words_style = {"va": "center", "color": PALETTE[role], "fontsize": 8.5}
            ax.text(p + 0.015, i + shift, f"{p:.3f}", **words_style)
    ax.set_yticks(y, [clipped(word) for word in words], parse_math=False)
    ax.set(xlim=(0, 1.12), ylim=(len(words) - 0.5, -0.5), xlabel="probability of the next word")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    return ax


def learning_curve(ax, steps, perplexities, floor, at=None):
    """Perplexity against training steps on a log axis, and the floor of a model without memory.

    Parameters
    ----------
    ax : Axes
    steps, perplexities : sequences
    floor : float
    at : int, optional
        The index of the point to mark.
    """
    ax.semilogy(steps, perplexities, marker="o", markersize=3.5, color=PALETTE["output"])
    ax.axhline(floor, linestyle="--", linewidth=1.25, color=PALETTE["ink"])
    ax.text(steps[-1], floor * 1.03, f"without memory: {floor:.3f}", ha="right", va="bottom")
    if at is not None:
        ax.plot(steps[at], perplexities[at], "o", markersize=9, color=PALETTE["output"])
    top = max(*perplexities, floor)
    ticks = [v for v in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if v <= top * 1.1]
    ax.set_yticks(ticks, [str(v) for v in ticks])
    ax.minorticks_off()
    ax.set(xlabel="training step", ylabel="perplexity", ylim=(0.95, top * 1.15))
    return ax


def clipped(word, length=14):
    """A word that fits beside a bar."""
    return word if len(word) <= length else word[: length - 1] + "…"
