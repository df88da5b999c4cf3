"""On the built page an outcome stays folded until the reader has committed, or asks for it."""

import re

import pytest

from tests.support.site import page_names

pytestmark = pytest.mark.browser
FOLDED, OPEN = "details.outcome:not([open])", "details.outcome[open]"


@pytest.fixture(scope="module")
def chapters(site):
    names = [n for n in page_names(site) if re.match(r"notebooks/0\d", n)]
    return [n for n in names if 'class="outcome"' in (site / f"{n}.html").read_text("utf-8")]


@pytest.fixture
def visit(browser, site):
    contexts = []

    def go(name, end="", **context):
        contexts.append(browser.new_context(viewport={"width": 390, "height": 844}, **context))
        page = contexts[-1].new_page()
        page.goto((site / f"{name}.html").as_uri() + end)
        page.wait_for_load_state("domcontentloaded")
        return page

    yield go
    for context in contexts:
        context.close()


def count(page, what):
    return page.locator(what).count()


def nearest_guess(page):
    """The first guess of the page, which is live once one has come near."""
    page.locator("details.outcome").first.scroll_into_view_if_needed()
    return page.locator(".u-guess").first


def test_there_are_guesses_to_look_at(chapters):
    assert "notebooks/01_anatomy" in chapters


def test_all_outcomes_are_folded_at_first_and_the_page_has_a_guess_for_each(visit, chapters):
    for name in chapters:
        page = visit(name)
        assert count(page, FOLDED) > 0 and count(page, OPEN) == 0
        asked = page.locator("details.outcome").evaluate_all(
            """nodes => nodes.filter((node) => {
              let one = node.previousElementSibling;
              return one && one.querySelector(".explorable");
            }).length"""
        )
        assert asked == count(page, "details.outcome"), "an outcome follows its guess at once"


def test_who_comes_by_a_link_into_the_page_or_by_a_search_finds_it_open(visit, chapters):
    for end in ("#what-it-remembers", "?highlight=state"):
        page = visit(chapters[0], end)
        assert count(page, OPEN) > 0 and count(page, FOLDED) == 0


def test_without_scripts_and_on_paper_everything_is_open(visit, chapters):
    page = visit(chapters[0], java_script_enabled=False)
    assert count(page, OPEN) > 0 and count(page, FOLDED) == 0
    page = visit(chapters[0])
    folded = count(page, FOLDED)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert count(page, OPEN) == folded
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert count(page, FOLDED) == folded


def test_show_me_opens_one_and_a_guess_opens_its_own_and_is_remembered(visit, chapters):
    page = visit(chapters[0])
    total = count(page, FOLDED)
    page.locator("details.outcome > summary").last.click()
    assert count(page, OPEN) == 1
    first = nearest_guess(page)
    first.get_by_role("checkbox").first.check()
    first.get_by_role("button", name="Commit").click()
    page.wait_for_function(f"document.querySelectorAll('{OPEN}').length === 2")
    assert page.locator("details.outcome").first.get_attribute("open") is not None
    first.locator("[role=status]").filter(has_text="Your guess:").wait_for()

    page.reload()
    page.wait_for_function(f"document.querySelectorAll('{OPEN}').length === 1")
    assert count(page, FOLDED) == total - 1
    page.locator(".explorable").last.scroll_into_view_if_needed()
    table = page.locator(".u-guesses")
    table.wait_for()
    assert "You made 1 of" in table.inner_text() and table.locator("tbody tr").count() == total


def test_storage_that_is_forbidden_costs_nothing_but_the_memory(visit, chapters):
    page = visit(chapters[0])
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })"
    )
    page.reload()
    first = nearest_guess(page)
    first.get_by_role("checkbox").first.check()
    first.get_by_role("button", name="Commit").click()
    first.locator("[role=status]").filter(has_text="Your guess:").wait_for()
