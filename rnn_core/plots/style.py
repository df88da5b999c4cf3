"""The palette, and a Figure as a small SVG string that is the same on every run."""

import hashlib
import io
import re
from contextlib import contextmanager
from xml.sax.saxutils import escape

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

__all__ = [
    "FONTS",
    "PALETTE",
    "SIGNED",
    "SMALLEST",
    "STYLE",
    "drawn",
    "figure_png",
    "figure_svg",
    "on_page",
    "svg",
    "tidy_svg",
]

# Roles, not decoration. The explorables use the same hexes in their light theme (a test says so),
# and the site swaps each hex of an inlined SVG for its CSS variable: so use these and no others.
PALETTE = {
    "ink": "#1b1f24",
    "muted": "#57606a",
    "line": "#c9ced6",
    "paper": "#ffffff",
    "wash": "#f4f5f7",
    "input": "#00795c",  # x, embeddings, data
    "state": "#0065a3",  # h, the forward flow
    "output": "#94367a",  # logits, probabilities
    "grad": "#b84a00",  # gradients, the backward flow
    "weight": "#7a5c00",  # parameters; the thing being held
}
FONTS = {
    "'DejaVu Sans'": "'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', system-ui",
    "'DejaVu Serif'": "'STIX Two Text', Cambria, 'Times New Roman', 'Liberation Serif'",
}
STYLE = "rnn_core.plots.unrolled"

# Signed values: orange below zero, paper at zero, blue above; use with vmin = -vmax.
SIGNED = LinearSegmentedColormap.from_list(
    "unrolled_signed", [PALETTE["grad"], PALETTE["paper"], PALETTE["state"]]
)


def svg(fig, title=""):
    """The Figure as an SVG string: text stays text; no date, no ids but those in use."""
    raw = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "unrolled"}):
        fig.savefig(
            raw,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return tidy_svg(raw.getvalue(), title)


def tidy_svg(out, title=""):
    """What matplotlib writes, made small and safe to stand in a page beside others."""
    out = out[out.index("<svg") :]
    out = re.sub(r"<metadata>.*?</metadata>\s*", "", out, flags=re.S)
    out = re.sub(r"<!--.*?-->\s*", "", out, flags=re.S)
    out = re.sub(r'<defs>\s*<style type="text/css">.*?</style>\s*</defs>\s*', "", out, flags=re.S)
    out = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", out)
    for drawn, asked in FONTS.items():
        out = out.replace(drawn, asked)
    out = _own_ids(out)
    width, height = (float(v) for v in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', out).groups())
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width:g} {height:g}" width="{width * 4 / 3:g}" height="{height * 4 / 3:g}"'
        ' role="img" stroke-linejoin="round" stroke-linecap="butt">'
    )
    name = f"<title>{escape(title)}</title>" if title else ""
    out = root + name + out[out.index(">") + 1 :]
    out = re.sub(r' (?:d|x|y|width|height)="[^"]*"', _two_decimals, out).replace(" \n", " ")
    return re.sub(r">\s+<", "><", out).strip() + "\n"


SMALLEST = 0.75  # of its size: text of 13 px stays at 10


def on_page(svg):
    """The same SVG for a page: its colors follow dark mode, its size a phone, still to be read.

    The palette's hexes become the page's variables.
    """
    for role, color in PALETTE.items():
        svg = re.sub(color, f"var(--u-{role})", svg, flags=re.I)
    width, height = (
        float(re.search(rf'\b{side}="([\d.]+)"', svg)[1]) for side in ("width", "height")
    )
    style = f"min-width: {width * SMALLEST:.0f}px; aspect-ratio: {width:g} / {height:g}"
    return svg.replace("<svg ", f'<svg style="{style}" ', 1)


def _two_decimals(match):
    return re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", match[0])


def _own_ids(out):
    """Drop ids that nobody refers to; prefix the others: two figures on a page share none."""
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", out))
    prefix = "u" + hashlib.sha256(out.encode()).hexdigest()[:8]
    out = re.sub(r' id="([^"]*)"', lambda m: f' id="{prefix}-{m[1]}"' if m[1] in used else "", out)
    return re.sub(r"(url\(#|href=\"#)([^)\"]+)", rf"\1{prefix}-\2", out)


def figure_svg(draw, title=""):
    """draw() in the book's style, whatever style the caller uses, as an SVG string."""
    with drawn(draw) as fig:
        return svg(fig, title)


def figure_png(draw):
    """draw() as a PNG for screens with two dots to a pixel: its bytes, width and height in px."""
    with drawn(draw) as fig:
        raw, (width, height) = io.BytesIO(), fig.get_size_inches() * 96
        fig.savefig(raw, format="png", dpi=192, facecolor=PALETTE["paper"])
        return raw.getvalue(), round(width), round(height)


@contextmanager
def drawn(draw):
    with mpl.rc_context(), plt.style.context(["default", STYLE]):
        fig = draw()
        try:
            yield fig
        finally:
            plt.close(fig)
