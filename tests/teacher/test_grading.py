"""Seven submissions of one chapter through nbgrader: wrong, half right, right, untouched; one that
uses the judge's name by accident, one that puts a false judge there, one that prints to stderr.

Needs requirements-teacher.txt; CI installs it.
"""

import html
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.teacher.submissions import EARNED, FEEDBACK, SUBMISSIONS
from tools import assignment, student

pytest.importorskip("nbgrader", reason="nbgrader is for teachers: requirements-teacher.txt")

CHAPTER = 2
NAME = "graded"


def command(*words: str, cwd: Path | None = None) -> str:
    """Run it with this environment first on PATH: nbgrader calls alembic from there."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path}
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def source():
    return nbformat.read(assignment.chapter_path(CHAPTER), as_version=4)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """The whole chapter as an assignment, as a teacher makes it."""
    folder = tmp_path_factory.mktemp("course")
    lift = [sys.executable, assignment.__file__, str(CHAPTER), "--all"]
    command(*lift, "--name", NAME, "--to", str(folder))
    command("nbgrader", "generate_assignment", NAME, cwd=folder)
    return folder


def submit(course: Path, student_id: str, answers: dict[str, str]) -> None:
    """The released notebook with some answer cells filled in."""
    (released,) = (course / "release" / NAME).glob("*.ipynb")
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(assignment.mark(cell), cell.source)
    folder = course / "submitted" / student_id / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / released.name)


@pytest.fixture(scope="module")
def graded(course) -> Path:
    for who, handed_in in SUBMISSIONS.items():
        submit(course, who, handed_in)
    said = command("nbgrader", "autograde", NAME, cwd=course)
    (course / "autograde.log").write_text(said, encoding="utf-8")
    command("nbgrader", "generate_feedback", NAME, cwd=course)
    return course


def points(source, names: list[str]) -> float:
    """What the checks of some exercises are worth, hand-graded answers apart."""
    return sum(
        cell.metadata.nbgrader.points
        for cell in source.cells
        if student.role(cell, "grade")
        and cell.cell_type == "code"
        and assignment.owner(cell, assignment.exercises(source)) in names
    )


def test_scores_are_what_the_answers_deserve(graded, source):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as book:
        scores = {who: book.find_submission(NAME, who).score for who in SUBMISSIONS}
    whole = points(source, assignment.exercises(source))
    assert scores == {who: points(source, earned) for who, earned in EARNED.items()}
    assert 0 == scores["untouched"] == scores["wrong"] < scores["half"] < scores["right"] == whole


def test_a_verdict_is_not_taken_for_a_number_of_points(graded):
    said = (graded / "autograde.log").read_text(encoding="utf-8")
    assert "clip-check" in said, "nbgrader tells which checks it has completed again"
    assert "cannot be converted" not in said


@pytest.mark.parametrize("who", SUBMISSIONS)
def test_feedback_shows_each_student_their_own_mistakes(graded, who):
    (page,) = (graded / "feedback" / who / NAME).glob("*.html")
    text = html.unescape(page.read_text(encoding="utf-8"))
    assert [words for words in FEEDBACK[who] if words not in text] == []
    wrong = [words for words in FEEDBACK[who] if ": wrong: " in words]
    assert [text.count(f"<strong>{words}") for words in wrong] == [1] * len(wrong), "said once"
    others = {words for words in itertools.chain(*FEEDBACK.values()) if words not in FEEDBACK[who]}
    assert [words for words in others if ": wrong: " in words and words in text] == []


@pytest.mark.parametrize("who", SUBMISSIONS)
def test_feedback_says_nothing_of_hidden_tests(graded, source, who):
    (page,) = (graded / "feedback" / who / NAME).glob("*.html")
    text = html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))
    seeds = [
        seed
        for cell in source.cells
        for test in student.replace_region(cell.source, student.HIDDEN_TESTS)[1]
        for seed in re.findall(r"seed=\d+", test)
    ]
    assert len(seeds) >= 4
    assert [seed for seed in seeds if seed in text] == []
    assert student.HIDDEN_TESTS not in text
    assert "check(" in text, "the visible test is there"


def test_nbgrader_releases_what_the_student_edition_holds(course):
    (path,) = (course / "source" / NAME).glob("*.ipynb")
    (released,) = (course / "release" / NAME).glob("*.ipynb")
    edition = student.student_edition(nbformat.read(path, as_version=4))
    cells = nbformat.read(released, as_version=4).cells
    assert [cell.source for cell in cells] == [cell.source for cell in edition.cells[1:]]


def test_hidden_tests_are_released_to_nobody_and_put_back_for_grading(graded, source):
    hidden = [c for c in source.cells if student.HIDDEN_TESTS in c.source]
    (released,) = (graded / "release" / NAME).glob("*.ipynb")
    (autograded,) = (graded / "autograded" / "right" / NAME).glob("*.ipynb")
    for cell in hidden:
        (tests,) = student.replace_region(cell.source, student.HIDDEN_TESTS)[1]
        secret = tests.strip().splitlines()[0]
        cells = nbformat.read(released, as_version=4).cells
        assert not any(secret in c.source for c in cells)
        cells = nbformat.read(autograded, as_version=4).cells
        assert any(secret in c.source for c in cells)
    assert hidden
