"""An automaton drawn: its states, the symbols between them, the state that is held."""

import numpy as np
from matplotlib.patches import Circle

from ..words import t
from .diagrams import _add, arrow, number, text
from .perplexity import bar, rule
from .style import PALETTE

__all__ = ["INNER", "OUTER", "RADIUS", "automaton", "chances", "layout", "running_mean", "strip"]

RADIUS = 13
INNER = {
    "0": (0, 1), "1": (1, 1), "2": (2, 0), "3": (2, 2), "4": (3, 0), "5": (3, 2), "6": (4, 1),
}  # fmt: skip
OUTER = {"start": (0, -1.5), "choose": (1, -1.5), "close": (3, -1.5), "end": (4, -1.5)}


def layout(grammar):
    """Nodes and arcs of a Reber automaton for a drawing, here and in JavaScript, as plain JSON.

    Places are in units: columns 0 to 4, rows downward.  An arc holds all symbols between its
    two nodes and, where it is not straight, the corners on its way.
    """
    places = {**INNER, **OUTER}
    nodes = [{"name": s if s in INNER else "", "at": list(places[s])} for s in grammar.states]
    arcs = {}
    for s, v in zip(*np.nonzero(grammar.probs), strict=True):
        target = int(grammar.next_state[s, v])
        arc = arcs.setdefault((int(s), target), {"from": int(s), "to": target, "symbols": ""})
        arc["symbols"] += grammar.vocab.tokens[v]
    embedded = "start" in grammar.states
    for arc in arcs.values():
        back = arc["to"] == 0
        arc["via"] = [[4, -2.3], [0, -2.3]] if embedded else [[4, 2.9], [0, 2.9]]
        arc["via"] = arc["via"] if back else []
        arc["up"] = nodes[arc["from"]]["at"][1] < 1  # where a loop has room
    rows = [-2.6, 2.7] if embedded else [-0.75, 3.1]
    return {"nodes": nodes, "arcs": list(arcs.values()), "rows": rows}


def automaton(ax, plan, held, may, box=(0, 0, 380, 230)):
    """The states and arcs of `layout`; `held` has the heavy outline, only `may` can leave it."""
    x0, y0, width, height = box
    low, high = plan["rows"]

    def px(place):
        x, y = x0 + 22 + place[0] / 4 * (width - 44), y0 + (place[1] - low) / (high - low) * height
        return np.array([x, y])

    for arc in plan["arcs"]:
        here = arc["from"] == held
        p, q = (px(plan["nodes"][arc[end]]["at"]) for end in ("from", "to"))
        spot = _arc(ax, p, q, [px(corner) for corner in arc["via"]], arc["up"], here)
        symbols = "/".join(v for v in arc["symbols"] if not here or v in may)
        wide = 9 * len(symbols) + 6
        bar(ax, spot[0] - wide / 2, spot[1] - 8, wide, 16, "paper")
        text(ax, *spot, symbols, "ink" if here else "muted", weight="bold" if here else "normal")
    for k, node in enumerate(plan["nodes"]):
        role, heavy = ("weight", 2) if k == held else ("muted", 1)
        style = {"facecolor": PALETTE["paper"], "edgecolor": PALETTE[role], "linewidth": heavy}
        _add(ax, Circle(px(node["at"]), RADIUS, zorder=2, **style))
        text(ax, *px(node["at"]), node["name"], role="muted", size=12, zorder=3)
    return ax


def _arc(ax, p, q, via, up, here):
    """From node p to node q; returns where its symbols go."""
    style = {"role": "ink" if here else "muted", "width": 2 if here else 1.25}
    if np.array_equal(p, q):
        side = -1 if up else 1
        corners = [p + (dx, side * dy) for dx, dy in ((-8, 10), (-16, 34), (16, 34), (8, 10))]
        arrow(ax, corners, radius=12, **style)
        return p + (0, side * 34)
    points = [p, *via, q]
    first, last = _unit(points[1] - p), _unit(points[-2] - q)
    points[0], points[-1] = p + RADIUS * first, q + RADIUS * last
    arrow(ax, points, **style)
    middle = len(points) // 2
    return (points[middle - 1] + points[middle]) / 2


def _unit(v):
    return v / (np.hypot(*v) or 1)


def chances(ax, symbols, truth, model=None, box=(400, 10, 240, 200)):
    """For each symbol its true chance, an outline, and inside it the model's, filled."""
    x0, y0, width, height = box
    pitch, top, base = width / len(symbols), y0 + 40, y0 + height - 22
    scale, wide = base - top, width / len(symbols) - 4
    words = t("next symbol: outline true, filled RNN")
    words = t("next symbol, true chances") if model is None else words
    text(ax, x0, y0 + 8, words, role="muted", anchor="left", size=12)
    for v, symbol in enumerate(symbols):
        x, tall = x0 + pitch * v + 2, scale * truth[v]
        if model is not None:
            bar(ax, x + 3, base - scale * model[v], wide - 6, scale * model[v], "output")
        if truth[v] > 0:
            outline = [(x, base), (x, base - tall), (x + wide, base - tall), (x + wide, base)]
            rule(ax, outline, "ink", 2)
            text(ax, x + wide / 2, base - tall - 9, number(truth[v]), size=12)
        role, weight = ("ink", "bold") if truth[v] > 0 else ("muted", "normal")
        text(ax, x + wide / 2, base + 12, symbol, role, weight=weight)
    rule(ax, [(x0, base), (x0 + width, base)])
    return ax


def strip(ax, walk, rows, x=0, y=0, width=640, pitch=40):
    """The last symbols of a walk, and below each what it cost; rows: {name: bits}."""
    shown = walk[-int((width - 64) // pitch) :]
    text(ax, x, y, t("bits for"), role="muted", size=12, anchor="left")
    for i, symbol in enumerate(shown):
        text(ax, x + 64 + (i + 0.5) * pitch, y, symbol, role="input", size=15, weight="bold")
    for k, (name, bits) in enumerate(rows.items()):
        line = y + 22 + 20 * k
        text(ax, x, line, t(name), role="muted", size=12, anchor="left")
        for i, words in enumerate(["", *(number(b) for b in bits)][-len(shown) :]):
            text(ax, x + 64 + (i + 0.5) * pitch, line, words, size=12)
    return ax


def running_mean(ax, rows, floor):
    """The mean of the bits so far after each symbol, for each reader, and the floor it falls to."""
    for (name, bits), role in zip(rows.items(), ("state", "output"), strict=False):
        count = np.arange(1, len(bits) + 1)
        ax.plot(count + 1, np.cumsum(bits) / count, color=PALETTE[role], label=name)
    ax.axhline(floor, color=PALETTE["ink"], linestyle=(0, (5, 3)), linewidth=1.25)
    style = {"ha": "right", "va": "top", "textcoords": "offset points", "fontsize": 9.5}
    ax.annotate(
        t("floor: {bits}", bits=number(floor, 3)),
        (1, floor),
        (0, -2),
        ("axes fraction", "data"),
        **style,
    )
    ax.set(xlim=(0, 24 * -(-max(map(len, rows.values()), default=1) // 24)), ylim=(0, None))
    ax.set(xlabel=t("symbols read"), ylabel=t("mean bits"))
    return ax
