"""What a run leaves behind: the page, the table, and a memory for the next run.

The memory, ``class.json``, also knows what was written last.  A file that says something else is
somebody's work, and stays.
"""

import csv
import hashlib
import io
import json
import os
from pathlib import Path

from .grade import Class, Row, as_data, from_data, named
from .page import page

PAGE, TABLE, MEMORY = NAMES = "class.html", "class.csv", "class.json"
FORMAT = "unrolled class 1"


class Kept:
    """The results in one folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.memory = self._memory()

    def _memory(self):
        path = self.folder / MEMORY
        if not path.exists():
            return {}
        try:
            memory = json.loads(path.read_text(encoding="utf-8"))
            if memory["format"] != FORMAT:
                raise ValueError
            for data in memory["verdicts"].values():
                from_data(data)
            return memory
        except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
            raise ValueError(
                f"{path} was not written by this command: take another folder with --out"
            ) from None

    def guard(self):
        """A ValueError if a file that we are to write is somebody else's by now."""
        for name in (PAGE, TABLE):
            path = self.folder / name
            if path.exists() and _digest(path.read_bytes()) not in self._wrote(name):
                raise ValueError(
                    f"{path} says something else than this command wrote: your own notes, "
                    f"perhaps. Move it, or take another folder with --out"
                )

    def _wrote(self, name):
        return self.memory.get("wrote", {}).get(name, [])

    def verdicts(self):
        return {key: from_data(data) for key, data in self.memory.get("verdicts", {}).items()}

    def read(self):
        """The `Class` of an earlier run."""
        if "rows" not in self.memory:
            raise ValueError(f"{self.folder} should hold results ({MEMORY}): there are none in it")
        rows = [
            Row(str(name), {n: from_data(data) for n, data in verdicts.items()}, problems)
            for name, verdicts, problems in self.memory["rows"]
        ]
        return Class(rows, self.memory["seed"], self.memory["guarded"])

    def remember(self, known):
        """Keep what was judged before the run was stopped."""
        self._save({**self.memory, "verdicts": _as_data(known)})

    def write(self, made, known):
        made_now = {PAGE: page(made).encode(), TABLE: table(made).encode()}
        wrote = {n: [_digest(text), *self._wrote(n)[:1]] for n, text in made_now.items()}
        rows = [[r.student, _as_data(r.verdicts), r.problems] for r in made.rows]
        self._save({"verdicts": _as_data(known), "wrote": wrote, "rows": rows, "seed": made.seed,
                    "guarded": made.guarded})  # fmt: skip
        for name, text in made_now.items():
            _put(self.folder / name, text)

    def _save(self, memory):
        self.memory = {**memory, "format": FORMAT}
        _put(self.folder / MEMORY, json.dumps(self.memory, indent=0).encode())


def _as_data(verdicts):
    return {key: as_data(said) for key, said in verdicts.items()}


def _digest(content):
    return hashlib.sha256(content).hexdigest()


def _put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(content)
    os.replace(aside, path)


def table(made):
    """The class as CSV: a row for each student, a column for each exercise."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "right", *made.exercises, "note"])
    for row in made.rows:
        right = sum(said.right for said in row.verdicts.values())
        cells = [named(row.verdicts.get(name)) for name in made.exercises]
        writer.writerow(map(_inert, [row.student, right, *cells, "; ".join(row.problems)]))
    return out.getvalue()


def _inert(cell):
    """No cell of a table begins like a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
