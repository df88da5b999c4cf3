"""What is stored in a notebook can be read, compared and run again."""

import ast
from pathlib import Path

import nbformat
import pytest

from tools import refresh

NOTEBOOKS = sorted(refresh.NOTEBOOKS.glob("*.ipynb"))
MOST_LINES = 16
SWITCHES = ("nbval-skip", "nbval-ignore-output", "NBVAL_SKIP", "NBVAL_IGNORE_OUTPUT")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def code_cells(path) -> list:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_book_has_its_notebooks():
    assert NOTEBOOKS, f"no notebooks in {refresh.NOTEBOOKS}"


def test_every_code_cell_is_numbered_so_that_nbval_compares_it(code_cells):
    assert [cell.execution_count for cell in code_cells] == list(range(1, len(code_cells) + 1))


def test_no_comparison_is_switched_off(path):
    text = path.read_text(encoding="utf-8")
    assert [switch for switch in SWITCHES if switch in text] == []


def test_no_picture_and_no_widget_is_stored(path, code_cells):
    kinds = {
        kind for cell in code_cells for output in cell.outputs for kind in output.get("data", {})
    }
    assert {kind for kind in kinds if kind.startswith(refresh.DROPPED_TYPES)} == set()
    assert "widgets" not in nbformat.read(path, as_version=4).metadata


def test_a_picture_is_told_to_whoever_has_not_run_the_cell(code_cells):
    texts = [
        output.data.get("text/plain", "")
        for cell in code_cells
        for output in cell.outputs
        if "data" in output
    ]
    assert [text for text in texts if refresh.DRAWN.search(text)] == []


def test_code_cells_fit_on_a_page(code_cells):
    lines = {
        cell.execution_count: sum(bool(line.strip()) for line in cell.source.splitlines())
        for cell in code_cells
    }
    assert {count: n for count, n in lines.items() if n > MOST_LINES} == {}


def test_the_first_code_cell_imports_and_does_nothing_else(code_cells):
    statements = ast.parse(code_cells[0].source).body
    assert statements
    assert all(isinstance(line, ast.Import | ast.ImportFrom) for line in statements)
