"""Perplexity drawn: words in batches, the slips beside the right value, losses beside floors."""

import numpy as np
from matplotlib.patches import Rectangle

from rnn_core.words import t

from .diagrams import POINT, _add, number, text
from .style import PALETTE

__all__ = [
    "LEFT",
    "RIGHT",
    "ROW",
    "SLIP",
    "WHY",
    "bar",
    "batch_rows",
    "brief",
    "contexts",
    "floor",
    "learning_curve",
    "log_scale",
    "rule",
    "sizes",
    "slip_rows",
    "words",
]

ROW, SLIP = 30, 36  # px: the height of a row of words, of a reading
LEFT, RIGHT = 138, 56  # px beside the bars

WHY = {  # a few words on each reading
    "right": "the losses of all words, over all words",
    "mean of batch perplexities": "exp before the mean, not after it",
    "exp of the mean of batch losses": "a small batch counts as much as a large one",
    "1 / mean probability": "the mean of p, where the mean of log p belongs",
    "2 to the nats": "nats belong to base e",
    "e to the bits": "bits belong to base 2",
    "exp of the summed loss": "never divided by the number of words",
    "minus sign lost": "gives 1 over the perplexity",
}


def sizes(rows):
    """Where the second half of the picture begins, and how high the whole is, in px."""
    slips = 34 + ROW * rows + 34
    return {"slips": slips, "height": slips + 8 * SLIP + 30}


def batch_rows(ax, probs, counts, cuts, width=640, top=34):
    """A bar for each row of words, as long as their probability; a bracket for each batch."""
    text(ax, 0, 12, t("probability given to the words that came"), role="muted", anchor="left")
    scale = width - LEFT - RIGHT
    for i, (p, n) in enumerate(zip(probs, counts, strict=True)):
        y = top + i * ROW
        bar(ax, LEFT, y + 5, scale, ROW - 10, "wash")
        bar(ax, LEFT, y + 5, scale * p, ROW - 10, "output")
        text(ax, LEFT - 8, y + ROW / 2, words(n), anchor="right")
        text(ax, LEFT + scale + 8, y + ROW / 2, f"{p:.3g}", anchor="left")
    start = 0
    for k, end in enumerate([*np.flatnonzero(cuts), len(probs) - 1]):
        y0, y1 = top + start * ROW + 4, top + (end + 1) * ROW - 4
        rule(ax, [(58, y0), (52, y0), (52, y1), (58, y1)], width=1.25)
        text(ax, 46, (y0 + y1) / 2, t("batch {k}", k=k + 1), role="muted", size=12, anchor="right")
        start = end + 1
    return ax


def words(n):
    return t("1 word") if n == 1 else t("{n} words", n=int(n))


def slip_rows(ax, values, width=640, top=0):
    """A mark for each reading on a logarithmic axis; the right value is the dashed line."""
    right, left = values["right"], 300
    x = log_scale(list(values.values()), left, width - 76)
    base = top + len(values) * SLIP
    text(ax, 0, top - 12, t("what comes out"), role="muted", anchor="left")
    rule(ax, [(x(right), top), (x(right), base)], "ink", 1.5, linestyle=(0, (4, 3)))
    for i, (name, value) in enumerate(values.items()):
        y, weight = top + (i + 0.5) * SLIP, "bold" if name == "right" else "normal"
        same = abs(value - right) <= 1e-9 * right
        role = "ink" if name == "right" else "muted" if same else "grad"
        shade = "ink" if name == "right" else "muted"
        text(ax, 0, y - 8, t(name), shade, anchor="left", weight=weight)
        text(ax, 0, y + 8, t(WHY[name]), role="muted", size=12, anchor="left")
        mark = "o" if same else ">" if value > 1000 else "X"
        ax.plot([x(value)], [y], marker=mark, markersize=6, color=PALETTE[role], clip_on=False)
        text(ax, width, y, brief(value), role=role, anchor="right", weight=weight)
    rule(ax, [(left, base), (width - 76, base)])
    for tick in (1, 10, 100, 1000):
        if tick == 1 or x(tick) < width - 76:
            rule(ax, [(x(tick), base), (x(tick), base + 5)])
            text(ax, x(tick), base + 15, str(tick), role="muted", size=12)
    return ax


def log_scale(values, left, right):
    """From a value to px; the axis holds 0.3 to 30, and more, up to 1000, where it is needed."""
    finite = [v for v in values if np.isfinite(v)]
    low, high = min(0.3, *finite), max(30, min(1000, max(finite)))
    return lambda v: left + (right - left) * np.clip(np.log(v / low) / np.log(high / low), 0, 1)


def bar(ax, x, y, width, height, role):
    _add(ax, Rectangle((x, y), width, height, facecolor=PALETTE[role], edgecolor="none"))
    return ax


def rule(ax, points, role="muted", width=1.0, **kwargs):
    """A thin line through points given in px."""
    style = {"color": PALETTE[role], "linewidth": width * POINT, "clip_on": False, **kwargs}
    ax.plot(*zip(*points, strict=True), **style)
    return ax


def brief(value):
    """2.466, or 1.3e43 where digits say nothing."""
    if value < 1e4:
        return number(value, 3)
    return f"{value:.1e}".replace("e+", "e") if np.isfinite(value) else "∞"


# ---- ordinary plots


def contexts(ax, floors, role="state", **kwargs):
    """The least perplexity of a reader who sees the last 0, 1, 2, ... symbols; floors in nats."""
    ax.plot(range(len(floors)), np.exp(floors), color=PALETTE[role], **kwargs)
    ax.set(xlabel="symbols that the reader sees", ylabel="least possible perplexity")
    return ax


def learning_curve(ax, steps, losses, role="state", **kwargs):
    """Perplexity against the number of updates; losses in nats per symbol."""
    ax.plot(steps, np.exp(losses), color=PALETTE[role], **kwargs)
    ax.set(xlabel="updates", ylabel="perplexity on unseen strings")
    return ax


def floor(ax, loss, words, x=0.99, above=True):
    """A dashed line at exp(loss), with its name at the share x of the width."""
    ax.axhline(np.exp(loss), color=PALETTE["ink"], linestyle=(0, (5, 3)), linewidth=1.25)
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "fontsize": 9.5}
    align = {"ha": "right" if x > 0.5 else "left", "va": "bottom" if above else "top"}
    ax.annotate(words, (x, np.exp(loss)), (0, 4 if above else -4), **place, **align)
    return ax
