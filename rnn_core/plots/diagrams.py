"""The diagrams' vocabulary: arrays, cells, arrows both ways, the layer folded and unrolled.

One unit is one CSS pixel, y grows downward: the same numbers place a mark here and in
``widgets/shared/draw.js``.  Begin with ``fig, ax = canvas(640, 240)``; every other function takes
that Axes first and returns it.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from .style import PALETTE

__all__ = [
    "POINT",
    "array",
    "arrow",
    "bare",
    "canvas",
    "cell",
    "chain",
    "folded",
    "label",
    "number",
    "outgoing",
    "text",
    "tile",
]

POINT = 0.75  # points per CSS pixel


def canvas(width, height):
    """A Figure of `width` x `height` px and one bare Axes that covers it."""
    fig = plt.figure(figsize=(width / 96, height / 96), dpi=96, layout="none")
    fig.patch.set_visible(False)
    return fig, bare(fig.add_axes((0, 0, 1, 1)), width, height)


def bare(ax, width, height):
    """Make `ax` a sheet of `width` x `height` px: no frame, no ticks, y downward."""
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    ax.axis("off")
    return ax


def _add(ax, patch):
    patch.set_clip_on(False)
    ax.add_artist(patch)
    patch.set_clip_path(None)


def number(value, digits=2):
    """0.4999 -> "0.50", -1 -> "−1.00" with a real minus sign, and never "−0.00"."""
    words = f"{value:.{digits}f}"
    return words.lstrip("-") if float(words) == 0 else words.replace("-", "−")


def text(ax, x, y, words, role="ink", size=13, anchor="center", **kwargs):
    ax.text(
        x,
        y,
        words,
        color=PALETTE[role],
        fontsize=size * POINT,
        ha=anchor,
        va="center_baseline",
        **kwargs,
    )
    return ax


def label(ax, x, y, symbol, index="", role="ink", size=17, anchor="center"):
    """A symbol with its index below: label(ax, x, y, "h", "t−1")."""
    index = str(index)
    wide = size * sum(0.87 if letter.isupper() else 0.5 for letter in symbol)
    narrow = 0.5 * max(12, 0.72 * size) * len(index)
    left = x - {"center": (wide + narrow) / 2, "left": 0, "right": wide + narrow}[anchor]
    style = {"color": PALETTE[role], "family": "serif", "ha": "left", "va": "baseline"}
    ax.text(left, y + 0.3 * size, symbol, fontsize=size * POINT, style="italic", **style)
    if index:
        ax.text(left + wide, y + 0.55 * size, index, fontsize=max(12, 0.72 * size) * POINT, **style)
    return ax


def tile(ax, x, y, value, size=34, vmax=1, digits=2, held=False, words=None, height=None):
    """A square with its number; blue above zero, orange below, stronger when larger."""
    height = height or size
    share = min(1, abs(value) / vmax) if np.isfinite(value) else 0
    corner, box = (x + 0.5, y + 0.5), (size - 1, height - 1)
    _add(ax, Rectangle(corner, *box, facecolor=PALETTE["paper"], edgecolor="none"))
    _add(
        ax,
        Rectangle(
            corner,
            *box,
            facecolor=PALETTE["grad" if value < 0 else "state"],
            alpha=0.45 * share,
            edgecolor="none",
        ),
    )
    _add(
        ax,
        Rectangle(
            corner,
            *box,
            fill=False,
            edgecolor=PALETTE["weight" if held else "line"],
            linewidth=(2.5 if held else 1) * POINT,
        ),
    )
    if size >= 26:
        text(
            ax,
            x + size / 2,
            y + height / 2,
            words if words is not None else number(value, digits),
            size=13 if size >= 38 else 12,
        )
    return ax


def array(ax, x, y, values, size=34, column=False, held=None, **kwargs):
    """A row (or column) of tiles whose upper left corner is (x, y)."""
    values = np.asarray(values, dtype=float)
    for i in sorted(
        range(len(values)), key=lambda i: i == held
    ):  # the held one last: its outline lies on top
        tile(
            ax,
            x + (0 if column else i * size),
            y + (i * size if column else 0),
            values[i],
            size,
            held=i == held,
            **kwargs,
        )
    return ax


def cell(ax, x, y, width=64, height=48, symbol="", index="", role="ink"):
    """A rounded rectangle around (x, y)."""
    box = FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0,rounding_size=8"
    )
    box.set(facecolor=PALETTE["paper"], edgecolor=PALETTE[role], linewidth=1.5 * POINT)
    _add(ax, box)
    return label(ax, x, y, symbol, index) if symbol else ax


def arrow(ax, points, backward=False, cut=False, role=None, width=1.75, head=True, radius=12):
    """An arrow through `points`, with round corners.

    Forward: solid line, filled head.  Backward: dashed line, open head.  `cut`: stopped midway.
    """
    color = PALETTE[role or ("grad" if backward else "state")]
    points = [np.asarray(p, dtype=float) for p in points]
    pieces = [points]
    if cut:
        pieces, bars = _cut_apart(points)
        for bar in bars:
            ax.plot(
                *zip(*bar, strict=True),
                color=PALETTE["ink"],
                linewidth=2 * POINT,
                solid_capstyle="butt",
                clip_on=False,
            )
    elif head and not backward:
        pieces = [[*points[:-1], points[-1] - 6 * _unit(points[-2], points[-1])]]
    dash = (0, (5 / width, 4 / width)) if backward else "solid"
    for piece in pieces:
        _add(
            ax,
            PathPatch(
                _rounded(piece, radius),
                fill=False,
                edgecolor=color,
                linewidth=width * POINT,
                linestyle=dash,
            ),
        )
    if head:
        along = _unit(points[-2], points[-1])
        across = np.array([-along[1], along[0]])
        wings = [
            points[-1] - 8 * along + 4 * across,
            points[-1],
            points[-1] - 8 * along - 4 * across,
        ]
        if backward:
            ax.plot(*zip(*wings, strict=True), color=color, linewidth=width * POINT, clip_on=False)
        else:
            _add(ax, Polygon(wings, closed=True, facecolor=color, edgecolor="none"))
    return ax


def _unit(p, q):
    return (q - p) / (np.hypot(*(q - p)) or 1)


def _rounded(points, radius):
    vertices, codes = [points[0]], [Path.MOVETO]
    for p, q, r in zip(points, points[1:], points[2:], strict=False):
        s = min(radius, np.hypot(*(q - p)) / 2, np.hypot(*(r - q)) / 2)
        vertices += [q - s * _unit(p, q), q, q + s * _unit(q, r)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _cut_apart(points):
    """A gap of 10 px with a short bar on either side, in the middle of the longest piece."""
    k = int(np.argmax([np.hypot(*(q - p)) for p, q in pairwise(points)]))
    middle, along = (points[k] + points[k + 1]) / 2, _unit(points[k], points[k + 1])
    across = np.array([-along[1], along[0]])
    pieces = [[*points[: k + 1], middle - 5 * along], [middle + 5 * along, *points[k + 1 :]]]
    return pieces, [
        [middle + s * 4 * along - 7 * across, middle + s * 4 * along + 7 * across] for s in (-1, 1)
    ]


def folded(ax, x, y, t="t", width=64, height=48):
    """The layer as one cell around (x, y) whose state comes back to it."""
    arrow(ax, [(x, y + height / 2 + 44), (x, y + height / 2)], role="input")
    arrow(ax, [(x, y - height / 2), (x, y - height / 2 - 44)])
    right, left, over = x + width / 2, x - width / 2, y - height / 2 - 78
    arrow(
        ax,
        [
            (right, y),
            (right + 30, y),
            (right + 30, over),
            (left - 30, over),
            (left - 30, y),
            (left, y),
        ],
    )
    cell(ax, x, y, width, height, "A" if t is None else "")
    label(ax, x, y + height / 2 + 58, "x", t, role="input")
    return label(ax, x, y - height / 2 - 58, "h", t, role="state")


def outgoing(ax, x, y, style="two", width=64, height=48):
    """One cell around (x, y) and its way out, as textbooks draw it.

    ``"two"``: an arrow up and one to the right, each marked h_t; ``"fork"``: one arrow that forks
    above the cell; ``"named"``: y_t up, h_t to the right.
    """
    top, right = y - height / 2, x + width / 2
    arrow(ax, [(x, y + height / 2 + 34), (x, y + height / 2)], role="input")
    label(ax, x, y + height / 2 + 48, "x", "t", role="input")
    arrow(ax, [(x - width / 2 - 40, y), (x - width / 2, y)])
    label(ax, x - width / 2 - 60, y, "h", "t−1", role="state")
    arrow(ax, [(x, top), (x, top - 34)])
    label(ax, x, top - 48, "y" if style == "named" else "h", "t", role="state")
    start = [(x, top - 14), (right + 8, top - 14), (right + 8, y)] if style == "fork" else []
    arrow(ax, [*start, (right if not start else right + 8, y), (right + 40, y)])
    if style != "fork":
        label(ax, right + 56, y, "h", "t", role="state")
    return cell(ax, x, y, width, height)


def chain(ax, x, y, steps=3, pitch=130, first=1, width=64, height=48, backward=False, cuts=()):
    """`steps` copies of the cell, rightward from (x, y): x_t from below, h_t up and onward.

    `backward` draws the gradient's way beside the state's; `cuts` holds the steps t whose arrow
    back from t+1 is cut.
    """
    arrow(ax, [(x - pitch / 2, y), (x - width / 2, y)])
    label(ax, x - pitch / 2 - 14, y, "h", first - 1, role="state")
    for k in range(steps):
        t, center = first + k, x + k * pitch
        arrow(ax, [(center, y + height / 2 + 34), (center, y + height / 2)], role="input")
        arrow(ax, [(center, y - height / 2), (center, y - height / 2 - 34)])
        label(ax, center, y + height / 2 + 48, "x", t, role="input")
        label(ax, center, y - height / 2 - 48, "h", t, role="state")
        cell(ax, center, y, width, height)
        if k + 1 < steps:
            shift = 9 if backward else 0
            arrow(ax, [(center + width / 2, y - shift), (center + pitch - width / 2, y - shift)])
            if backward:
                arrow(
                    ax,
                    [(center + pitch - width / 2, y + 9), (center + width / 2, y + 9)],
                    backward=True,
                    cut=t in cuts,
                )
    return ax
