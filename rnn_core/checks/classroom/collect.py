"""What came back, and whose it is: a folder of notebooks, nbgrader's, or a learning platform's zip.

Nothing is run and nothing is unpacked to the disk.  A notebook that cannot be read is a student's
`problem`, in words, and no error.
"""

import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ...words import t
from ..exercise import TABLE

LARGEST = 30_000_000  # bytes of a notebook; the largest chapter has one million
MANY = 20_000  # files in an archive
SKIPPED = {".ipynb_checkpoints", "__MACOSX"}

# the cell below an answer, which says what exercise it is and what name holds the answer
ASKS = re.compile(r"""^[ \t]*(?:assert )?check\(\s*["']([\w.]+)["']\s*,\s*(\w+)""", re.M)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_\w+$")
CANVAS = re.compile(r"(?P<name>[^_]+)(_LATE)?_(?P<number>\d+)_\d+_.+$", re.I)


@dataclass
class Answer:
    """An answer: the `name` that holds it, and the cell at `index` of its notebook's code cells."""

    name: str
    cells: list
    index: int


@dataclass
class Cell:
    """A code cell; `mark` is nbgrader's id of an answer, `graded` whether points stand on it."""

    source: str
    mark: str = ""
    graded: bool = False


@dataclass
class Student:
    """A row: `answers` by the exercise's id, and what could not be read, in words."""

    name: str
    answers: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)


def students(place):
    """Who handed in what.

    Parameters
    ----------
    place : path
        A folder, a course of nbgrader's, a zip file, or one notebook.

    Returns
    -------
    list of Student
        By name.

    Raises
    ------
    ValueError
        If there is no notebook.
    """
    found, read = {}, []
    for path, content in _notebooks(Path(place)):
        student = found.setdefault(_owner(path), Student(""))
        try:
            if isinstance(content, Exception):
                raise content
            read.append((student, notebook(content)))
        except (ValueError, OSError) as problem:
            student.problems.append(f"{path.name}: {problem}")
    if not found:
        raise ValueError(f"folder should hold notebooks (.ipynb), got {place}: there is none in it")
    told = _told(cells for _, cells in read)
    for student, cells in read:
        _add(student, cells, told)
    names = [name for name, _ in found]
    for (name, number), student in found.items():
        student.name = name if names.count(name) == 1 else f"{name} ({number})"
    return sorted(found.values(), key=lambda student: _natural(student.name))


def _told(notebooks):
    """{exercise: (mark, name)} as most notebooks have it, for one whose checks are gone."""
    votes = Counter(vote for cells in notebooks for vote in _asked(cells, True).items())
    return dict(vote for vote, _ in reversed(votes.most_common()))


def _asked(cells, graded):
    """{exercise: (mark of the answer above, name)} by the checks that nbgrader counts, or others.

    A student may have changed them, for better or worse in that student's row alone.
    """
    found, mark = {}, ""
    for cell in cells:
        mark = cell.mark or mark
        asks = ASKS.findall(cell.source) if cell.graded == graded else []
        found.update((exercise, (mark, name)) for exercise, name in asks if exercise in TABLE)
        mark = "" if cell.graded else mark
    return found


def _add(student, cells, told):
    """The answers of one notebook; of the same exercise in two, the one that was worked on."""
    sources = [cell.source for cell in cells]
    own, counted = (_asked(cells, graded) for graded in (False, True))
    for exercise, (mark, name) in {**own, **told, **counted}.items():
        index = _place(cells, mark, name, exercise in own or exercise in counted)
        if index is not None and (
            exercise not in student.answers or not _is_stub(sources[index], name)
        ):
            student.answers[exercise] = Answer(name, sources, index)


def _place(cells, mark, name, asked):
    """Where the answer is: the last cell of that mark; where the marks are lost, by its name."""
    defines = re.compile(rf"^(def {name}\b|{name}\s*=)", re.M)
    places = [i for i, cell in enumerate(cells) if cell.mark and cell.mark == mark]
    if not places and asked:
        places = [i for i, c in enumerate(cells) if not c.mark and defines.search(c.source)]
    return places[-1] if places else None


def _is_stub(source, name):
    return "raise NotImplementedError" in source or not re.search(rf"\b{name}\b", source)


def _owner(path):
    """(name, number) of whoever handed in this file, by where it lies."""
    parts = path.parts
    if "submitted" in parts[:-2]:
        parts = parts[parts.index("submitted") + 1 :]
    for part in parts[:-1]:
        if found := MOODLE.match(part):
            return found["name"], found["number"]
    if len(parts) > 1:
        return parts[0], ""
    if found := CANVAS.match(path.name):
        return found["name"], found["number"]
    return path.stem, ""


def _natural(name):
    """Sort key: student2 before student10, and no difference between a and A."""
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p.casefold())
            for p in re.split(r"(\d+)", name) if p]  # fmt: skip


# ---- files


def _notebooks(place):
    """(path inside, bytes or the error) of each notebook, in natural order."""
    if place.is_dir():
        if (place / "submitted").is_dir():
            place = place / "submitted"
        files = sorted(place.rglob("*"), key=lambda path: _natural(str(path)))
        for path in files:
            inside = PurePosixPath(path.relative_to(place).as_posix())
            yield from _content(inside, lambda path=path: _bytes(path), path.is_file())
    elif zipfile.is_zipfile(place):
        yield from _zipped(PurePosixPath(), place.read_bytes())
    elif place.suffix == ".ipynb" and place.is_file():
        yield PurePosixPath(place.name), _bytes(place)
    else:
        raise ValueError(f"folder should be a folder, a zip file or a notebook, got {place}")


def _content(inside, read, is_file=True, nested=True):
    if SKIPPED & {*inside.parts} or inside.name.startswith(".") or not is_file:
        return
    if inside.suffix == ".ipynb" or (inside.suffix == ".zip" and nested):
        try:
            content = read()
            if inside.suffix == ".zip":
                yield from _zipped(inside.with_suffix(""), content, nested=False)
                return
        except (OSError, ValueError, RuntimeError, NotImplementedError,
                zipfile.BadZipFile, EOFError) as error:  # fmt: skip
            content = ValueError(t("cannot be unpacked ({reason})", reason=type(error).__name__)
                                 if inside.suffix == ".zip" or not isinstance(error, ValueError)
                                 else str(error))  # fmt: skip
        yield inside, content


def _zipped(base, content, nested=True):
    """The notebooks in an archive, and in archives that lie in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > MANY:
            raise ValueError(f"an archive should hold at most {MANY} files, got {len(entries)}")
        wanted = [(base / _tame(entry.filename), entry) for entry in entries if not entry.is_dir()]
        wanted.sort(key=lambda pair: _natural(str(pair[0])))
        if nested:
            wanted = _without_common_folder(wanted)
        for inside, entry in wanted:
            yield from _content(inside, lambda e=entry: _from(archive, e), True, nested)


def _without_common_folder(wanted):
    """Take off a folder that everything lies in: it is nobody's name."""
    found = [(p, entry) for p, entry in wanted if p.suffix in (".ipynb", ".zip")
             and not SKIPPED & {*p.parts}]  # fmt: skip
    while len(found) > 1 and len({p.parts[0] for p, _ in found}) == 1:
        if MOODLE.match(found[0][0].parts[0]) or any(len(p.parts) < 2 for p, _ in found):
            break
        found = [(PurePosixPath(*p.parts[1:]), entry) for p, entry in found]
    return found


def _tame(name):
    """A name in an archive as a relative path, whatever it says."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*[part for part in parts if part not in ("/", "..", ".")] or ["nameless"])


def _from(archive, entry):
    if entry.file_size > LARGEST:
        raise ValueError(_too_large())
    with archive.open(entry) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(_too_large())
    return content


def _bytes(path):
    if path.is_symlink():
        raise ValueError(t("is a link, and not a notebook"))
    if path.stat().st_size > LARGEST:
        raise ValueError(_too_large())
    return path.read_bytes()


def _too_large():
    return t("is larger than {size} million bytes", size=LARGEST // 1_000_000)


# ---- a notebook


def notebook(content):
    """(mark, source) of each code cell; the mark is nbgrader's id of an answer, else empty.

    Raises
    ------
    ValueError
        If the bytes are no notebook, in words that can stand behind its name.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError(t("is no notebook: it cannot be read as JSON")) from None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise ValueError(t("is no notebook of format 4: it has no list of cells"))
    found = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            found.append(Cell(_source(cell), *_mark(cell)))
    return found


def _source(cell):
    source = cell.get("source")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise ValueError(t("is no notebook of format 4: a cell holds no text"))
    return "".join(lines).encode(errors="replace").decode()


def _mark(cell):
    """The id of a cell that nbgrader takes for an answer, and whether points stand on it."""
    for key in ("metadata", "nbgrader"):
        cell = cell.get(key)
        if not isinstance(cell, dict):
            return "", False
    mark, graded = cell.get("grade_id"), cell.get("grade") is True
    answer = isinstance(mark, str) and cell.get("solution") is True and not graded
    return mark if answer else "", graded
