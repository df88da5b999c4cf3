"""Run notebooks in a fresh kernel and store their outputs in the one form that the book keeps.

    python tools/refresh.py                      every notebook of the book
    python tools/refresh.py notebooks/01_anatomy.ipynb
    python tools/refresh.py --check              write nothing; exit 1 if something would change

Kept: text outputs (nbval compares them, character by character), execution counts 1..n (nbval
skips a cell that has none), cell tags, nbgrader and mystnb metadata. Dropped: pictures, widget
state and views, timings, empty cells, what an editor added. Where a picture was, its text stands
(metadata `mystnb: {image: {alt: "..."}}`), for whoever opens the notebook before it has run.
A second run gives the same bytes.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import re
import sys
import textwrap
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
CELL_SECONDS = 120

CELL_METADATA = ("tags", "nbgrader", "mystnb")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
DROPPED_TYPES = ("image/", "application/vnd.jupyter.widget")
DRAWN = re.compile(r"<Figure size [\d.]+x[\d.]+ with \d+ Axes>")
INSTEAD = "A picture, drawn when this cell runs."  # tests/support/pictures.cfg knows this line


def run(notebook, folder: Path = NOTEBOOKS):
    """Execute every cell in a fresh kernel whose working directory is `folder`."""
    path = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    client.execute(env=env)
    return notebook


def clean(notebook):
    """The stored form of an executed notebook."""
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    ids, count = set(), 0
    for cell in notebook.cells:
        cell.source = cell.source.rstrip()
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        cell.id = cell_id(cell, ids)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            cell.outputs = clean_outputs(cell.outputs, count, alt)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def cell_id(cell, taken: set[str]) -> str:
    """An id that depends on what the cell says, so that it stays when cells move."""
    repeat = 0
    while True:
        said = f"{cell.cell_type}\n{cell.source}\n{repeat}"
        name = hashlib.sha256(said.encode()).hexdigest()[:8]
        if name not in taken:
            taken.add(name)
            return name
        repeat += 1


def clean_outputs(outputs, count: int, alt: str = "") -> list:
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        elif output.output_type == "error":
            # a stored traceback names paths of one machine; nbval compares name and message
            output.traceback = [f"{output.ename}: {output.evalue}"]
        else:
            output.data = {
                kind: value
                for kind, value in output.data.items()
                if not kind.startswith(DROPPED_TYPES)
            }
            output.metadata = {}
            if not output.data:
                continue
            if alt and DRAWN.fullmatch(output.data.get("text/plain", "")):
                output.data["text/plain"] = f"{INSTEAD}\n{textwrap.fill(alt, 88)}"
            if output.output_type == "execute_result":
                output.execution_count = count
        kept.append(output)
    return kept


def written(notebook) -> str:
    """The file's text; indent, key order and last newline as nbformat writes them."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


def refreshed(path: Path) -> str:
    # nbclient warns of a missing cell id, which `clean` adds; nbformat would invent a random one
    notebook = nbformat.read(path, as_version=4)
    return written(clean(run(notebook)))


def changes(before: str, after: str) -> list[str]:
    """What differs, as diff lines; `-` stored before, `+` now."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on a change")
    parser.add_argument("--lines", type=int, default=20, help="diff lines shown for a notebook")
    args = parser.parse_args()

    changed = failed = 0
    for path in args.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        try:
            after = refreshed(path)
        except CellExecutionError as error:
            failed += 1
            print(f"{path}: a cell failed; the file is as it was\n{error}")
            continue
        if after == before:
            print(f"{path}: no change")
            continue
        changed += 1
        lines = changes(before, after)
        print(f"{path}: {len(lines)} lines {'would change' if args.check else 'changed'}")
        print("\n".join(f"    {line[:140]}" for line in lines[: args.lines]))
        if len(lines) > args.lines:
            print(f"    ... {len(lines) - args.lines} more")
        if not args.check:
            path.write_text(after, encoding="utf-8", newline="\n")
    return 1 if failed or (args.check and changed) else 0


if __name__ == "__main__":
    sys.exit(main())
