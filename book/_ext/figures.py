"""matplotlib's figures inside the page: text stays text, colors follow dark mode, nothing jumps.

While the book is built the kernels draw SVG (a live notebook and the tests keep PNG). Each SVG goes
into the page itself, its palette as the page's variables, with the alternative text that the cell
carries: metadata `mystnb: {image: {alt: "..."}}`. A figure without one is a warning, so an error.
"""

from __future__ import annotations

import os
from pathlib import Path

from docutils import nodes
from markup import markup, on_page
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

KERNEL = """\
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": None}  # the size that the figure asks for
"""


def draw_svg(app: Sphinx) -> None:
    """Kernels started from here find this profile; a reader's own is not touched."""
    home = Path(app.outdir).parent / ".ipython"  # not a shared folder: what lies there is run
    profile = home / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(KERNEL, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(home)


def inline_figures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format != "html":
        return
    from rnn_core.plots.style import tidy_svg

    drawn = Path(app.outdir).parent / "jupyter_execute"
    for node in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir, node["uri"]).resolve()
        if drawn not in path.parents:
            continue
        alt = node.get("alt", "").strip()
        if not alt or alt == node["uri"]:
            logger.warning(
                "a figure has no text for those who cannot see it: give its cell the metadata "
                '`mystnb: {image: {alt: "..."}}`',
                location=node if node.line else docname,
            )
        if path.suffix == ".svg":
            svg = on_page(tidy_svg(path.read_text(encoding="utf-8"), title=alt))
            node.replace_self(markup(html=f'<div class="drawn">{svg}</div>'))


def setup(app: Sphinx) -> dict:
    app.setup_extension("markup")
    app.connect("builder-inited", draw_svg)
    app.connect("doctree-resolved", inline_figures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
