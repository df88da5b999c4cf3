"""What all figures share: the claim as title, a hand that may swipe past, full screen, the link."""

import re
import sys
from pathlib import Path

import pytest

from rnn_core.widgets import (
    Backward,
    Gate,
    GradientNorms,
    Learn,
    NextWord,
    Perplexity,
    Reber,
    Truncation,
    Unfold,
)
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser
FIGURES = [Backward, Gate, GradientNorms, Learn, NextWord, Perplexity, Reber, Truncation]
FIGURES += [Unfold]
ALL = pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.__name__)
STATE = "JSON.stringify(figure.model.state)"
RESET = "(s) => { for (const pair of Object.entries(JSON.parse(s))) figure.model.set(...pair); }"
SPOTS = """() => [...document.querySelectorAll(
  "#one input[type=range], #one .u-scrub, #one [data-held], #one .u-stage svg, #one .u-grip")]
  .map((node) => node.getBoundingClientRect()).filter(({ width }) => width > 0)
  .map(({ left, top, width, height }) => [left + width / 2, top + height / 2])"""


@ALL
def test_the_claim_is_the_title_and_the_name(browser, kind):
    with bare_page(browser, kind(), width=390) as page:
        figure = page.locator("#one figure")
        claim = figure.locator(".u-claim")
        assert figure.get_attribute("aria-label") == kind.claim.replace("*", "")
        assert claim.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 16
        assert page.evaluate(
            """() => { const box = (name) => document.querySelector(name).getBoundingClientRect();
            return box(".u-claim").bottom <= box(".u-stage").top
              && box(".u-stage").bottom <= box(".u-caption").top; }"""
        )
        assert figure.locator(".u-caption").inner_text().endswith(".")


@ALL
def test_no_formula_is_raw(browser, kind):
    with bare_page(browser, kind()) as page:
        settled(page)
        words = page.locator("#one").inner_text()
        words += " ".join(page.locator("#one .u-stage svg text").all_text_contents())
        assert not re.findall(r"\b\w_\w+|\^|\\\w+", words)


@ALL
def test_a_swipe_up_or_down_changes_nothing(browser, kind):
    with bare_page(browser, kind(), width=390, height=844, has_touch=True) as page:
        touch = page.context.new_cdp_session(page)

        def finger(name, *at):
            points = [{"x": x, "y": y} for x, y in at]
            touch.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})

        page.evaluate("document.body.style.paddingBottom = '900px'")
        before = page.evaluate(STATE)
        spots = page.evaluate(SPOTS)
        for x, y in spots[:: max(1, len(spots) // 12)]:
            page.evaluate("(y) => scrollTo(0, y)", y - 400)
            settled(page)
            top = y - page.evaluate("scrollY")
            for way in (-1, 1):
                finger("touchStart", (x, top))
                for step in range(1, 7):
                    finger("touchMove", (x + step % 3, top + way * 14 * step))
                finger("touchEnd")
                settled(page)
                assert page.evaluate(STATE) == before, (x, y)
                page.evaluate("(y) => scrollTo(0, y)", y - 400)
                settled(page)


@ALL
def test_full_screen_fits_a_projector(browser, kind):
    with bare_page(browser, kind(), width=1280, height=720) as page:
        page.get_by_role("button", name="full screen").click()
        page.wait_for_function(
            "document.fullscreenElement?.querySelector('.u-body').style.transform"
        )
        box = page.locator("#one .u-body").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
        assert box["y"] >= 0 and box["y"] + box["height"] <= 720
        assert box["height"] >= 640 or box["width"] >= 1200  # as large as it can be
        sizes = page.locator("#one .u-stage svg text").evaluate_all(
            """(nodes) => nodes.map((node) => parseFloat(getComputedStyle(node).fontSize)
                 * node.getBoundingClientRect().height / node.getBBox().height)"""
        )
        assert min(sizes) >= 8.5
        page.evaluate("document.exitFullscreen()")
        page.wait_for_function("!document.querySelector('#one .u-body').style.transform")


def press_first(page):
    """A key on the first slider that can move, or a click on the first button."""
    slider = page.locator("#one .u-controls input[type=range]:enabled")
    if slider.count():
        at_start = slider.first.evaluate("(slider) => slider.value === slider.min")
        slider.first.press("ArrowRight" if at_start else "ArrowLeft")
    else:
        still = ":not([aria-disabled], .u-play, .u-speed)"
        page.locator(f"#one .u-controls button{still}").first.click()
    settled(page)


@ALL
def test_a_link_holds_the_state_and_nothing_else_that_an_address_says_is_taken(browser, kind):
    with bare_page(browser, kind()) as page:
        begun = page.evaluate(STATE)
        press_first(page)
        moved = page.evaluate(STATE)
        assert moved != begun
        page.get_by_role("button", name="link to the figure as it stands").click()
        page.locator("#one .u-note:not(:empty)").wait_for()
        link = page.evaluate("location.hash")
        assert link.startswith("#one?")
        page.evaluate(
            RESET,
            begun,
        )
        for other in ("#section", "#two?step=1", '#one?step=1e9&k=-1&radius="a"&walk=[&nothing=1'):
            page.evaluate("(to) => { location.hash = to; }", other)
            settled(page)
            assert page.evaluate(STATE) == begun, other
        page.evaluate("(to) => { location.hash = to; }", link)
        page.wait_for_function("(state) => JSON.stringify(figure.model.state) === state", arg=moved)


def test_a_button_at_its_end_keeps_the_focus_and_says_so(browser):
    with bare_page(browser, Backward(back=2)) as page:
        on = page.get_by_role("button", name="Steps back: one on")
        on.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("figure.model.get('back')") == 3
        assert on.get_attribute("aria-disabled") == "true"
        page.keyboard.press("Enter")
        assert page.evaluate("figure.model.get('back')") == 3
        assert on.evaluate("(node) => node === document.activeElement")


def test_what_changed_is_said_when_it_rests(browser):
    with bare_page(browser, Backward(back=0)) as page:
        page.evaluate("window.said = []")
        page.evaluate(
            """() => { const live = document.querySelector("[aria-live]");
            new MutationObserver(() => said.push(live.textContent)).observe(live,
              { childList: true }); }"""
        )
        page.locator("#one input[type=range]").focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
        page.wait_for_function("said.length > 0")
        assert page.evaluate("said") == [Backward(back=2).summary()]
        page.get_by_role("checkbox").last.click()
        page.wait_for_function("said.length > 1")
        last = page.evaluate("said.at(-1)")
        assert last and "Back through" not in last  # a step that stayed is no news
        assert Backward(back=2, accumulate=False).summary().endswith(last)


PAGE = (Path(__file__).parents[3] / "book" / "figures.md").read_text(encoding="utf-8")


def test_a_figure_in_a_folder_of_one_s_own(browser, tmp_path, monkeypatch):
    """The one that the page on figures with your own numbers gives, as it stands there."""
    for language, name in (("python", "fading.py"), ("javascript", "fading.js")):
        (tmp_path / name).write_text(
            re.search(rf"```{language}\n((?:# |// ){name}\n.*?)```", PAGE, re.S)[1]
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import fading

    figure = fading.Fading(0.9)
    assert figure.still().startswith("<svg") and "rnn_core" not in figure._source.parts
    with bare_page(browser, figure) as page:
        picture = page.locator("#one .u-stage svg")
        assert picture.get_attribute("aria-label") == figure.summary()
        page.get_by_role("slider", name="w").press("ArrowLeft")
        settled(page)
        assert picture.get_attribute("aria-label") == fading.Fading(0.85).summary()
        page.get_by_role("button", name="full screen").wait_for()
    del sys.modules["fading"]


@pytest.mark.parametrize("wrap", [False, True])
def test_two_figures_in_a_box_share_its_width(browser, wrap):
    figure = Unfold()
    with bare_page(browser, figure, width=700) as page:
        page.evaluate("figure.again()")
        page.evaluate(  # an HBox, as ipywidgets lays it out
            """([flex, wrap]) => {
            document.querySelector("main").style.cssText = `display: flex; flex-flow: ${wrap}`;
            for (const id of ["one", "two"]) document.getElementById(id).style.flex = flex; }""",
            [figure.layout.flex, "row wrap" if wrap else "row"],
        )
        settled(page)
        one, two = (page.locator(f"#{id} .u-stage svg").bounding_box() for id in ("one", "two"))
        assert one["width"] >= 320 and two["width"] >= 320
        assert one["x"] + one["width"] <= two["x"] + 1
        page.set_viewport_size({"width": 500, "height": 800})
        settled(page)
        one, two = (page.locator(f"#{id} .u-stage svg").bounding_box() for id in ("one", "two"))
        assert (one["x"] == two["x"]) is wrap  # one below the other, where the box may wrap
        assert min(one["width"], two["width"]) >= (320 if wrap else 200)
