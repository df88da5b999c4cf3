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
    return page.locator(".u-verdict").inner_text().strip()


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
