"""The chapters where a learner opens them: JupyterLab, Notebook, nbconvert, outside any checkout.

Nothing raw, no missing file, every figure alive where there is a kernel, a picture where there is
none. The notebooks as they are run with the package from its wheel, the student edition with what
its archive holds; a Python that opens a file of the checkout fails.
"""

import re
import shutil
import zipfile
from contextlib import contextmanager
from html import unescape

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

import rnn_core.widgets
from tests.support.jupyter import environment, guarded, installed_wheel, jupyter
from tools import refresh, student

NOTEBOOKS = sorted(refresh.NOTEBOOKS.glob("*.ipynb"))
EACH = pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
FIGURES = tuple(f"{name}: " for name in rnn_core.widgets.__all__ if name != "Explorable")
ROLE = re.compile(r"\{[a-z][\w:+-]*\}`?")  # {cite}, of which Markdown has taken the backticks

# no promise of a page may wait for ever
SOON = """const soon = (promise, what) => Promise.race([promise, new Promise((_, fail) =>
  setTimeout(() => fail(new Error(`${what} took three minutes`)), 180_000))]);"""
READY = """async (panel) => {
  const session = panel.context.sessionContext;
  await soon(panel.context.ready, "the notebook");
  await soon(panel.revealed, "the view");
  await soon(session.ready, "the session");
  await soon(session.session.kernel.info, "the kernel");
  await soon(Promise.all(panel.content.widgets.map((cell) => cell.ready)), "a cell");
  window.panel = panel;
}"""
OPEN = f"""async (path) => {{ {SOON}
  const {{ commands, shell }} = window.jupyterapp;
  await ({READY})(path ? await soon(
    commands.execute("docmanager:open", {{ path, factory: "Notebook" }}), "opening",
  ) : shell.currentWidget);
}}"""
RUN = f"""async () => {{ {SOON}
  await soon(window.jupyterapp.commands.execute("notebook:run-all-cells"), "running");
  await soon(window.panel.context.save(), "saving");
}}"""
CLOSE = f"""async () => {{ {SOON}
  await soon(window.panel.context.sessionContext.shutdown(), "shutting down");
  window.panel.dispose();
}}"""
# what a person reads in the text: no code, no formulas
WORDS = """() => [...window.panel.node.querySelectorAll(".jp-RenderedMarkdown")].map((text) => {
  const copy = text.cloneNode(true);
  copy.querySelectorAll("code, pre, mjx-container").forEach((part) => part.remove());
  return copy.textContent;
}).join("\\n")"""
FENCES = """() => [...window.panel.node.querySelectorAll(".jp-RenderedMarkdown code[class*='{']")]
  .map((code) => code.className)"""
OUTPUTS = ".jp-Notebook .jp-OutputArea-output"


# ---- what a learner has


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return installed_wheel(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the notebooks as they are, and nothing else."""
    folder = tmp_path_factory.mktemp("learner") / "own"
    folder.mkdir()
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The student edition's archive, unpacked."""
    place = tmp_path_factory.mktemp("student")
    student.write_archive(place / student.ARCHIVE)
    with zipfile.ZipFile(place / student.ARCHIVE) as packed:
        packed.extractall(place)
    return guarded(place / "unrolled-student")


@pytest.fixture(scope="module")
def lab(browser, folder, wheel):
    with jupyter("lab", folder, python=wheel) as address, open_app(browser, address) as page:
        yield page


@contextmanager
def open_app(browser, address, path="lab"):
    """A page on which the application has started."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(180_000)
    page.goto(address + path)
    page.wait_for_function("window.jupyterapp?.shell")
    page.evaluate("window.jupyterapp.restored.then(() => null)")
    yield page
    page.close()


def stored(name, folder=refresh.NOTEBOOKS):
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def plain(output):
    return output.get("data", {}).get("text/plain", "")


# ---- where it comes from


@pytest.mark.parametrize(
    "page", [f"notebooks/{path.stem}" for path in NOTEBOOKS] + ["book/running"]
)
def test_the_page_offers_the_archive(site, page):
    html = (site / f"{page}.html").read_text(encoding="utf-8")
    links = re.findall(rf'href="([^"]*{student.ARCHIVE})"', html)
    assert links
    assert all((site / page).parent.joinpath(link).is_file() for link in links)


@EACH
def test_quoted_code_on_the_page_is_a_listing_like_any_other(site, name):
    page = BeautifulSoup(
        (site / f"notebooks/{name}.html").read_text(encoding="utf-8"), "html.parser"
    )
    listings = page.select("div.highlight-python")
    alone = [code.get_text().strip() for code in listings if not code.find_parent(class_="cell")]
    quotes = [
        plain(cell.outputs[0]).strip() for cell in stored(name).cells if student.is_quote(cell)
    ]
    assert quotes
    assert [quote for quote in quotes if quote not in alone] == []


# ---- JupyterLab, with the wheel


@EACH
@pytest.mark.browser
def test_a_chapter_in_jupyterlab(lab, folder, name):
    lab.evaluate(OPEN, f"{name}.ipynb")
    nothing_raw(lab)
    assert "<Figure size" not in lab.locator(OUTPUTS).all_inner_texts()
    lab.evaluate(RUN)

    ran, expected = stored(name, folder), stored(name)
    assert [o.evalue for o in outputs(ran) if o.output_type == "error"] == []
    assert [plain(o) for o in outputs(ran) if plain(o).startswith(FIGURES)] == [
        plain(o) for o in outputs(expected) if plain(o).startswith(FIGURES)
    ]
    quotes = sum(student.is_quote(cell) for cell in expected.cells)
    code = lab.locator(f"{OUTPUTS}.jp-RenderedMarkdown pre code.language-python")
    assert code.count() == quotes > 0
    pictures = sum(plain(o).startswith(refresh.INSTEAD) for o in outputs(expected))
    assert lab.locator(f"{OUTPUTS}.jp-RenderedImage img").count() == pictures
    figures = sum(plain(o).startswith(FIGURES) for o in outputs(expected))
    figures_are_alive(lab, figures)
    assert page_of(ran).count("<img ") == figures + pictures, "nbconvert has a still of each"
    lab.evaluate(CLOSE)


def nothing_raw(page):
    assert ROLE.findall(page.evaluate(WORDS)) == []
    assert page.evaluate(FENCES) == []


def figures_are_alive(page, least):
    """Each answers to a key on one of its sliders, or to a click on one of its buttons."""
    figures = page.locator(f"{OUTPUTS} .unrolled-explorable")
    page.wait_for_function(
        "([path, least]) => document.querySelectorAll(path).length >= least",
        arg=[f"{OUTPUTS} .unrolled-explorable", least],
    )
    assert "Error displaying widget" not in page.locator(".jp-Notebook").inner_text()
    for i in range(figures.count()):
        figure = figures.nth(i)
        before = figure.inner_html()
        sliders = figure.locator("input[type=range]:enabled")
        if sliders.count():
            first = sliders.first
            at_start = first.evaluate("(slider) => slider.value === slider.min")
            first.press("End" if at_start else "Home")
        else:
            usable = "button:enabled:not([aria-disabled=true]), input:enabled"
            figure.locator(usable).first.click()
        page.wait_for_function(
            "([path, i, before]) => document.querySelectorAll(path)[i].innerHTML !== before",
            arg=[f"{OUTPUTS} .unrolled-explorable", i, before],
        )


# ---- Notebook, with the archive


@pytest.mark.browser
def test_the_student_edition_in_notebook(browser, archive):
    pytest.importorskip("notebook", reason="Notebook comes with requirements-teacher.txt")
    folder, name = archive / "notebooks", NOTEBOOKS[0].stem
    expected = stored(name)
    with (
        jupyter("notebook", folder, python=archive) as address,
        open_app(browser, address, f"notebooks/{name}.ipynb") as page,
    ):
        page.wait_for_function("window.jupyterapp.shell.currentWidget?.context")
        page.evaluate(OPEN, None)
        nothing_raw(page)
        quotes = sum(student.is_quote(cell) for cell in expected.cells)
        code = page.locator(f"{OUTPUTS}.jp-RenderedMarkdown pre code.language-python")
        assert code.count() == quotes > 0, "quoted code is there before anything has run"
        page.evaluate(RUN)
        figures_are_alive(page, sum(plain(o).startswith(FIGURES) for o in outputs(expected)))
    ran = stored(name, folder)
    assert [o.ename for o in outputs(ran) if o.output_type == "error"] == ["NotImplementedError"]


@EACH
def test_the_student_edition_runs_to_its_first_stub(archive, name):
    folder = archive / "notebooks"
    ran = stored(name, folder)
    client = NotebookClient(
        ran, timeout=refresh.CELL_SECONDS, resources={"metadata": {"path": str(folder)}}
    )
    with pytest.raises(CellExecutionError, match="NotImplementedError|not started yet"):
        client.execute(env=environment(archive, archive.with_name("home")))
    last = [cell for cell in ran.cells if cell.get("execution_count")][-1]
    stub = next(cell for cell in ran.cells if student.role(cell, "solution"))
    assert last.metadata.nbgrader.grade_id.startswith(stub.metadata.nbgrader.grade_id)


# ---- nbconvert


def page_of(notebook):
    html, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook)
    return html


def text_of(html):
    html = re.sub(r"<(style|script|pre|code)\b.*?</\1>", "", html, flags=re.S)
    html = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "", html, flags=re.S)
    return unescape(re.sub(r"<[^>]+>", "", html))


@EACH
def test_nbconvert_shows_a_chapter_that_has_not_run(archive, name):
    for notebook in (stored(name), stored(name, archive / "notebooks")):
        html = page_of(notebook)
        assert ROLE.findall(text_of(html)) == []
        assert "Figure size" not in html
        quotes = [cell for cell in notebook.cells if student.is_quote(cell)]
        assert quotes
        for cell in quotes:
            code = plain(cell.outputs[0]).splitlines()[0]
            assert code in unescape(re.sub(r"<[^>]+>", "", html))
