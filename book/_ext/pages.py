"""What a page offers beside its text: the way on, its notebook, the book's address."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlencode

import nbformat
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from nbformat.v4 import new_code_cell
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.writers.html5 import HTML5Translator

from tools.student import ARCHIVE

BRANCH_OF_SITE = "gh-pages"  # .github/workflows/pages.yml puts the built site there
SETTINGS = {
    "UNROLLED_BASE": ("html_baseurl", r"https?://[^\s?#]+", "https://somebody.github.io/unrolled"),
    "UNROLLED_REPO": ("unrolled_repository", r"https://[^/\s]+/[^\s?#]+", "https://github.com/a/b"),
    "UNROLLED_BRANCH": ("unrolled_branch", r"[\w./-]+", "main"),
    "UNROLLED_HUB": ("unrolled_hub", r"https?://[^\s?#]+", "https://hub.example.org"),
}
INSTALL = """\
# The book's package, where this notebook was opened alone (Colab, Binder, a hub).
%pip install --quiet "unrolled[widgets] @ git+{repository}@{branch}"
"""


def set_addresses(app: Sphinx, config) -> None:
    """Where the site will stand and where its source is: _config.yml, or the variables of make."""
    for variable, (name, pattern, example) in SETTINGS.items():
        value = os.environ.get(variable) or config[name]
        if value and not re.fullmatch(pattern, value):
            raise ConfigError(f"{variable} should be an address like {example}, got {value}")
        config[name] = value.rstrip("/").removesuffix(".git")
    if config.html_baseurl:
        config.html_baseurl += "/"
    config.ogp_site_url = config.html_baseurl  # canonical links and social cards agree


def launches(config, notebook: str) -> dict[str, str]:
    """Where a chapter can be run with nothing installed: name -> address."""
    repository, path = config.unrolled_repository, quote(f"run/{notebook}", safe="")
    found = {}
    if repository.startswith("https://github.com/"):
        place = repository.removeprefix("https://github.com/")
        colab = "https://colab.research.google.com/github"
        found["Colab"] = f"{colab}/{place}/blob/{BRANCH_OF_SITE}/run/{notebook}"
        found["Binder"] = f"https://mybinder.org/v2/gh/{place}/{BRANCH_OF_SITE}?labpath={path}"
    if repository and config.unrolled_hub:
        folder = repository.rsplit("/", 1)[-1]
        asked = urlencode(
            {
                "repo": repository,
                "branch": BRANCH_OF_SITE,
                "urlpath": f"lab/tree/{folder}/run/{notebook}",
            }
        )
        found["your hub"] = f"{config.unrolled_hub}/hub/user-redirect/git-pull?{asked}"
    return found


def complete(app: Sphinx, pagename, templatename, context, doctree) -> None:
    context["root_doc"] = app.config.root_doc
    context["html_baseurl"] = app.config.html_baseurl
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
        if pagename.startswith("notebooks/"):  # what `run/` below holds
            context["launches"] = launches(app.config, PurePosixPath(pagename).name + ".ipynb")
    if app.config.unrolled_repository:
        path = Path(app.env.doc2path(pagename)).relative_to(app.srcdir).as_posix()
        folder = f"blob/{app.config.unrolled_branch}"
        if "gitlab" in app.config.unrolled_repository:
            folder = f"-/{folder}"
        context["source_of_page"] = f"{app.config.unrolled_repository}/{folder}/{path}"


def write_what_a_host_needs(app: Sphinx, exception: Exception | None) -> None:
    """A sitemap, if the address is known; notebooks that install the package, if its source is."""
    if exception or app.builder.name != "html":
        return
    out, config = Path(app.outdir), app.config
    if config.html_baseurl:
        pages = (f"{config.html_baseurl}{name}.html" for name in sorted(app.env.found_docs))
        rows = "".join(f"  <url><loc>{escape(page)}</loc></url>\n" for page in pages)
        sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
        text = f'<?xml version="1.0" encoding="utf-8"?>\n{sitemap}'
        (out / "sitemap.xml").write_text(text, encoding="utf-8")
    if config.unrolled_repository:
        (out / "run").mkdir(exist_ok=True)
        code = INSTALL.format(repository=config.unrolled_repository, branch=config.unrolled_branch)
        for path in sorted(out.glob("_sources/notebooks/*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            notebook.cells.insert(0, new_code_cell(code.rstrip(), id="install"))
            nbformat.write(notebook, out / "run" / path.name)


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
    for name, default in (("repository", ""), ("branch", "main"), ("hub", "")):
        app.add_config_value(f"unrolled_{name}", default, "html", types=[str])
    app.connect("config-inited", set_addresses)
    app.connect("build-finished", write_what_a_host_needs, priority=900)  # after exercises.py
    app.connect("html-page-context", complete)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
