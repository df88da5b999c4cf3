"""Make the student edition: the notebooks without solutions, hidden tests and outputs.

    python tools/student.py          student/ and student/unrolled-student.zip

Exercises are written in nbgrader's cell format, but nothing here needs nbgrader: a student, and the
site's download button, get the notebook that `nbgrader generate_assignment` would hand out.
"""

from __future__ import annotations

import copy
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
TARGET = ROOT / "student"
ARCHIVE = "unrolled-student.zip"

SOLUTION, HIDDEN_TESTS = "SOLUTION", "HIDDEN TESTS"
CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "YOUR ANSWER HERE"

NOTE = """\
*Student edition: solve what raises `NotImplementedError`. It needs the package `rnn_core` and the
versions pinned with it: both are in the student edition's archive, with three lines on how to
start.*"""

START = """\
# Unrolled: the student edition

With Python 3.11 or newer, in this folder:

    python -m venv .venv
    .venv/bin/pip install -r requirements.txt        (Windows: .venv\\Scripts\\pip)
    .venv/bin/jupyter lab notebooks                  (Windows: .venv\\Scripts\\jupyter)

Run a notebook from the top. It stops at the first exercise that is not solved yet.
"""


def role(cell, name: str) -> bool:
    """Whether nbgrader's metadata marks this cell as `solution`, `grade` or `locked`."""
    return bool(cell.metadata.get("nbgrader", {}).get(name, False))


def replace_region(source: str, region: str, stub: str = "") -> tuple[str, list[str]]:
    """`source` with each `### BEGIN region` ... `### END region` replaced, and what stood there."""
    kept, regions, inside = [], [], False
    for line in source.split("\n"):
        if f"BEGIN {region}" in line:
            if inside:
                raise ValueError(f"BEGIN {region} inside a {region} region:\n{source}")
            inside = True
            regions.append([])
            indent = re.match(r"\s*", line)[0]
            kept += [indent + part for part in stub.split("\n")] if stub else []
        elif f"END {region}" in line:
            if not inside:
                raise ValueError(f"END {region} without its BEGIN:\n{source}")
            inside = False
        elif inside:
            regions[-1].append(line)
        else:
            kept.append(line)
    if inside:
        raise ValueError(f"BEGIN {region} without its END:\n{source}")
    return "\n".join(kept), ["\n".join(lines) for lines in regions]


def stub(cell) -> str:
    """The source of a cell with its solution taken out."""
    text = CODE_STUB if cell.cell_type == "code" else TEXT_STUB
    source, solutions = replace_region(cell.source, SOLUTION, text)
    if solutions and not role(cell, "solution"):
        raise ValueError(f"a solution in a cell that nbgrader does not clear:\n{cell.source}")
    return text if role(cell, "solution") and not solutions else source


def without_hidden_tests(cell) -> str:
    source, tests = replace_region(cell.source, HIDDEN_TESTS)
    if tests and not role(cell, "grade"):
        raise ValueError(f"hidden tests in a cell that nbgrader does not clear:\n{cell.source}")
    return source


def student_edition(notebook):
    """What a student gets: stubs, visible tests, no outputs, graded cells locked."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = stub(cell)
        cell.source = without_hidden_tests(cell)
        if role(cell, "solution") or role(cell, "grade") or role(cell, "locked"):
            cell.metadata["deletable"] = False
            if not role(cell, "solution"):
                cell.metadata["editable"] = False
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.cells.insert(0, new_markdown_cell(NOTE, id="student-edition"))
    return notebook


def files() -> dict[str, str | bytes]:
    """The student edition, name by name: notebooks, the package, the pins, how to start."""
    found: dict[str, str | bytes] = {"README.md": START}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        edition = student_edition(nbformat.read(path, as_version=4))
        found[f"notebooks/{path.name}"] = nbformat.writes(edition, version=4) + "\n"
    for path in sorted((ROOT / "rnn_core").rglob("*")):
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
            found[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    for name in ("LICENSE", "pyproject.toml", "requirements.txt"):
        found[name] = (ROOT / name).read_bytes()
    return found


def write_archive(target: Path) -> None:
    """The same files give the same bytes: every entry has the oldest date that a zip can hold."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files().items()):
            entry = zipfile.ZipInfo(f"unrolled-student/{name}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, content in files().items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    write_archive(TARGET / ARCHIVE)
    count = len(list(NOTEBOOKS.glob("*.ipynb")))
    print(f"{count} notebooks in {TARGET.name}/notebooks, all of it in {TARGET.name}/{ARCHIVE}")


if __name__ == "__main__":
    main()
