"""Python in the page: "Try it here" under every exercise, "Change and run" in every cell.

What a page gets before the press is a button and a small script. The press loads the rest from
`_static/engine`: the editor, the chapter's cells, and Python itself (tools/engine.py). Where no
source of the engine can be reached the book is built without the buttons, and says so; in CI that
is an error.

The editor, `book/_engine/editor.bundle.js`, is CodeMirror 6 and is committed, though it is made by
a tool: the book is built with Python alone, on machines that have no Node, and a page whose editor
depends on the builder's machine would be two books. Its versions are pinned with their hashes in
`book/_engine/package-lock.json`; `npm ci && npm run build` in that folder makes it anew, its first
line names the sources that it was made of, and a test holds the two against each other.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import os
import re
import sys
from html import escape
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.parsers.rst import Directive
from markup import markup
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tools import engine, student  # noqa: E402

logger = logging.getLogger(__name__)

FOLDER = "engine"  # below _static
SENT = ("press.js", "page.js", "page.css", "editor.bundle.js")
NOTICES = "NOTICES.txt"
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
CHECK = re.compile(r"\.require\(\)\s*$")


# ---- the cells of a chapter, as the page knows them


def chapter(path: Path) -> dict:
    """What the page's script has to know of a chapter."""
    notebook = nbformat.read(path, as_version=4)
    edition = student.student_edition(notebook)
    cells, exercises, title, waiting = [], {}, "", None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found = re.search(r"^#+ Exercise (.*)$", cell.source, re.M)
            title = f"exercise {found[1]}" if found else title
        elif student.role(cell, "solution"):
            waiting = cell
        elif waiting is not None and student.role(cell, "grade"):
            exercises[grade_id(waiting)] = exercise(waiting, cell, title, len(cells))
            waiting = None
        else:
            cells.append({"id": cell.id, "source": cell.source})
    return {
        "name": path.stem,
        "cells": cells,
        "exercises": exercises,
        "notebook": json.loads(nbformat.writes(edition, version=4)),
    }


def exercise(answer, check, title: str, cells: int) -> dict:
    """An exercise: its stub, the call that judges it, the cells before it."""
    test = CHECK.sub("", student.without_hidden_tests(check).strip())
    call = ast.parse(test, mode="eval").body
    kind, name = (ast.unparse(part) for part in call.args)
    return {
        "id": ast.literal_eval(kind),
        "name": name,
        "title": title,
        "stub": student.stub(answer),
        "check": test,
        "before": list(range(cells)),
        "form": form(ast.literal_eval(kind)),
    }


def form(name: str) -> dict | None:
    """How an exercise that is answered by a value is asked: a number, or choices by name."""
    from rnn_core.checks.judge import make_cases
    from rnn_core.checks.runner import find

    asked = find(name)
    if not asked.value:
        return None
    functions = [asked.reference, *(mistake.function for mistake in asked.mistakes)]
    given = []
    for seed in (None, 1, 2):
        (args,) = make_cases(asked, seed).values()
        given += [function(*copy.deepcopy(args)) for function in functions]
    if not isinstance(given[0], dict):
        return {"choices": None}
    words = {word for one in given if isinstance(one, dict) for word in one.values()}
    return {"names": list(given[0]), "choices": sorted(words)}


def graded(cell) -> bool:
    return student.role(cell, "solution") or student.role(cell, "grade")


def grade_id(cell) -> str:
    return cell.metadata["nbgrader"]["grade_id"]


# ---- what stands in the page


class TryIt(Directive):
    """The stub of an exercise, to be read; where scripts run, a button that makes it an editor."""

    required_arguments = 1
    has_content = True

    def run(self):
        code = "\n".join(self.content)
        listing = nodes.literal_block(code, code, language="python")
        return [listing, markup(html=press("try-it", self.arguments[0], "Try it here"))]


BAR = """\
<div class="answers" data-chapter="{chapter}">
<p><span class="so-far">{count}</span> The button under each exercise starts Python in this page.
Your answers stay in this browser, and nowhere else.</p>
<p class="not-kept" hidden>This browser keeps nothing now: its storage is full or switched off.
Export your answers before you leave.</p>
<p><button type="button" data-does="export">Export as a notebook</button>
<button type="button" data-does="import">Import a notebook</button>
<button type="button" data-does="forget">Forget all</button></p></div>"""


class Answers(Directive):
    """How far one has come in this chapter, and what one can do with the answers."""

    def run(self):
        env = self.state.document.settings.env
        chapter = Path(env.docname).name
        return [markup(html=BAR.format(chapter=chapter, count="You can do the exercises here."))]


def press(kind: str, cell: str, words: str) -> str:
    return (
        f'<div class="{kind}" data-cell="{escape(cell)}"><button type="button">{words}</button>'
        "</div>"
    )


def add_buttons(app: Sphinx, docname: str, source: list[str]) -> None:
    """Each cell that may be changed says so in its metadata, which the page's cell keeps."""
    if not is_chapter(app, docname) or not has_engine(app):
        return
    notebook = nbformat.reads(source[0], as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and not graded(cell):
            cell.metadata["unrolled_cell"] = cell.id
    source[0] = nbformat.writes(notebook, version=4)


def is_chapter(app: Sphinx, docname: str) -> bool:
    """A notebook whose cells run in the page; the one on PyTorch needs what a browser has not."""
    return docname.startswith("notebooks/") and app.env.doc2path(docname).endswith(".ipynb")


def show_cells(app: Sphinx, doctree: nodes.document) -> None:
    for cell in doctree.findall(nodes.container):
        name = cell.get("cell_metadata", {}).get("unrolled_cell")
        inputs = [part for part in cell.children if "cell_input" in part.get("classes", ())]
        if name and inputs:
            inputs[0].append(markup(html=press("run-it", name, "Change and run")))


OURS = ('<div class="try-it"', '<div class="answers"', '<div class="run-it"')


def show_buttons(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if has_engine(app):
        return
    for button in list(doctree.findall(markup)):
        if button["html"].startswith(OURS):
            button.parent.remove(button)


def has_engine(app: Sphinx) -> bool:
    return app.builder.name == "html" and bool(app.config.unrolled_engine)


def add_script(app: Sphinx, pagename, templatename, context, doctree) -> None:
    if has_engine(app) and 'class="try-it"' in context.get("body", ""):
        app.add_js_file(f"{FOLDER}/press.js", loading_method="defer")


# ---- what stands beside the page


def find_engine(app: Sphinx, config) -> None:
    """Before the pages are read: with the engine or without, it is another book."""
    said = []
    folder = engine.fetch(say=said.append)
    config.unrolled_engine = str(folder or "")
    if folder is None:
        words = f"no source of the engine could be reached ({'; '.join(said)})"
        if IN_CI:
            raise ExtensionError(f"{words}: in CI the book is not built without it")
        logger.info(f"The book is built without 'Try it here': {words}.")


def send_scripts(app: Sphinx) -> None:
    """Before the pages are written: Sphinx names each script with the checksum of its file."""
    if has_engine(app):
        for name in SENT:
            content = (engine.SOURCES / name).read_text(encoding="utf-8")
            write(Path(app.outdir, "_static", FOLDER, name), content)


def send_engine(app: Sphinx, exception: Exception | None) -> None:
    if exception or not has_engine(app):
        return
    target, packs = Path(app.outdir, "_static", FOLDER), {}
    for name, text in engine.packs(Path(app.config.unrolled_engine)).items():
        write(target / name, text)
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        packs[name] = {"bytes": len(text), "version": version}
    for docname in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(docname))
        if is_chapter(app, docname):
            about = json.dumps({**chapter(path), "packs": packs}, ensure_ascii=False)
            write(target / f"{path.stem}.js", f"self.unrolledChapter = {about};\n")
    write(target / NOTICES, engine.notices(Path(app.config.unrolled_engine)))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.setup_extension("markup")
    app.add_directive("try-it", TryIt)
    app.add_directive("answers", Answers)
    app.add_config_value("unrolled_engine", "", "env", types=[str])
    app.connect("config-inited", find_engine, priority=100)
    app.connect("builder-inited", send_scripts)
    app.connect("source-read", add_buttons, priority=900)  # after exercises.py
    app.connect("doctree-read", show_cells)
    app.connect("doctree-resolved", show_buttons)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", send_engine)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
