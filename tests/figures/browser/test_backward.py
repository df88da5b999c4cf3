"""Backward in Chromium: what is on the screen is what rnn_core computes."""

import numpy as np
import pytest

from rnn_core.plots import number
from rnn_core.widgets import Backward
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser


def column(page, key):
    return page.locator(f'td[data-number="{key}"]').all_inner_texts()


def shown(values):
    return [number(v, 3) for v in values]


def flat(grads):
    return np.concatenate([grads[name].ravel() for name in ("W_x", "W_h", "b")])


def says(page):
    verdict = page.locator(".u-verdict")
    judged, error = verdict.locator("span").first, verdict.locator(".u-now")
    return f"{judged.inner_text()} {error.inner_text()}."


def expect_on_screen(page, **traits):
    settled(page)
    figure = Backward(**traits)
    assert column(page, "sum") == shown(flat(figure.grads))
    assert column(page, "measured") == shown(flat(figure.measured))
    for step in figure.steps:
        assert column(page, str(step["t"])) == shown(flat(step["share"]))
    tiles = page.locator(".u-stage svg .u-tile text").all_text_contents()
    for step in figure.steps:
        for name in ("own", "dh", "dx", "dh_prev"):
            assert {number(v) for v in step[name]} <= set(tiles), name
    differs = np.abs(flat(figure.grads) - flat(figure.measured)) > 1e-7 * np.linalg.norm(
        flat(figure.measured)
    )
    signs = page.locator("tbody .u-sign").all_inner_texts()
    assert signs == ["≠" if off else "=" for off in differs]
    assert figure.summary().endswith(says(page))
    assert page.locator(".u-stage svg").get_attribute("aria-label") == figure.summary()


@pytest.mark.parametrize("width", [1280, 360])
def test_stepping_back_by_mouse_and_by_key(browser, width):
    with bare_page(browser, Backward(back=0), width=width) as page:
        assert column(page, "sum") == [""] * 8
        for back in (1, 2, 3):
            page.get_by_role("button", name="Steps back: one on").click()
            expect_on_screen(page, back=back)
        page.locator("input[type=range]").focus()
        page.keyboard.press("ArrowLeft")
        expect_on_screen(page, back=2)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        edge, table = page.locator("#one figure").bounding_box(), page.locator(".u-shares")
        assert table.bounding_box()["width"] <= edge["width"] + 0.5


def test_switches_make_the_check_fail(browser):
    with bare_page(browser, Backward(back=3)) as page:
        assert "passes" in says(page)
        from_next, accumulate = page.get_by_role("checkbox").all()
        from_next.focus()
        page.keyboard.press("Space")
        settled(page)
        assert "fails" in says(page)
        expect_on_screen(page, back=3, from_next=False)
        accumulate.click()
        expect_on_screen(page, back=3, from_next=False, accumulate=False)
        from_next.click()
        accumulate.click()
        expect_on_screen(page, back=3)


def test_a_touch_on_a_step_goes_back_to_it(browser):
    with bare_page(browser, Backward(back=0), width=390, dark=True, has_touch=True) as page:
        page.locator('g[data-step="2"] .u-cell').tap()
        page.wait_for_function("figure.model.get('back') === 2")
        expect_on_screen(page, back=2)


def pressed(page, step, way="click"):
    box = page.locator(f"g[data-cut='{step}'] rect").bounding_box()
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*at) if way == "click" else page.touchscreen.tap(*at)
    settled(page)


@pytest.mark.parametrize(("width", "way"), [(1280, "click"), (360, "tap")])
def test_the_arrow_from_the_next_step_is_cut_by_a_press_and_joined_by_another(browser, width, way):
    with bare_page(browser, Backward(back=3), width=width, has_touch=way == "tap") as page:
        pressed(page, 2, way)
        expect_on_screen(page, back=3, from_next=False)
        assert not page.get_by_role("checkbox").first.is_checked()
        assert page.locator(".u-verdict .u-was").inner_text() == "1e−7"  # what it was
        pressed(page, 3, way)
        expect_on_screen(page, back=3)


def test_a_formula_that_is_looked_at_lights_its_arrows(browser):
    thick = "nodes => nodes.map((node) => node.parentNode.parentNode.dataset.way)"
    with bare_page(browser, Backward(back=2)) as page:
        lit = page.locator(".u-stage [stroke-width='4'][stroke-dasharray]")
        for line, ways in enumerate([["own", "next"], ["in"], ["dx"], ["prev"]]):
            page.locator(".u-formulas p").nth(line).hover()
            settled(page)
            assert sorted(set(lit.evaluate_all(thick))) == sorted(ways)
        page.mouse.move(2, 2)
        settled(page)
        assert lit.count() == 0
        page.locator(".u-formulas p").nth(2).focus()  # and from the keyboard
        settled(page)
        assert set(lit.evaluate_all(thick)) == {"dx"}
        page.locator("tr[data-light=W_h]").first.hover()
        settled(page)
        assert page.locator(".u-stage rect[stroke-width='4']").count() == 2  # the cells it is in


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_the_dashes_flow_when_a_step_is_done_unless_the_reader_wants_no_motion(
    browser, motion, moves
):
    with bare_page(browser, Backward(back=1), reduced_motion=motion) as page:
        page.evaluate(  # what the page asks to move, and how: it need not be caught moving
            """() => { window.asked = 0; const animate = Element.prototype.animate;
            Element.prototype.animate = function (frames, ...rest) {
              if ("strokeDashoffset" in frames[0]) window.asked += 1;
              return animate.call(this, frames, ...rest); }; }"""
        )
        page.get_by_role("button", name="Steps back: one on").click()
        settled(page)
        assert (page.evaluate("asked") > 0) is moves


def test_the_play_button_walks_back_to_the_first_step(browser):
    with bare_page(browser, Backward(back=0)) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        page.get_by_role("button", name="Steps back: play").click()
        page.clock.run_for(6000)
        page.clock.resume()
        page.get_by_role("button", name="Steps back: play").wait_for()  # it has stopped
        expect_on_screen(page, back=3)


def test_python_moves_it_twice_and_it_leaves_nothing_behind(browser):
    with bare_page(browser, Backward()) as page:
        page.evaluate("figure.again().then((end) => { figure.end = end; })")
        page.evaluate(
            "figure.model.set('xs', [[0.5], [0.5]]); figure.model.set('ys', [[1, 1], [0, 0]])"
        )
        settled(page)
        wanted = Backward(xs=[[0.5], [0.5]], ys=[[1, 1], [0, 0]])
        measured = shown(flat(wanted.measured))
        assert column(page, "measured") == [*measured, *measured]
        page.evaluate("figure.cleanup(); figure.end()")
        assert page.locator(".unrolled-explorable").count() == 0
        assert page.evaluate("figure.model.listeners") == 0
