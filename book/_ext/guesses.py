"""What a guess is about stays folded until the reader has committed to it.

In a notebook, the cells that tell the outcome carry the tag ``outcome``: the cell that computes it
and the paragraphs that speak of it.  On the page such a run of cells is a native ``<details>``,
open in the source (on paper, without scripts) and closed by ``book/_scripts/guesses.js`` before it
is painted; "Show me" opens it, and so does a guess.  A run holds no heading: the table of contents
should not tell.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from rnn_core.words import t

TAG = "outcome"


def folded(notebook):
    """The notebook with each run of outcome cells between the two ends of a <details>."""
    cells, inside = [], False
    for cell in [*notebook.cells, None]:
        tells = cell is not None and TAG in cell.metadata.get("tags", [])
        if tells and cell.cell_type == "markdown" and re.search(r"^#{1,6} ", cell.source, re.M):
            raise ValueError(f"an outcome should hold no heading, got {cell.source[:40]!r}")
        if tells and not inside:
            cells.append(raw(f'<details class="outcome" open><summary>{t("Show me")}</summary>'))
        if inside and not tells:
            cells.append(raw("</details>"))
        inside = tells
        if cell is not None:
            cells.append(cell)
    notebook.cells = cells
    return notebook


def raw(html: str):
    return new_markdown_cell(f"```{{raw}} html\n{html}\n```")


def fold(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix != ".ipynb" or f'"{TAG}"' not in source[0]:
        return
    try:
        notebook = folded(nbformat.reads(source[0], as_version=4))
    except ValueError as error:
        raise ExtensionError(f"{docname}: {error}") from error
    source[0] = nbformat.writes(notebook, version=4)


def add_script(app: Sphinx, pagename, templatename, context, doctree) -> None:
    if 'details class="outcome"' in context.get("body", ""):
        app.add_js_file("guesses.js")  # in the head, so that nothing is painted first


def setup(app: Sphinx) -> dict:
    app.connect("source-read", fold)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
