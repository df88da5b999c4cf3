"""The page for teachers, the notebooks and the checks speak of the same exercises."""

import ast
import importlib
import re

import nbformat
import numpy as np
import pytest

from rnn_core.checks import check, exercises
from rnn_core.checks.exercise import TABLE
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
            if f"{name}-check" not in cells:  # on paper: graded by hand
                points = cells[name].metadata.nbgrader.points
                assert f"*Level {points}.*" in cells[f"{name}-task"].source
                continue
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


def blocks(heading):
    """The code that the page shows in one of its parts."""
    part = PAGE[PAGE.index(f"## {heading}\n") :].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", part, flags=re.S)


@pytest.fixture
def untouched():
    """The exercises of the book as they are, whatever a test adds."""
    before = {id: [*exercise.mistakes] for id, exercise in TABLE.items()}
    yield
    for id in [*TABLE]:
        if id in before:
            TABLE[id].mistakes[:] = before[id]
        else:
            del TABLE[id]


def test_an_exercise_and_a_mistake_outside_the_repository(tmp_path, monkeypatch, untouched):
    own, of_the_book = blocks("Your own exercise")
    (tmp_path / "my_course.py").write_text(own + of_the_book, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    course = importlib.import_module("my_course")
    assert check("course.running_mean", course.running_mean, seed=4).right
    verdict = check("course.running_mean", lambda xs: np.cumsum(xs) / len(xs))
    assert verdict.mistakes == ("divided by all",)
    assert "Where to look: `np.arange(1, len(xs) + 1)`" in str(verdict)
    hidden = course.exercise.hidden("a single number")
    assert "a single number" in str(check("course.running_mean", hidden))
    sine = check("anatomy.step", lambda x, h_prev, W_x, W_h, b: np.sin(x @ W_x + h_prev @ W_h + b))
    assert sine.mistakes == ("sine for tanh",)


def test_an_exercise_in_a_cell_of_a_notebook(untouched):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    for source in (*blocks("Your own exercise"), "verdict = check('course.running_mean', len)"):
        shell.run_cell(source).raise_error()
    assert not shell.user_ns["verdict"].right
    shell.run_cell("verdict = check('course.running_mean', exercise.mistakes[0].function)")
    assert shell.user_ns["verdict"].mistakes == ("divided by all",)


def test_the_answers_on_the_page_are_right():
    asked, *_ = [b for b in blocks("Your own hidden cases") if "question(" in b]
    scope = {}
    *lines, last = ast.parse(asked).body
    exec(compile(ast.Module([*lines], []), "the page", "exec"), scope)
    assert eval(compile(ast.Expression(last.value), "the page", "eval"), scope).right
