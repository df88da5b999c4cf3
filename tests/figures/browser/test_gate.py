"""Gate in Chromium: what is on the screen is what rnn_core computes, whoever moves it."""

import pytest

from rnn_core.plots import number
from rnn_core.plots.gradients import short
from rnn_core.widgets import Gate
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser
SHUT = [1, 1, 0, 1, 1, 1, 1, 1]


def expect_on_screen(page, **traits):
    settled(page)
    figure = Gate(**traits)
    wanted = {
        "c": number(figure.cs[-1]),
        "dc": short(figure.dcs[0]),
        "h": number(figure.plain_hs[-1]),
        "dh": short(figure.plain_dhs[0]),
    }
    got = {
        name: page.locator(f'#one [data-number="{name}"] .u-now').inner_text() for name in wanted
    }
    assert got == wanted
    assert page.locator("#one .u-stage svg").get_attribute("aria-label") == figure.summary()


@pytest.mark.parametrize("width", [1280, 360])
def test_every_control_from_the_keyboard(browser, width):
    with bare_page(browser, Gate(), width=width) as page:
        expect_on_screen(page)
        traits = {}
        for name, key, change in [
            ("gates of step", "ArrowRight", {"step": 2}),
            ("gates of step", "ArrowRight", {"step": 3}),
            ("forget f", "Home", {"f": SHUT}),
            ("input i", "End", {"i": [1, 0, 1, 0, 0, 0, 0, 0]}),
            ("output o", "End", {"o": [0, 0, 1, 0, 0, 0, 0, 1]}),
            ("plain unit's w", "ArrowRight", {"w": 1.05}),
            ("time", "Home", {"moment": 1, "step": 1}),
        ]:
            page.get_by_role("slider", name=name).focus()
            page.keyboard.press(key)
            traits |= change
            expect_on_screen(page, **traits)
        for name, change in [
            ("leak", {"f": [0.8] * 8}),
            ("erase midway", {"f": [1, 1, 1, 1, 0, 1, 1, 1]}),
            ("all open", {"f": [1] * 8, "i": [1] * 8, "o": [1] * 8}),
            ("keep", {}),
        ]:
            page.get_by_role("button", name=name).focus()
            page.keyboard.press("Enter")
            expect_on_screen(page, w=1.05, **change)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def middle(page, name, k):
    """The middle of a gate in the picture, and the width of its bar."""
    gate = page.locator(f"#one [data-hold='[\"{name}\",{k}]']")
    box = gate.locator("rect").nth(1).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]


def test_a_click_shuts_a_gate_and_a_drag_leaves_it_between(browser):
    with bare_page(browser, Gate()) as page:
        x, y, wide = middle(page, "f", 2)
        page.mouse.click(x, y)
        expect_on_screen(page, f=SHUT, step=3)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + wide / 2, y, steps=4)
        page.mouse.up()
        expect_on_screen(page, f=[1, 1, 0.5, *[1] * 5], step=3)
        assert page.locator("#one [data-number='dc'] .u-now").inner_text() == "0.500"


def test_a_finger_taps_and_drags_a_gate(browser):
    with bare_page(browser, Gate(), width=390, has_touch=True) as page:
        x, y, wide = middle(page, "i", 3)
        page.touchscreen.tap(x, y)
        expect_on_screen(page, i=[1, 0, 0, 1, 0, 0, 0, 0], step=4)
        touch = page.context.new_cdp_session(page)
        for name, points in [
            ("touchStart", [{"x": x, "y": y}]),
            *(("touchMove", [{"x": x - wide / 2 * j / 4, "y": y}]) for j in range(1, 5)),
            ("touchEnd", []),
        ]:
            touch.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})
        expect_on_screen(page, i=[1, 0, 0, 0.5, 0, 0, 0, 0], step=4)


def test_play_walks_forward_and_back_and_a_hand_stops_it(browser):
    tiles = "document.querySelectorAll('#one .u-tile[data-row={row}]').length"
    with bare_page(browser, Gate(), reduced_motion="reduce") as page:
        play = page.get_by_role("button", name="time: play")
        play.click()
        page.get_by_role("button", name="time: pause").wait_for()
        page.wait_for_function("figure.model.get('moment') >= 3 && figure.model.get('moment') < 16")
        page.get_by_role("slider", name="forget f").press("ArrowLeft")
        settled(page)
        assert page.evaluate("figure.model.get('moment')") == 16  # all of it is shown
        page.get_by_role("button", name="time: play").wait_for()  # it has stopped
        page.get_by_role("slider", name="time").press("Home")
        for _ in range(10):
            page.get_by_role("button", name="time: one on").click()
        settled(page)
        assert page.evaluate("[figure.model.get('moment'), figure.model.get('step')]") == [11, 6]
        assert page.evaluate(tiles.format(row="c")) == 8
        assert page.evaluate(tiles.format(row="dc")) == 3


def test_python_moves_it_and_it_leaves_nothing_behind(browser):
    with bare_page(browser, Gate(), dark=True) as page:
        page.evaluate("figure.again().then((end) => { figure.end = end; })")
        page.evaluate("(f) => figure.model.set('f', f)", SHUT)
        settled(page)
        assert page.locator("[data-number='dc'] .u-now").all_inner_texts() == ["0", "0"]
        page.evaluate("figure.cleanup(); figure.end()")
        assert page.locator(".unrolled-explorable").count() == 0
        assert page.evaluate("figure.model.listeners") == 0
