"""The page on PyTorch, which no build runs: what it shows is what it gives where PyTorch is."""

import nbformat
import pytest

from tools import refresh

PAGE = refresh.ROOT / "book" / "pytorch.ipynb"


def outputs(notebook):
    return [
        (cell.source, [(out.output_type, out.get("text")) for out in cell.outputs])
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_its_stored_outputs_are_what_it_gives_in_the_form_of_refresh():
    pytest.importorskip("torch", reason="the page needs PyTorch, which the book does not")
    stored = nbformat.read(PAGE, as_version=4)
    again = nbformat.reads(refresh.refreshed(PAGE), as_version=4)
    assert outputs(again) == outputs(stored)
    text = PAGE.read_text(encoding="utf-8")
    assert refresh.written(refresh.clean(nbformat.reads(text, as_version=4))) == text


def test_a_build_shows_it_from_what_is_stored():
    config = (refresh.ROOT / "_config.yml").read_text(encoding="utf-8")
    assert "exclude_patterns: [book/pytorch.ipynb]" in config
    stored = outputs(nbformat.read(PAGE, as_version=4))
    assert len(stored) > 6 and all(shown for _, shown in stored[1:])  # the first one imports


def test_the_built_page_shows_the_results_and_offers_no_run_in_a_browser(site):
    page = (site / "book" / "pytorch.html").read_text(encoding="utf-8")
    assert page.count("agree to 1e-12: True") == 6
    assert 'class="run-it"' not in page
