"""The theme's pages, lighter and open to everyone.

The theme is a good page with a heavy head: all of Font Awesome for some twenty icons, scripts that
hold up the first paint, a search index on every page. `EDITS` says what is changed in the finished
HTML, each with its reason. An edit that no longer finds its place is a warning, and so an error:
a new version of the theme cannot undo one unnoticed.

Font Awesome itself stays, cut down to the icons in use: whatever icon a theme adds is found by its
class in the built pages and kept (tests/site/ looks at each).
"""

# ruff: noqa: E501  (the theme's own lines are long)

from __future__ import annotations

import json
import posixpath
import re
from html import escape
from io import BytesIO
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.util import logging

logger = logging.getLogger(__name__)

# why, pattern, replacement, how many times it must be found on a page of the theme
EDITS = [
    (
        "the system's wish for a dark page holds from the first paint, not from the last script on",
        r'document\.documentElement\.dataset\.theme = localStorage\.getItem\("theme"\) \|\| "auto";',
        'document.documentElement.dataset.theme = ["light", "dark"].find((theme) => '
        "theme === document.documentElement.dataset.mode) ?? "
        '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");',
        1,
    ),
    (
        "icons come from the font (540 kB of script less)",
        r"<!-- So that users can add custom icons -->\s*<script[^>]*fontawesome\.js[^>]*></script>",
        "",
        1,
    ),
    (
        "deferred scripts need no preload: it would compete with the stylesheets",
        r"<!-- Pre-loaded scripts that we'll load fully later -->(\s*<link rel=\"preload\"[^>]*>)+",
        "",
        1,
    ),
    (
        "one viewport is enough",
        r'<meta name="viewport" content="width=device-width, initial-scale=1"/>\s*(?=<meta name="docsearch:language)',
        "",
        1,
    ),
    (
        "a button's name is what is seen on it",
        r'title="Search" aria-label="Search"(?= data-bs-placement="bottom" data-bs-toggle="tooltip">\s*<i class="fa-solid fa-magnifying-glass"></i>\s*<span)',
        "",
        None,
    ),
    (
        "the shortcut is no part of that name",
        r'<span class="search-button__kbd-shortcut">',
        '<span class="search-button__kbd-shortcut" aria-hidden="true">',
        None,
    ),
    (
        "icons are decoration",
        r'<(i|span) class="((?:theme-switch )?fa[srb]? [^"]*|(?:theme-switch )?fa-(?:solid|regular|brands) [^"]*)"',
        r'<\1 aria-hidden="true" class="\2"',
        None,
    ),
    (
        "the sidebar is a landmark, its logo inside",
        r'<div id="pst-primary-sidebar" class="([^"]*)">',
        r'<div id="pst-primary-sidebar" class="\1" role="navigation" aria-label="Book">',
        1,
    ),
    ("an empty corner heads nothing", r"<th\b[^>]*>\s*(?:<p>\s*</p>)?\s*</th>", "<td></td>", None),
    (
        "a source in a list of sources: the role is one that ARIA has given up, and not a list item",
        r'(<div[^>]*?)( role="doc-biblioentry"| role="list"(?= class="citation-list"))',
        r"\1",
        None,
    ),
    (
        "nobody advertises here",
        r'<div class="sidebar-primary-items__end sidebar-primary__section">\s*<div class="sidebar-primary-item">\s*<div id="ethical-ad-placement"[^>]*>\s*</div></div>\s*</div>',
        "",
        None,
    ),
    (
        "print shows the article's own heading, once",
        r'<div id="jb-print-docs-body" class="onlyprint">.*?(?=<div id="searchbox">)',
        "",
        None,
    ),
]
SEARCH = r'<script src="[^"]*(searchtools|language_data|searchindex)\.js"></script>'
# a script, and what a page must hold to need it
WHERE = {
    "design-tabs.js": r"sd-tab-",
    "clipboard.min.js": r"highlight",
    "copybutton.js": r"highlight",
    "togglebutton.js": r'class="(?:[^"]* )?(?:toggle|admonition[^"]* dropdown)[ "]',
}
# The page is read and its figures move before these come: buttons of the theme, tooltips, copying.
# (All of them ask whether the page is read already. The search page needs its own at once.)
LATE = (
    "doctools.js",
    "sphinx_highlight.js",
    "clipboard.min.js",
    "copybutton.js",
    "sphinx-book-theme.js",
    "bootstrap.js",
    "pydata-sphinx-theme.js",
)
LOADER = """<script>addEventListener("load", () => { // in this order; then the page says that it is complete
  const scripts = %s.map((src) => Object.assign(document.createElement("script"), { src, async: false }));
  scripts.at(-1).onload = () => document.documentElement.classList.add("is-complete");
  document.head.append(...scripts);
});</script>
"""
# why, script, pattern, replacement, what it leaves: found once each
SCRIPTS = [
    (
        "what scrolls is found by unrolled.js, which does not lay out what is closed to ask",
        "scripts/pydata-sphinx-theme.js",
        r'(const (\w)=\(\)=>\{)document\.querySelectorAll\(\["pre",[^\]]*\]\.join\(", "\)\)'
        r"\.forEach\((\w)=>\{\3\.tabIndex=[^{}]+\?0:-1\}\)(\},\w=\w+\(\2,300\))",
        r"\1\4",
        "const e=()=>{},t=_(e,300)",
    ),
]
SHEET = re.compile(
    r'\s*<link (?=[^>]*rel="stylesheet")[^>]*href="((?:\.\./)*)_static/([^"?]+)[^"]*"[^>]*>'
)
BUNDLE = "book.css"
PLAIN_SCRIPT = re.compile(r'<script( [^>]*)? src="([^"]+)"([^>]*)></script>')


def edited(html: str, pagename: str) -> str:
    for why, pattern, replacement, times in EDITS:
        html, found = re.subn(pattern, replacement, html, flags=re.S)
        if times is not None and found != times:
            logger.warning(
                f"book/_ext/theme.py: {found} places, not {times}, so that {why}",
                location=pagename,
            )
    if pagename != "search":
        html = re.sub(SEARCH, "", html)  # the box leads to the search page, which loads the index
    html = defer(one_sheet(html))
    return html if pagename == "search" else later(html, pagename)


sheets: list[str] = []  # of the pages written in this build, in the order of the page


def one_sheet(html: str) -> str:
    """One stylesheet in place of a dozen; `bundle` writes it."""
    found = SHEET.findall(html)
    sheets.extend(name for _, name in found if name not in sheets)
    first = f'\n<link rel="stylesheet" href="{found[0][0]}_static/{BUNDLE}" />'
    if "<math" in html:  # or lines are broken twice: once in another font
        first += """<script>document.fonts.load('1em "STIX Two Math"')</script>"""
    return SHEET.sub("", html).replace("</title>", "</title>" + first, 1)


def defer(html: str) -> str:
    """Scripts run in their order after the page is read; those that it does not need are left out."""

    def one(found: re.Match) -> str:
        before, path, after = found[1] or "", found[2], found[3]
        name = path.split("?")[0].rsplit("/", 1)[-1]
        if name in WHERE and not re.search(WHERE[name], html):
            return ""
        if re.search(r"\b(defer|async)\b", before + after):
            return found[0]
        return f'<script defer{before} src="{path}"{after}></script>'

    head, end, body = html.partition("</head>")
    return PLAIN_SCRIPT.sub(one, head) + end + body


def later(html: str, pagename: str) -> str:
    """The scripts of LATE come when all else is there."""
    late = re.findall(r'<script defer src="([^"]+)"></script>', html)
    late = [path for path in late if posixpath.basename(path.split("?")[0]) in LATE]
    needed = [name for name in LATE if name not in WHERE or re.search(WHERE[name], html)]
    if len(late) != len(needed):
        logger.warning(
            f"book/_ext/theme.py: {late} should be {needed}: the theme has other scripts now",
            location=pagename,
        )
    for path in late:
        html = html.replace(f'<script defer src="{path}"></script>', "", 1)
    return html.replace("</head>", LOADER % json.dumps(late) + "</head>", 1)


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, with the edits on top."""

    def render(self, template: str, context: dict) -> str:
        html = super().render(template, context)
        if "pst-skip-link" not in html:
            return html
        return edited(self.with_options(html), context["pagename"])

    def init(self, builder, *args, **kwargs):
        super().init(builder, *args, **kwargs)
        self.static = Path(builder.outdir, "_static")

    def with_options(self, html: str) -> str:
        """documentation_options.js, twelve lines that hold up the page, stands in the page."""
        path = self.static / "documentation_options.js"
        if not path.exists():
            return html
        script = " ".join(path.read_text(encoding="utf-8").split())
        tag = r'<script src="[^"]*documentation_options\.js[^"]*"></script>'
        return re.sub(tag, lambda _: f"<script>{script}</script>", html)


def edit_scripts(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    for why, name, pattern, replacement, left in SCRIPTS:
        path = Path(app.outdir, "_static", name)
        script, found = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
        if found:
            path.write_text(script, encoding="utf-8")
        if found != 1 and left not in script:  # (a second build may leave the script as edited)
            logger.warning(f"book/_ext/theme.py: {found} places in {name}, not 1, so that {why}")


# ---- icons


def rules_of_icons(css: str) -> dict[str, str]:
    """Class -> the character that the theme's stylesheet gives it."""
    rules = re.findall(r'((?:\.fa-[\w-]+(?::{1,2}before)?,?)+)\{(?:--fa|content):"([^"]+)"', css)
    icons = {}
    for names, text in rules:
        code = re.fullmatch(r"\\([0-9a-f]+)\s?", text)
        for name in re.findall(r"\.fa-([\w-]+)", names):
            icons[name] = chr(int(code[1], 16)) if code else text
    return icons


def icons_in_use(pages: list[str], css: str) -> set[str]:
    """The characters that these pages show, and those that the theme names for its own use."""
    icons = rules_of_icons(css)
    classes = {name for page in pages for name in re.findall(r"\bfa-([a-z0-9-]+)", page)}
    wanted = {icons[name] for name in classes if name in icons}
    named = re.findall(r'--pst-icon-[\w-]+:"([^"]+)"', css)
    written = re.findall(r'content:"([^"]+)"[^}]*Font Awesome', css)
    for text in named + written:
        code = re.fullmatch(r"\\([0-9a-f]+)\s?", text)
        wanted.add(chr(int(code[1], 16)) if code else text)
    return wanted


def prune_icons(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    from fontTools import subset
    from fontTools.ttLib import TTFont

    static = Path(app.outdir, "_static")
    pages = [page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html")]
    css = "".join(
        (static / "styles" / name).read_text(encoding="utf-8")
        for name in ("pydata-sphinx-theme.css", "sphinx-book-theme.css")
    )
    wanted = icons_in_use(pages, css)
    fonts = list(static.glob("vendor/fontawesome/webfonts/*.woff2"))
    if not fonts:
        logger.warning("book/_ext/theme.py: the theme's icon font is not where it was")
    for path in fonts:
        font = TTFont(path)
        cutter = subset.Subsetter(subset.Options(layout_features=[], name_IDs=[0, 1, 2, 13, 14]))
        cutter.populate(text="".join(wanted))
        cutter.subset(font)
        out = BytesIO()
        font.flavor = "woff2"
        font.save(out)
        path.write_bytes(out.getvalue())
    for left in [*static.glob("vendor/fontawesome/webfonts/*.ttf"), *static.rglob("*.map")]:
        left.unlink()
    for script in static.glob("scripts/fontawesome.js*"):
        script.unlink()


# ---- one stylesheet, of the rules that some page can use

NAME = re.compile(r"[.#]((?:[\w-]|[^\x00-\x7f]|\\.)+)")


def usable(selector: str, words: set[str]) -> bool:
    """Whether every class and id in it occurs, as a word, in some page or script."""
    bare = re.sub(r"\[[^\]]*\]|:not\([^()]*\)|\"[^\"]*\"", "", selector)
    if re.search(r":(is|where|has)\(", bare):
        return True
    return all(name.replace("\\", "") in words for name in NAME.findall(bare))


def pruned(rules: list, words: set[str]) -> str:
    import tinycss2

    out = []
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = tinycss2.serialize(rule.prelude).split(",")
            text = ",".join(parts)
            if text.count("(") == sum(
                part.count("(") == part.count(")") and part.count("(") for part in parts
            ):
                parts = [part for part in parts if usable(part, words)]
            if parts:
                body = tinycss2.serialize(rule.content).strip()
                out.append(f"{','.join(part.strip() for part in parts)}{{{body}}}")
        elif (
            rule.type == "at-rule"
            and rule.content is not None
            and rule.lower_at_keyword in ("media", "supports")
        ):
            inner = pruned(tinycss2.parse_rule_list(rule.content, True, True), words)
            if inner:
                out.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            out.append(rule.serialize())
    return "\n".join(out)


def moved(css: str, folder: str) -> str:
    """The same rules, their relative addresses seen from the folder above `folder`."""

    def one(found: re.Match) -> str:
        quote, address = found[1], found[2]
        if re.match(r"[a-z]+:|#|/", address):
            return found[0]
        return f"url({quote}{posixpath.normpath(posixpath.join(folder, address))}{quote})"

    return re.sub(r"""url\(\s*(["']?)(.*?)\1\s*\)""", one, css)


def read_sheet(static: Path, name: str) -> str:
    """The stylesheet with those that it imports in their place."""
    folder = posixpath.dirname(name)
    css = moved((static / name).read_text(encoding="utf-8"), folder)

    def imported(found: re.Match) -> str:
        return read_sheet(static, posixpath.normpath(posixpath.join(folder, found[1])))

    return re.sub(r"""@import\s+["']([^"']+)["']\s*;""", imported, css)


def bundle(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html" or not sheets:
        return
    import tinycss2

    out, static = Path(app.outdir), Path(app.outdir, "_static")
    words: set[str] = set()
    for path in [*out.rglob("*.html"), *out.rglob("*.js")]:
        if path.name != "searchindex.js":
            words.update(re.findall(r"[\w-]+", path.read_text(encoding="utf-8")))
    parts = []
    for name in sheets:
        rules = tinycss2.parse_stylesheet(read_sheet(static, name), True, True)
        parts.append(pruned(rules, words))
    text = "\n".join(parts)
    (static / BUNDLE).write_text(text + "\n", encoding="utf-8")


# ---- what a page says of itself


def first_words(doctree: nodes.document, length: int = 155) -> str:
    for paragraph in doctree.findall(nodes.paragraph):
        words = " ".join(paragraph.astext().split())
        if len(words) > 40:
            return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + "…"
    return ""


def describe(app: Sphinx, pagename, templatename, context, doctree) -> None:
    if app.builder.format != "html":
        return
    book = re.sub(r"<.*?>", "", app.config.html_title)
    title = re.sub(r"<.*?>", "", context.get("title", "")) or book
    words = first_words(doctree) if doctree is not None else f"{title}, a page of {book}."
    words = words or f"{title}, a page of {book}."
    base = app.config.html_baseurl
    card = (
        f"{base.rstrip('/')}/_static/card.png" if base else context["pathto"]("_static/card.png", 1)
    )
    tags = {
        "og:type": "article" if doctree is not None else "website",
        "og:site_name": book,
        "og:title": title,
        "og:description": words,
        "og:image": card,  # absolute where the book knows its address (html: baseurl)
        "og:image:alt": "A chain of four cells: one recurrent layer, unrolled in time",
    }
    context["metatags"] = "\n".join(
        [
            context.get("metatags", ""),
            f'<meta name="description" content="{escape(words)}" />',
            '<meta name="twitter:card" content="summary_large_image" />',
            *(f'<meta property="{key}" content="{escape(text)}" />' for key, text in tags.items()),
        ]
    )


FRONT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={root}">
<link rel="canonical" href="{root}"></head>
<body><main><h1>{title}</h1><p><a href="{root}">Open the book</a></p></main></body></html>
"""


def write_front(app: Sphinx, exception: Exception | None) -> None:
    """index.html leads to the first page."""
    root = app.config.root_doc
    if not exception and app.builder.name == "html" and root != "index":
        page = FRONT.format(title=app.config.html_title, root=f"{root}.html")
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_front, priority=900)
    app.connect("build-finished", edit_scripts, priority=940)
    app.connect("build-finished", prune_icons, priority=950)
    app.connect("build-finished", bundle, priority=960)  # after formulas.py has written its own
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
