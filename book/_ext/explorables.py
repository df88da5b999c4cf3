"""Explorables on the built page: each is its still picture first, and live where scripts run.

myst-nb leaves two things of a widget: its state, and a marker where it was shown. Here the state
becomes a Python object again, which draws the still (for paper, for no JavaScript, for a screen
reader), and the marker becomes the still with a small script behind it. What else Jupyter would
load (require.js, html-manager: 3.6 MB) is not needed, and any other widget has no place on a page:
the build says so.
"""

from __future__ import annotations

import importlib
import json
import re
from html import escape
from pathlib import Path

from docutils import nodes
from markup import markup, on_page
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

HOST = Path(__file__).parent.parent / "_scripts" / "host.js"
VIEW = '<script type="application/vnd.jupyter.widget-view+json">'
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.M)


def widget_states(env, docnames) -> dict[str, dict]:
    """model id -> state, of all widgets on these pages."""
    states = {}
    for docname in docnames:
        files = NbMetadataCollector.get_doc_data(env)[docname].get("js_files", {})
        if "ipywidgets_state" in files:
            body = files["ipywidgets_state"][1]["body"].replace(r"<\/script>", "</script>")
            for model_id, model in json.loads(body)["state"].items():
                states[model_id] = model["state"]
    return states


def revive(state: dict):
    """The Explorable whose state this is, or None if it is another kind of widget."""
    from rnn_core.widgets import Explorable

    module, _, name = state.get("_anywidget_id", "").rpartition(".")
    if not module.startswith("rnn_core."):
        return None
    kind = getattr(importlib.import_module(module), name)
    if not issubclass(kind, Explorable):
        return None
    own = set(kind.class_trait_names(sync=True)) - set(Explorable.class_trait_names())
    return kind(**{trait: state[trait] for trait in own if trait in state})


def in_script(text: str) -> str:
    return re.sub(r"</(?=script)|<!--", lambda found: "<\\" + found[0][1:], text, flags=re.I)


def as_function(esm: str) -> str:
    """The body of a function that returns the module's default export."""
    body, defaults = re.subn(r"^export default\b", "return", EXPORT.sub("", esm), flags=re.M)
    if defaults != 1:
        raise ValueError("an explorable's module has one line that starts with `export default`")
    return body


def mount(widget, state: dict, model_id: str) -> str:
    from rnn_core.widgets.explorable import typeset
    from rnn_core.words import t

    name = type(widget).__name__
    data = json.dumps(
        {trait: state[trait] for trait in widget.own_traits() if trait in state},
        separators=(",", ":"),
        ensure_ascii=False,
    ).replace("<", r"\u003c")
    claim, shows = t(widget.claim), t(widget.shows)
    return (
        f'<div class="explorable" data-figure="{widget._source.stem}">'
        f'<figure class="unrolled-explorable explorable-still" aria-label="{escape(claim)}">'
        f'<p class="u-claim">{typeset(claim)}</p>{on_page(widget.still())}'
        f'<figcaption class="u-caption">{typeset(shows)}</figcaption></figure></div>'
        f'<script>unrolled.show("{name}", "{model_id}", {data});</script>'
    )


def inline_explorables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format != "html":
        return
    views = [node for node in doctree.findall(nodes.raw) if node.astext().startswith(VIEW)]
    if not views:
        return
    docnames = app.env.found_docs if app.builder.name == "singlehtml" else [docname]
    states, seen, styles = widget_states(app.env, docnames), {}, []
    for node in views:
        model_id = json.loads(node.astext().removeprefix(VIEW).removesuffix("</script>"))[
            "model_id"
        ]
        state = states.get(model_id)
        widget = revive(state) if state else None
        if widget is None:
            what = state.get("_model_name", "a widget") if state else "a widget without its state"
            logger.warning(
                f"{what} cannot move on a page without a kernel: show the code, and a text output",
                location=docname,
            )
            continue
        html = mount(widget, state, model_id)
        if type(widget).__name__ not in seen:
            name = type(widget).__name__
            make = in_script(as_function(widget._esm))
            define = f'unrolled.define("{name}", () => {{ "use strict";\n{make}\n}});'
            html = f"<script>{define}</script>{html}"
            styles.append(widget._css)
            if not seen:
                html = f"<script>{in_script(HOST.read_text(encoding='utf-8'))}</script>{html}"
            seen[name] = True
        node.replace_self(markup(html=html))
    app.env.unrolled_styles = {**getattr(app.env, "unrolled_styles", {}), docname: styles}


def one_style(sheets: list[str]) -> str:
    """What the sheets share at their start once, then each one's own rules."""
    if not sheets:
        return ""
    first, *others = sheets
    out = first
    for sheet in others:
        same = 0
        lines, known = sheet.splitlines(True), first.splitlines(True)
        while same < min(len(lines), len(known)) and lines[same] == known[same]:
            same += 1
        out += "".join(lines[same:])
    return re.sub(r"\n\s*", "\n", re.sub(r"/\*.*?\*/", "", out, flags=re.S)).strip()


def add_style(app: Sphinx, pagename, templatename, context, doctree) -> None:
    sheets = getattr(app.env, "unrolled_styles", {}).get(pagename)
    if app.builder.format == "html" and sheets:
        context["metatags"] = f"{context.get('metatags', '')}\n<style>{one_style(sheets)}</style>"
    # myst-nb would put the whole state into the head
    if "script_files" in context:
        context["script_files"] = [
            file
            for file in context["script_files"]
            if getattr(file, "attributes", {}).get("type")
            != "application/vnd.jupyter.widget-state+json"
        ]


def setup(app: Sphinx) -> dict:
    app.setup_extension("markup")
    app.connect("doctree-resolved", inline_explorables)
    app.connect("html-page-context", add_style, priority=900)  # after myst-nb's
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
