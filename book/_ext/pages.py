"""What a page offers beside its text: the way on, its notebook, the book's address."""

from __future__ import annotations

from pathlib import PurePosixPath

from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tools.student import ARCHIVE


def set_address(app: Sphinx, config) -> None:
    """The one address (`html: baseurl`) serves canonical links and social cards alike."""
    config.ogp_site_url = config.html_baseurl


def complete(app: Sphinx, pagename, templatename, context, doctree) -> None:
    context["root_doc"] = app.config.root_doc
    if doctree is None:
        return
    chapters = [name for name in app.env.toc_secnumbers if app.env.toc_secnumbers[name]]
    if context["next"] and pagename == app.config.root_doc:
        # what stands before the first chapter can wait: a reader starts with it
        first = min(chapters)
        title = app.builder.render_partial(app.env.titles[first])["title"]
        context["next"] = {"link": app.builder.get_relative_uri(pagename, first), "title": title}
    if PurePosixPath(context.get("sourcename", "")).suffix == ".ipynb":
        context["notebook"] = context["pathto"](f"_sources/{context['sourcename']}", True)
        context["archive"] = context["pathto"](ARCHIVE, True)


class Translator(HTML5Translator):
    """Sphinx's, without two habits that screen readers stumble over."""

    def visit_citation(self, node) -> None:  # no role that ARIA has given up
        self.body.append(self.starttag(node, "div", CLASS="citation"))

    def depart_citation(self, node) -> None:
        self.body.append("</div>\n")

    def visit_entry(self, node) -> None:  # an empty corner of a table heads nothing
        super().visit_entry(node)
        if not node.astext().strip() and self.context[-1].startswith("</th"):
            self.body[-1] = self.body[-1].replace("<th", "<td", 1)
            self.context[-1] = "</td>\n"


def visit_hidden(self, node) -> None:
    """What opens hidden code is named by its visible words (WCAG 2.5.3)."""
    start = len(self.body)
    visit_HideCellInput(self, node)
    name = ' aria-label="Toggle hidden content"'
    self.body[start:] = [part.replace(name, "") for part in self.body[start:]]


def setup(app: Sphinx) -> dict:
    app.setup_extension("exercises")  # which writes what is offered here
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden, depart_HideCellInput))
    app.set_translator("html", Translator)
    app.connect("config-inited", set_address)
    app.connect("html-page-context", complete)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
