"""tools/refresh.py: one stored form, and nbval sees when it is no longer true."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import refresh

CHAPTER = refresh.NOTEBOOKS / "01_anatomy.ipynb"
ALT = {"image": {"alt": "up"}}
NBGRADER = {"grade": False, "grade_id": "a", "locked": False, "schema_version": 3, "solution": True}


@pytest.fixture(scope="module")
def messy():
    """A notebook as an editor leaves it."""
    cells = [
        new_markdown_cell("# A title\n\n"),
        new_code_cell("import matplotlib.pyplot as plt\nimport ipywidgets", execution_count=17),
        new_code_cell("plt.plot([1, 2])\nplt.show()", metadata={"mystnb": ALT}),
        new_code_cell("  \n"),
        new_code_cell("print('a', flush=True)\nprint('b')\n1 + 1", metadata={"collapsed": True}),
        new_code_cell("ipywidgets.IntSlider()", metadata={"tags": ["hide-input"]}),
        new_code_cell("def f():\n    return 1", metadata={"nbgrader": NBGRADER}),
        new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
    ]
    kernel = {"name": "another", "display_name": "Another", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "widgets": {}})


@pytest.fixture(scope="module")
def stored(messy, tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "messy.ipynb"
    nbformat.write(messy, path)
    text = refresh.refreshed(path)
    path.write_text(text, encoding="utf-8")
    assert refresh.refreshed(path) == text, "a second run gives other bytes"
    return nbformat.reads(text, as_version=4)


def test_text_stays_and_pictures_and_widgets_go(stored):
    codes = [cell for cell in stored.cells if cell.cell_type == "code"]
    kinds = [[kind for o in cell.outputs for kind in o.get("data", {})] for cell in codes]
    assert kinds == [[], ["text/plain"], ["text/plain"], ["text/plain"], [], []]
    assert codes[1].outputs[0].data["text/plain"] == f"{refresh.INSTEAD}\nup"
    assert [o.get("text") for o in codes[2].outputs] == ["a\nb\n", None]


def test_cells_are_numbered_and_empty_ones_gone(stored):
    counts = [cell.get("execution_count") for cell in stored.cells]
    assert counts == [None, 1, 2, 3, 4, 5, 6]


def test_metadata_that_the_book_and_the_graders_need_stays(stored):
    kept = [dict(cell.metadata) for cell in stored.cells]
    tags, error = {"tags": ["hide-input"]}, {"tags": ["raises-exception"]}
    assert kept == [{}, {}, {"mystnb": ALT}, {}, tags, {"nbgrader": NBGRADER}, error]
    assert stored.metadata.kernelspec == refresh.KERNEL
    assert "widgets" not in stored.metadata


def test_a_traceback_is_stored_without_the_paths_of_a_machine(stored):
    assert stored.cells[-1].outputs[0].traceback == ["ZeroDivisionError: division by zero"]


def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "broken.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, refresh.__file__, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "division by zero" in done.stdout
    assert path.read_bytes() == before


def nbval(path):
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q"]
    command += ["--nbval-sanitize-with", str(refresh.ROOT / "tests/support/pictures.cfg")]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent)


def test_a_picture_and_its_text_are_the_same_to_nbval_and_no_other_text_is(stored, tmp_path):
    path = tmp_path / "messy.ipynb"
    nbformat.write(stored, path)
    assert nbval(path).returncode == 0
    picture = next(o for cell in stored.cells for o in cell.get("outputs", []) if o.get("data"))
    picture.data["text/plain"] = "no picture"
    nbformat.write(stored, path)
    done = nbval(path)
    assert re.findall(r"^FAILED .*::Cell (\d+)", done.stdout, re.M) == ["1"], done.stdout


def test_a_changed_digit_in_a_stored_output_is_seen(tmp_path):
    notebook = nbformat.read(CHAPTER, as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    printed = [
        (number, output)
        for number, cell in enumerate(codes)  # nbval counts code cells from 0
        for output in cell.outputs
        if output.output_type == "stream" and re.search(r"\d", output.text)
    ]
    number, output = printed[-1]
    output.text = re.sub(r"\d(?=\D*$)", lambda d: str((int(d[0]) + 1) % 10), output.text)
    path = tmp_path / CHAPTER.name
    nbformat.write(notebook, path)

    done = nbval(path)
    assert done.returncode == 1, done.stdout
    assert re.findall(r"^FAILED .*::Cell (\d+)", done.stdout, re.M) == [str(number)]
