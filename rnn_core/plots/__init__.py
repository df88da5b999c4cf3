"""Static figures in the visual language of the book: arrays and an Axes in, the Axes out."""

from .diagrams import (
    array,
    arrow,
    bare,
    canvas,
    cell,
    chain,
    folded,
    label,
    number,
    outgoing,
    text,
    tile,
)
from .style import PALETTE, SIGNED, figure_png, figure_svg, svg

__all__ = [
    "PALETTE",
    "SIGNED",
    "array",
    "arrow",
    "bare",
    "canvas",
    "cell",
    "chain",
    "figure_png",
    "figure_svg",
    "folded",
    "label",
    "number",
    "outgoing",
    "svg",
    "text",
    "tile",
]
