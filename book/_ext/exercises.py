"""Exercises on the page, from the one source that also holds their solutions.

A notebook of the book carries its exercises in nbgrader's cell format, always solved. When Sphinx
reads it, an answer cell becomes the stub, to be read; the cell itself still runs, unseen, so that
the checks below it speak the truth; and the worked solution follows the checks, collapsed. Hidden
tests are taken out. Readers download the student edition, not the source.

A solution may open with why it is right, in comment lines that the page sets as prose:

    ### BEGIN SOLUTION
    # Why: every copy of the layer adds its share, so the gradients are summed.
    return sum(shares)
    ### END SOLUTION
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tools import student  # noqa: E402

TITLE = "A worked solution"
WHY = "# Why:"
OWN_MACHINE = f"""\
To solve them on your own machine, download this chapter with its exercises open, or
<a href="../{student.ARCHIVE}" download>all chapters in one archive</a> with the package that they
need: [](../book/running.md) says how to start."""


def fenced(text: str, opening: str) -> str:
    """`text` in a fence that is longer than any fence within."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{opening}\n{text}\n{fence}"


def worked_solution(cell) -> str:
    """The answer with the reason for it, in MyST, collapsed."""
    if cell.cell_type == "markdown":
        source = re.sub(rf"^.*(BEGIN|END) {student.SOLUTION}.*$\n?", "", cell.source, flags=re.M)
        return fenced(source, f"{{dropdown}} {TITLE}")
    why, code, telling = [], [], False
    for line in cell.source.split("\n"):
        text = line.strip()
        if re.search(rf"(BEGIN|END) {student.SOLUTION}", line):
            continue
        telling = text.startswith(WHY) or (telling and text.startswith("#"))
        if telling:
            why.append(text.removeprefix(WHY).removeprefix("#").strip())
        else:
            code.append(line)
    if why:
        why[0] = why[0][:1].upper() + why[0][1:]
    shown = fenced(textwrap.dedent("\n".join(code)).strip("\n"), "python")
    return fenced("\n".join([*why, "", shown]).strip(), f"{{dropdown}} {TITLE}")


def try_it(cell) -> str:
    """The stub, which book/_ext/engine.py makes an editor of where it can."""
    return fenced(student.stub(cell), f"{{try-it}} {cell.metadata['nbgrader']['grade_id']}")


def page_edition(notebook, engine=True):
    """Task, stub, checks, collapsed solution; the answer cell runs unseen.

    `engine`: the book has the extension of that name, which turns a stub into one to try.
    """
    cells, solutions = [], []

    def add(text: str, cell, part: str) -> None:
        cells.append(new_markdown_cell(text, id=f"{cell.id}-{part}"))

    def add_solutions() -> None:
        for solved in solutions:
            add(worked_solution(solved), solved, "solution")
        solutions.clear()

    for cell in notebook.cells:
        is_answer = student.role(cell, "solution")
        is_check = student.role(cell, "grade") and not is_answer
        if solutions and not is_check:
            add_solutions()
        if is_answer:
            solutions.append(cell.copy())
            if cell.cell_type == "markdown":
                continue
            stub = try_it(cell) if engine else fenced(student.stub(cell), "python")
            add(stub, cell, "stub")
            unseen = "remove-input" if cell.outputs else "remove-cell"
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), unseen]
        else:
            student.stub(cell)  # raises if a solution stands where nobody takes it out
            if is_check:  # the verdict on the solution: a reader has yet to earn it
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), "remove-output"]
            cell.source = student.without_hidden_tests(cell).rstrip()
        if cell.source.strip():
            cells.append(cell)
        if cell.source.startswith("## Exercises"):
            add(OWN_MACHINE, cell, "own-machine")
            if engine:
                add("```{answers}\n```", cell, "answers")
    add_solutions()
    notebook.cells = cells
    return notebook


def show_exercises(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return
    try:
        notebook = page_edition(nbformat.reads(source[0], as_version=4), "engine" in app.extensions)
    except ValueError as error:
        raise ExtensionError(f"{docname}: {error}") from error
    source[0] = nbformat.writes(notebook, version=4)


def offer_student_edition(app: Sphinx, exception: Exception | None) -> None:
    """What the download button gives, and one archive that runs on a reader's own machine."""
    if exception or app.builder.format != "html":
        return
    base = (app.config.html_baseurl or "").rstrip("/")
    for docname in app.env.found_docs:
        path = Path(app.env.doc2path(docname))
        if path.suffix == ".ipynb":
            edition = student.student_edition(nbformat.read(path, as_version=4), base)
            text = nbformat.writes(edition, version=4) + "\n"
            for served in Path(app.outdir, "_sources").glob(f"{docname}.ipynb*"):
                served.write_text(text, encoding="utf-8")
    student.write_archive(Path(app.outdir, student.ARCHIVE))


def setup(app: Sphinx) -> dict:
    app.setup_extension("sphinx_design")
    app.connect("source-read", show_exercises)
    app.connect("build-finished", offer_student_edition)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
