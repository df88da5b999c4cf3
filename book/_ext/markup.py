"""A node that carries finished HTML: unlike docutils' raw, the search index leaves it alone."""

import re

from docutils import nodes

from rnn_core.plots import PALETTE

SMALLEST = 0.75  # of its size: text of 13 px stays at 10


class markup(nodes.General, nodes.Element):
    """`html` goes into the page as it stands."""


def write(self, node):
    self.body.append(node["html"])
    raise nodes.SkipNode


def leave_out(self, node):
    raise nodes.SkipNode


def themed(svg: str) -> str:
    """The palette's hexes become the page's variables, so that a picture follows dark mode."""
    for role, color in PALETTE.items():
        svg = re.sub(color, f"var(--u-{role})", svg, flags=re.I)
    return svg


def on_page(svg: str) -> str:
    """A picture that follows dark mode, and a phone down to where its text is still read."""
    width, height = (
        float(re.search(rf'\b{side}="([\d.]+)"', svg)[1]) for side in ("width", "height")
    )
    style = f"min-width: {width * SMALLEST:.0f}px; aspect-ratio: {width:g} / {height:g}"
    return themed(svg).replace("<svg ", f'<svg style="{style}" ', 1)


def setup(app):
    app.add_node(
        markup,
        html=(write, None),
        latex=(leave_out, None),
        text=(leave_out, None),
        man=(leave_out, None),
        texinfo=(leave_out, None),
    )
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
