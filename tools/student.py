"""Make the student edition: the notebooks without solutions, hidden tests and outputs.

    python tools/student.py          student/ and student/unrolled-student.zip

Exercises are written in nbgrader's cell format, but nothing here needs nbgrader: a student, and the
site's download button, get the notebook that `nbgrader generate_assignment` would hand out, with a
note on top, and with the code that the text quotes already in its place.
"""

from __future__ import annotations

import argparse
import copy
import posixpath
import re
import sys
import textwrap
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
JUDGE = "from rnn_core.checks import check"

NOTE = """\
*Student edition: solve what raises `NotImplementedError`. It needs the package `rnn_core` and the
versions pinned with it: both are in {archive}, with three lines on how to start.*"""

START = """\
# Unrolled: the student edition

With Python 3.11 or newer, in this folder:

    python -m venv .venv
    .venv/bin/pip install -r requirements.txt        (Windows: .venv\\Scripts\\pip)
    .venv/bin/jupyter lab notebooks                  (Windows: .venv\\Scripts\\jupyter)

Run a notebook from the top. It stops at the first exercise that is not solved yet.
"""
REQUIREMENTS = """\
# What the notebooks need: the package with its figures, JupyterLab, and what those need.
-c constraints.txt
-e .[lab]
"""

LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s#]+\.(?:md|ipynb))(#[^()\s]*)?\)")  # to a file of ours


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


def with_own_judge(cell) -> str:
    """The source of a check that asks the package's judge, whatever an answer calls `check`."""
    graded = cell.cell_type == "code" and role(cell, "grade")
    if not graded or JUDGE in cell.source or not re.search(r"\bcheck\(", cell.source):
        return cell.source
    return f"{JUDGE}\n\n{cell.source}"


def is_quote(cell) -> bool:
    """Whether the cell shows code of the package, which is there before anything has run."""
    return cell.cell_type == "code" and cell.source.startswith("quote(")


def student_edition(notebook, base: str = ""):
    """What a student gets: stubs, visible tests, no outputs, graded cells locked.

    With the address of the site in `base` its links lead there, for a notebook that stands alone.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = stub(cell)
        cell.source = without_hidden_tests(cell)
        cell.source = with_own_judge(cell)
        if role(cell, "solution") or role(cell, "grade") or role(cell, "locked"):
            cell.metadata["deletable"] = False
            if not role(cell, "solution"):
                cell.metadata["editable"] = False
        if cell.cell_type == "markdown" and base:
            cell.source = LINK.sub(lambda link: on_site(link, base), cell.source)
        if cell.cell_type == "code":
            cell.outputs = cell.outputs if is_quote(cell) else []
            cell.execution_count = None
            for output in cell.outputs:
                output.execution_count = None
    archive = "the student edition's archive"
    note = NOTE.format(archive=f"[{archive}]({base}/{ARCHIVE})" if base else archive)
    notebook.cells.insert(0, new_markdown_cell(note, id="student-edition"))
    return notebook


def on_site(link: re.Match, base: str) -> str:
    """A link to a file beside the notebook as a link to its page."""
    words, path, name = link.groups(default="")
    if "://" in path:
        return link[0]
    place = posixpath.normpath(posixpath.join(NOTEBOOKS.name, path))
    return f"[{words}]({base}/{posixpath.splitext(place)[0]}.html{name})"


# ---- the archive


def files() -> dict[str, bytes]:
    """The student edition, name by name: notebooks, the package, the pins, how to start."""
    found: dict[str, str | bytes] = {"README.md": START, "requirements.txt": REQUIREMENTS}
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found["constraints.txt"] = "".join(f"{line}\n" for line in pins if not line.startswith("-"))
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        edition = student_edition(nbformat.read(path, as_version=4))
        found[f"notebooks/{path.name}"] = nbformat.writes(edition, version=4) + "\n"
        for cell in edition.cells:
            if cell.cell_type == "markdown":
                for _, page, _ in LINK.findall(cell.source):
                    if page.startswith("../book/"):
                        found[page.removeprefix("../")] = ""
    for path in sorted((ROOT / "rnn_core").rglob("*")):
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
            found[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    for name in ("LICENSE", "pyproject.toml"):
        found[name] = (ROOT / name).read_bytes()
    for name in [name for name in found if name.startswith("book/")]:
        found[name] = plain_page(name, found)
    return {
        name: said if isinstance(said, bytes) else said.encode() for name, said in found.items()
    }


def plain_page(name: str, known) -> str:
    """A page of the book for any reader of Markdown: terms as headings, links to what is there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"^```\{glossary\}\n(.*?)^```$", plain_glossary, text, flags=re.M | re.S)

    def plain_link(link: re.Match) -> str:
        words, path, _ = link.groups()
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        words = words or (title(ROOT / place) if (ROOT / place).exists() else path)
        return f"[{words}]({path})" if place in known or "://" in path else words

    return LINK.sub(plain_link, text)


def plain_glossary(glossary: re.Match) -> str:
    lines, entries = [], re.split(r"\n{2,}(?=\S)", glossary[1].strip("\n"))
    for entry in entries:
        terms, _, said = re.sub(r"\n(?=  )", "\0", entry, count=1).partition("\0")
        lines += [f"### {', '.join(terms.splitlines())}", "", textwrap.dedent(said), ""]
    return "\n".join(lines).rstrip("\n")


def title(path: Path) -> str:
    """The heading of a page or a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = nbformat.reads(text, as_version=4).cells[0].source
    return re.search(r"^# (.+)$", text, flags=re.M)[1]


def write_archive(target: Path) -> None:
    """The same files give the same bytes: every entry has the oldest date that a zip can hold."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files().items()):
            entry = zipfile.ZipInfo(f"unrolled-student/{name}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def written(folder: Path) -> dict[str, bytes]:
    """What an earlier run wrote into the folder: the archive in it remembers."""
    if not (folder / ARCHIVE).exists():
        return {}
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        names = archive.namelist()
        return {name.removeprefix("unrolled-student/"): archive.read(name) for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=TARGET, help="folder (default: student/)")
    parser.add_argument("--force", action="store_true", help="write over what somebody changed")
    args = parser.parse_args()

    made, before = files(), written(args.to)
    there = {name: (args.to / name).read_bytes() for name in made if (args.to / name).is_file()}
    work = [name for name in there if there[name] not in (made[name], before.get(name))]
    if work and not args.force:
        print(f"In {args.to} somebody has changed", *work[:10], sep="\n    ")
        if len(work) > 10:
            print(f"    and {len(work) - 10} more")
        print("Nothing was written. Take another folder with --to, or --force to write over them.")
        return 1
    for name, content in made.items():
        path = args.to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_archive(args.to / ARCHIVE)
    count = len(list(NOTEBOOKS.glob("*.ipynb")))
    print(f"{count} notebooks in {args.to / 'notebooks'}, all of it in {args.to / ARCHIVE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
