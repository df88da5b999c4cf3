"""The page in places out of the ordinary: without storage, on paper, saved, found by search."""

import importlib.util
import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.support.site import ROOT, open_page, page_names, site_folder
from tools.serve import served

CHAPTER = "notebooks/02_bptt"
BLOCKED = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { configurable: true,
    get() { throw new DOMException("denied", "SecurityError"); } });"""
FULL = """Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError"); };"""


@pytest.mark.parametrize("storage", [BLOCKED, FULL], ids=["blocked", "full"])
def test_a_page_does_not_need_to_store_anything(browser, site, storage):
    with open_page(browser, site, "book/notation") as page:
        page.context.add_init_script(storage)
        page.reload()
        switch = page.locator(".theme-toggle:visible")
        modes = []
        for _ in range(3):
            switch.click()
            modes.append(switch.get_attribute("aria-label").removeprefix("Color mode: "))
        assert modes == ["dark", "light", "as the system"]
        page.get_by_role("search").get_by_role("textbox").fill("truncated")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li")


def test_a_search_marks_its_words_on_the_whole_page(browser, site):
    with open_page(browser, site, f"{CHAPTER}.html?highlight=gradient") as page:
        page.wait_for_selector("span.highlighted", state="attached")
        words = page.locator("article > section > section")
        marks = [words.nth(i).locator("span.highlighted").count() for i in range(words.count())]
        assert words.locator("svg").count() and marks[-1] and sum(map(bool, marks)) > 5
        assert page.locator(".explorable .highlighted").count() == 0


def test_a_page_that_the_browser_saved_opens_as_it_was(browser, site):
    with open_page(browser, site, "book/welcome") as page:
        page.wait_for_selector(".explorable-live")
        saved = page.content()
        page.route(
            "**/welcome.html", lambda route: route.fulfill(body=saved, content_type="text/html")
        )
        page.reload()
        first = page.locator(".explorable").first
        expect(first.locator(".explorable-live")).to_have_count(1)
        expect(first.locator(".unrolled-explorable")).to_have_count(2)  # the still and the figure
        page.set_viewport_size({"width": 390, "height": 800})
        page.get_by_role("button", name="Chapters").click()
        expect(page.locator(".sidebar-drawer a").last).to_be_visible()
    with open_page(browser, site, "book/running") as page:
        buttons = page.locator(".copybtn").count()
        assert buttons
        saved = page.content()
        page.route(
            "**/running.html", lambda route: route.fulfill(body=saved, content_type="text/html")
        )
        page.reload()
        expect(page.locator(".copybtn")).to_have_count(buttons)


def test_paper_is_light_and_has_its_title(browser, site):
    with open_page(browser, site, CHAPTER, dark=True) as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("h1").is_visible()
        faint = page.evaluate(
            """() => {
                 const light = (color) => {
                   const [r, g, b] = color.match(/[0-9.]+/g).map(Number).map((c) => c / 255)
                     .map((c) => c <= 0.04 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                   return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                 };
                 const words = document.querySelectorAll("article :is(p, pre, pre span, svg text)");
                 const dark = ([, color]) => !color.startsWith("rgb(")
                   || 1.05 / (light(color) + 0.05) >= 4;
                 return [...words].filter((word) => word.checkVisibility())
                   .map((word) => [word, getComputedStyle(word)])
                   .map(([word, style]) => [word, word.closest("svg") ? style.fill : style.color])
                   .filter((word) => !dark(word))
                   .map(([word, color]) => `${word.outerHTML.slice(0, 60)} ${color}`);
               }"""
        )
        assert faint == []


def test_a_formula_is_copied_as_tex(browser, site):
    with open_page(browser, site, "book/notation") as page:
        copied = page.evaluate(
            """() => {
                 const formula = document.querySelector("article p [data-tex]");
                 getSelection().selectAllChildren(formula.closest("p"));
                 const clipboardData = new DataTransfer();
                 const copy = new ClipboardEvent("copy", { clipboardData, bubbles: true });
                 document.dispatchEvent(copy);
                 return [clipboardData.getData("text/plain"), formula.dataset.tex];
               }"""
        )
        text, tex = copied
        assert f"${tex}$" in text and "\n\n" not in text.strip()


def test_the_system_s_own_palette_wins_over_the_switch(browser, site):
    with open_page(browser, site, "book/welcome", dark=True, forced_colors="active") as page:
        page.evaluate("localStorage.setItem('theme', 'light')")
        page.reload()
        ink = "(box) => getComputedStyle(box).getPropertyValue('--u-ink')"
        assert page.locator("body").evaluate(ink) == "#e8eaed"
        assert page.locator(".explorable-live .unrolled-explorable").evaluate(ink) == "#e8eaed"


@pytest.mark.parametrize("name", page_names(site_folder()))
def test_what_opens_is_named_by_what_is_read_on_it(browser, site, name):
    with open_page(browser, site, name) as page:
        for summary in page.locator("summary").all():
            name = summary.get_attribute("aria-label")
            assert name is None or summary.inner_text().strip() in name


SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""


@pytest.mark.parametrize("style", ["p {}", SPACED], ids=["400 % zoom", "wider text"])
@pytest.mark.parametrize("name", ["book/welcome", CHAPTER, "book/api", "book/speed", "search"])
def test_nothing_is_cut_off_when_a_desk_zooms_in_or_text_is_wider(browser, site, name, style):
    with open_page(browser, site, name, width=320) as page:
        page.add_style_tag(content=style)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_hosts_that_drop_folders_are_told_not_to(site):
    assert (site / ".nojekyll").exists()


@pytest.mark.parametrize("where", ["nothing.html", "notebooks/nothing.html", "no/such/place/"])
def test_a_page_that_is_not_there_leads_back_from_any_depth(browser, site, tmp_path, where):
    (tmp_path / "some" / "course").mkdir(parents=True)
    (tmp_path / "some" / "course" / "book").symlink_to(site)
    shutil.copy(site / "404.html", tmp_path)
    with served(tmp_path) as base:
        page = browser.new_page()
        page.goto(f"{base}/some/course/book/{where}")
        home = f"{base}/some/course/book/index.html"
        page.wait_for_function("(home) => document.getElementById('home').href === home", arg=home)
        page.close()


def test_the_builder_runs_nothing_from_a_shared_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", "")
    path = ROOT / "book" / "_ext" / "figures.py"
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location("figures", path)
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    figures.draw_svg(SimpleNamespace(outdir=tmp_path / "_build" / "html"))
    assert os.environ["IPYTHONDIR"].startswith(str(tmp_path / "_build"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_works_in_a_folder_with_spaces(tmp_path):
    folder = tmp_path / "my büch er"
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (commands.parent / ".unrolled-installed").touch()
    (commands / "jupyter-book").write_text('#!/bin/sh\necho "called: $@"\n', encoding="utf-8")
    (commands / "jupyter-book").chmod(0o755)
    done = subprocess.run(["make", "book"], cwd=folder, capture_output=True, text=True, check=True)
    assert "called: build ." in done.stdout
