"""Exercises and cells in the page: open them, write into the editor, read what comes back."""

from __future__ import annotations

import re
from contextlib import contextmanager

import nbformat
import pytest

from tests.support.site import ROOT, open_page
from tools import student

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
STEP = "def step(x, h_prev, W_x, W_h, b):\n    {}\n    return np.tanh(x @ W_x + h_prev @ W_h + b)\n"
SECONDS = 120_000  # to start Python on a busy machine, in milliseconds


def needs_engine(site):
    if not (site / "_static" / "engine" / "engine.packed.js").exists():
        pytest.skip("the site was built without the engine: no source of it could be reached")


def solutions(chapter):
    """grade id -> (worked solution, source of its check) of every exercise of a chapter."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{chapter}.ipynb", as_version=4)
    found, waiting = {}, None
    for cell in notebook.cells:
        if cell.cell_type == "code" and student.role(cell, "solution"):
            waiting = cell
        elif waiting is not None and student.role(cell, "grade"):
            source = re.sub(r"^.*(BEGIN|END) SOLUTION.*\n?", "", waiting.source, flags=re.M)
            check = student.without_hidden_tests(cell).strip().removesuffix(".require()")
            found[waiting.metadata["nbgrader"]["grade_id"]] = source, check
            waiting = None
    return found


class Exercise:
    """One exercise of a page, in the hands of a reader."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.box = page.locator(f'.try-it[data-cell="{name}"]')

    def open(self):
        self.box.get_by_role("button", name="Try it here").click()
        self.box.get_by_role("button", name="Check", exact=True).wait_for()
        return self

    @property
    def editor(self):
        return self.box.locator(".cm-content")

    @property
    def status(self):
        return self.box.get_by_role("status")

    def text(self):
        lines = self.box.locator(".cm-line").all_inner_texts()
        return "\n".join(line.removesuffix("\n") for line in lines)

    def write(self, source):
        if self.editor.count() == 0:
            self.box.get_by_role("button", name="Answer in code").click()
        self.editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def check(self, source=None):
        """Press Check; the words of what is said then."""
        if source is not None:
            self.write(source)
        self.box.get_by_role("button", name="Check", exact=True).click()
        return self.answer()

    def answer(self):
        self.page.wait_for_function(
            """(name) => {
                 const box = document.querySelector(`.try-it[data-cell="${name}"]`);
                 return !box.querySelector(".is-main").disabled
                   && box.querySelector("[role=status]").textContent;
               }""",
            arg=self.name,
            timeout=SECONDS,
        )
        return self.status.inner_html()

    def wait_for_python(self):
        self.page.wait_for_function(
            '(name) => document.querySelector(`.try-it[data-cell="${name}"] [role=status]`)'
            ".textContent === 'Python is here.'",
            arg=self.name,
            timeout=SECONDS,
        )


@contextmanager
def exercise(browser, base, chapter, name, **context):
    with open_page(browser, base, f"notebooks/{chapter}", **context) as page:
        yield Exercise(page, name).open()
