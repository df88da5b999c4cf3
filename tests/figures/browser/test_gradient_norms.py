"""GradientNorms in Chromium: what is on the screen is what rnn_core computes."""

import pytest

from rnn_core.plots import number
from rnn_core.plots.gradients import short
from rnn_core.widgets import GradientNorms
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser


def expect_on_screen(page, **traits):
    settled(page)
    figure = GradientNorms(**traits)
    lag = min(figure.lag, figure.steps)
    wanted = {
        "norm": short(figure.norms[lag]),
        "bound": short(figure.bounds[lag]),
        "sigma": number(figure.radius * figure.sigmas[figure.kind == "gaussian"]),
        "slope": number(figure.slopes.mean()),
    }
    got = {name: page.locator(f'dd[data-number="{name}"]').inner_text() for name in wanted}
    assert got == wanted
    assert page.locator(".u-stage svg").get_attribute("aria-label") == figure.summary()


@pytest.mark.parametrize("width", [1280, 360])
def test_every_control_from_the_keyboard(browser, width):
    traits = {"kind": "orthogonal", "activation": "linear", "radius": 0.9}
    with bare_page(browser, GradientNorms(**traits), width=width) as page:
        expect_on_screen(page, **traits)
        page.get_by_role("radio", name="tanh").focus()
        page.keyboard.press("Space")
        expect_on_screen(page, activation="tanh")
        page.get_by_role("radio", name="orthogonal").focus()
        page.keyboard.press("ArrowRight")
        traits = {"kind": "gaussian", "activation": "tanh"}
        expect_on_screen(page, **traits)
        for name, key, trait, value in [
            ("spectral radius", "End", "radius", 1.6),
            ("input noise", "ArrowRight", "noise", 0.05),
            ("length T", "ArrowLeft", "steps", 49),
            ("read off at lag", "End", "lag", 49),
            ("length T", "Home", "steps", 5),
        ]:
            page.get_by_role("slider", name=name).focus()
            page.keyboard.press(key)
            traits[trait] = value
            expect_on_screen(page, **traits)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_noise_rests_where_nothing_bends(browser):
    with bare_page(browser, GradientNorms(activation="linear")) as page:
        assert page.get_by_role("slider", name="input noise").is_disabled()
        page.get_by_role("radio", name="tanh").check()
        settled(page)
        assert page.get_by_role("slider", name="input noise").is_enabled()


def test_a_hand_on_the_picture_reads_off_another_lag(browser):
    with bare_page(browser, GradientNorms(), width=390, has_touch=True) as page:
        box = page.locator(".u-stage svg").bounding_box()
        left, right = box["x"] + 52, box["x"] + box["width"] - 14
        page.mouse.move(left + (right - left) * 0.5, box["y"] + 100)
        page.mouse.down()
        expect_on_screen(page, lag=25)
        page.mouse.move(right + 30, box["y"] + 100)
        expect_on_screen(page, lag=50)
        page.mouse.up()
        page.mouse.move(left, box["y"] + 100)
        expect_on_screen(page, lag=50)
        page.touchscreen.tap(left, box["y"] + 50)
        expect_on_screen(page, lag=0)


def test_python_moves_it_and_it_leaves_nothing_behind(browser):
    with bare_page(browser, GradientNorms(), dark=True) as page:
        page.evaluate("figure.again().then((end) => { figure.end = end; })")
        page.evaluate("figure.model.set('radius', 1.25)")
        settled(page)
        figure = GradientNorms(radius=1.25)
        assert (
            page.locator('dd[data-number="norm"]').all_inner_texts()
            == [short(figure.norms[20])] * 2
        )
        page.evaluate("figure.cleanup(); figure.end()")
        assert page.locator(".unrolled-explorable").count() == 0
        assert page.evaluate("figure.model.listeners") == 0
