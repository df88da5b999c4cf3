"""The page for teachers, the notebooks and the checks speak of the same exercises."""

import re

import nbformat

from rnn_core.checks import exercises
from tools import assignment, refresh

PAGE = (refresh.ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
CHAPTERS = [nbformat.read(path, as_version=4) for path in sorted(refresh.NOTEBOOKS.glob("*.ipynb"))]


def checked(notebook):
    """The ids that a notebook's checks ask for, each once, in order."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return list(dict.fromkeys(re.findall(r'check\("([\w.]+)"', text)))


def test_every_exercise_stands_in_a_notebook_once():
    asked = [name for notebook in CHAPTERS for name in checked(notebook)]
    assert sorted(asked) == sorted(e.id for e in exercises())


def test_an_exercises_level_is_its_title_in_the_notebook_and_its_points():
    levels = {e.id: e.level for e in exercises()}
    for notebook in CHAPTERS:
        cells = {assignment.mark(cell): cell for cell in notebook.cells}
        for name in assignment.exercises(notebook):
            (asked,) = checked(nbformat.v4.new_notebook(cells=[cells[f"{name}-check"]]))
            assert f"*Level {levels[asked]}.*" in cells[f"{name}-task"].source
            assert cells[f"{name}-check"].metadata.nbgrader.points == levels[asked]


def test_the_page_says_what_each_exercise_shows():
    table = PAGE[PAGE.index("who solves it has understood") :].split("\n\n")[0]
    offered = [name for notebook in CHAPTERS for name in assignment.exercises(notebook)]
    assert re.findall(r"^\| `([\w-]+)` \|", table, flags=re.M) == offered


def test_the_page_counts_right():
    mistakes = sum(len(e.mistakes) for e in exercises())
    assert f"{len(exercises())} exercises, {mistakes}\nmistakes" in PAGE
