"""One source, three editions: the page, the student's notebook, the teacher's source."""

import posixpath
import re
import subprocess
import sys
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import assignment, refresh, student

NOTEBOOKS = sorted(student.NOTEBOOKS.glob("*.ipynb"))
KEYS = {"grade", "grade_id", "locked", "schema_version", "solution", "task"}
ANSWER = """\
def add(a, b):
    '''a + b'''
    ### BEGIN SOLUTION
    # Why: the sum $a + b$ was asked for.
    # Nothing else was.
    return a + b  # the answer
    ### END SOLUTION"""
CHECK = """\
assert add(1, 2) == 3
print('the check says', add(1, 2))
### BEGIN HIDDEN TESTS
assert add(20, 2) == 22
### END HIDDEN TESTS"""


def marks(name: str, **roles) -> dict:
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": {**plain, "grade_id": name, "schema_version": 3, **roles}}


def exercise():
    return new_notebook(
        cells=[
            new_markdown_cell("# A chapter"),
            new_code_cell("import math"),
            new_markdown_cell("## Add", metadata=marks("add-task", locked=True)),
            new_code_cell(ANSWER, metadata=marks("add", solution=True)),
            new_code_cell(CHECK, metadata=marks("add-check", grade=True, locked=True, points=1)),
            new_markdown_cell(
                "Because it is commutative.",
                metadata=marks("words", grade=True, solution=True, points=1),
            ),
            new_markdown_cell("## Sources"),
        ],
        metadata={"kernelspec": refresh.KERNEL},
    )


def sources(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_the_student_gets_stub_and_visible_test():
    edition = student.student_edition(exercise())
    note, title, code, task, answer, check, words, end = sources(edition)
    assert "rnn_core" in note
    assert answer.endswith("'''a + b'''\n    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert check == CHECK[: CHECK.index("\n###")]
    assert words == "YOUR ANSWER HERE"
    assert [title, code, task, end] == ["# A chapter", "import math", "## Add", "## Sources"]


@pytest.mark.parametrize("source", [ANSWER, CHECK])
def test_a_solution_where_no_grader_clears_it_is_refused(source):
    notebook = new_notebook(cells=[new_code_cell(source)])
    with pytest.raises(ValueError, match="that nbgrader does not clear"):
        student.student_edition(notebook)


@pytest.mark.parametrize("wrong", ["    ### BEGIN SOLUTION", "    ### END SOLUTION"])
def test_a_region_that_is_not_closed_is_refused(wrong):
    source = ANSWER.replace(wrong, "", 1)
    notebook = new_notebook(cells=[new_code_cell(source, metadata=marks("add", solution=True))])
    with pytest.raises(ValueError, match="without its"):
        student.student_edition(notebook)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The exercise as a page of a small book, built by Sphinx as the real one is."""
    source = tmp_path_factory.mktemp("book")
    nbformat.write(exercise(), source / "index.ipynb")
    (source / "conf.py").write_text(
        f"import sys; sys.path.insert(0, {str(student.ROOT / 'book' / '_ext')!r})\n"
        "extensions = ['myst_nb', 'exercises']\nnb_execution_mode = 'cache'\n"
        "nb_execution_raise_on_error = True\n"
    )
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(source)]
    built = subprocess.run([*command, str(source / "html")], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return source / "html"


def test_the_page_shows_task_and_stub_and_a_collapsed_solution_and_no_verdict_yet(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    order = ["Add", "NotImplementedError", "<details", "The sum", "the answer"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert page.count("<details") == page.count("<summary") == 2
    assert page.rindex("commutative") > page.rindex("<details")
    for secret in ("HIDDEN TESTS", "BEGIN SOLUTION", "Why:", "<details open", "the check says 3"):
        assert secret not in page


def test_the_download_is_the_student_edition(site):
    (file,) = (site / "_sources").iterdir()
    served = nbformat.read(file, as_version=4)
    assert sources(served) == sources(student.student_edition(exercise()))


def test_the_archive_on_the_site_holds_all_that_a_student_needs(site):
    with zipfile.ZipFile(site / student.ARCHIVE) as archive:
        names = {name.removeprefix("unrolled-student/") for name in archive.namelist()}
    needed = {"README.md", "pyproject.toml", "requirements.txt", "constraints.txt"}
    needed |= {"rnn_core/__init__.py", "book/notation.md"}
    assert needed | {f"notebooks/{path.name}" for path in NOTEBOOKS} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_an_assignment_holds_the_chosen_exercise_and_what_it_stands_on():
    notebook = exercise()
    setup = new_code_cell("one = 1")
    other = [
        new_markdown_cell("## Add-on", metadata=marks("add-on-task", locked=True)),
        new_code_cell("on = 1", metadata=marks("add-on", solution=True)),
    ]
    start = [new_code_cell("before = 0"), new_markdown_cell("## Exercises"), setup]
    notebook.cells[2:2] = start
    notebook.cells[-2:-2] = other
    assert assignment.exercises(notebook) == ["add", "add-on"]
    lifted = assignment.lift(notebook, ["add"])
    assert sources(lifted) == ["# A chapter", "import math", "one = 1", "## Add", ANSWER, CHECK]
    lifted = assignment.lift(notebook, ["add-on"])
    assert sources(lifted) == ["# A chapter", "import math", "one = 1", "## Add-on", "on = 1"]


def run(tool, *words) -> subprocess.CompletedProcess:
    command = [sys.executable, tool.__file__, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_second_student_edition_leaves_what_somebody_has_written(tmp_path):
    ours, theirs = tmp_path / "book" / "notation.md", tmp_path / "notebooks" / "01_anatomy.ipynb"
    assert run(student, "--to", tmp_path).returncode == 0
    ours.unlink()
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    assert run(student, "--to", tmp_path).returncode == 0, "nothing of theirs is in the way"
    assert ours.exists()

    theirs.write_text("solved", encoding="utf-8")
    ours.unlink()
    refused = run(student, "--to", tmp_path)
    assert refused.returncode == 1
    assert "notebooks/01_anatomy.ipynb" in refused.stdout and "--force" in refused.stdout
    assert theirs.read_text(encoding="utf-8") == "solved" and not ours.exists()

    assert run(student, "--to", tmp_path, "--force").returncode == 0
    assert "cells" in theirs.read_text(encoding="utf-8")
    assert (tmp_path / "own.txt").read_text(encoding="utf-8") == "mine"


def test_a_second_assignment_leaves_the_seeds_of_the_first(tmp_path):
    words = (1, "count", "--to", tmp_path)
    assert run(assignment, *words).returncode == 0
    (made,) = tmp_path.glob("source/*/*.ipynb")
    seeded = made.read_text(encoding="utf-8") + " "
    made.write_text(seeded, encoding="utf-8")
    refused = run(assignment, *words)
    assert refused.returncode == 1
    assert str(made) in refused.stdout and "--force" in refused.stdout
    assert made.read_text(encoding="utf-8") == seeded
    assert run(assignment, *words, "--force").returncode == 0
    assert made.read_text(encoding="utf-8") == seeded[:-1]


def test_clean_touches_no_folder_that_people_work_in():
    makefile = (student.ROOT / "Makefile").read_text(encoding="utf-8")
    rule = re.search(r"^clean:.*\n((?:\t.*\n)+)", makefile, re.M)[1]
    assert "rm -rf _build" in rule
    assert "student" not in rule and "assignment" not in rule


def test_a_link_in_the_archive_leads_to_what_is_in_it():
    made = student.files()
    pages = {name: said.decode() for name, said in made.items() if name.startswith("book/")}
    for name, said in made.items():
        if name.startswith("notebooks/"):
            pages[name] = "\n".join(sources(nbformat.reads(said.decode(), as_version=4)))
    assert pages["book/notation.md"]
    for name, text in pages.items():
        for words, path, _ in student.LINK.findall(text):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            assert words and ("://" in path or place in made), f"{name}: [{words}]({path})"


def test_the_glossary_in_the_archive_is_plain_markdown():
    known = {path.relative_to(student.ROOT).as_posix() for path in NOTEBOOKS}
    text = student.plain_page("book/glossary.md", known)
    assert "\n### back-propagation through time, BPTT\n\nBack-propagation on the unrolled" in text
    assert "{glossary}" not in text and "```" not in text and "[](" not in text
    assert "[Back-propagation through time](../notebooks/02_bptt.ipynb)" in text
    assert student.plain_page("book/glossary.md", set()).count("](../") == 0


def test_a_notebook_alone_leads_to_the_pages_of_the_site():
    notebook = new_notebook(
        cells=[
            new_markdown_cell(
                "[two](02_bptt.ipynb), [BPTT](../book/glossary.md#term-BPTT), "
                "[Elman (1990)](https://doi.org/10.1207/s15516709cog1402_1), [here](#exercises)"
            )
        ]
    )
    note, text = sources(student.student_edition(notebook, base="https://example.org/book"))
    assert "(https://example.org/book/unrolled-student.zip)" in note
    assert "[two](https://example.org/book/notebooks/02_bptt.html)" in text
    assert "[BPTT](https://example.org/book/book/glossary.html#term-BPTT)" in text
    assert "(https://doi.org/10.1207/s15516709cog1402_1)" in text and "[here](#exercises)" in text


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def chapter(request):
    return nbformat.read(request.param, as_version=4)


def test_every_exercise_is_marked_as_nbgrader_wants_it(chapter):
    marked = [cell for cell in chapter.cells if "nbgrader" in cell.metadata]
    names = [cell.metadata.nbgrader.grade_id for cell in marked]
    assert len(set(names)) == len(names)
    whole = assignment.exercises(chapter)
    for cell in marked:
        said = cell.metadata.nbgrader
        assert assignment.owner(cell, whole), f"{said.grade_id} belongs to no exercise"
        points = {"points"} if said.grade else set()
        assert set(said) - {"cell_type"} == KEYS | points, said.grade_id
        assert said.schema_version == 3, said.grade_id
        if cell.cell_type == "markdown" and not said.task:
            assert said.grade == said.solution, f"{said.grade_id}: graded text is an answer"


def test_no_solution_is_left_in_the_student_edition(chapter):
    edition = student.student_edition(chapter)
    text = "\n".join(sources(edition))
    for cell, cleared in zip(chapter.cells, edition.cells[1:], strict=True):
        for region in (student.SOLUTION, student.HIDDEN_TESTS):
            for secret in student.replace_region(cell.source, region)[1]:
                assert secret not in text
                lines = {line.strip() for line in secret.split("\n") if line.strip()}
                assert not lines & {line.strip() for line in cleared.source.split("\n")}
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", text)
    assert all(student.is_quote(cell) for cell in edition.cells if cell.get("outputs"))
