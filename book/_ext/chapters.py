"""What a chapter says in a form that every front end shows, set as the page sets such things.

Quoted code: in a notebook `quote(RNN.backward)` is a cell whose output is the code
(rnn_core/notebook.py). On the page the code alone is left of a cell that hides its input and puts
out nothing but a listing.

Terms: `[BPTT](../book/glossary.md#term-BPTT)` is a link like any other, and leads to the term.
"""

from docutils import nodes
from sphinx.application import Sphinx

HIDDEN = "tag_remove-input"


def set_quoted_code(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for cell in [node for node in doctree.findall(nodes.container) if HIDDEN in node["classes"]]:
        listings = list(cell.findall(nodes.literal_block))
        alone = [listing.astext() for listing in listings] == [cell.astext()]
        if alone and listings[0].get("language") == "python":
            cell.replace_self(listings[0])


def name_terms(app: Sphinx, doctree: nodes.document) -> None:
    """MyST resolves a link to `page.md#name` among the names that it knows of the page."""
    names = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for term in doctree.findall(nodes.term):
        names.update({name: (term.line, name, term.astext()) for name in term["ids"]})


def setup(app: Sphinx) -> dict:
    app.connect("doctree-read", name_terms, priority=900)  # after MyST's own names
    app.connect("doctree-resolved", set_quoted_code)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
