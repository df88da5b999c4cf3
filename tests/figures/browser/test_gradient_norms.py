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
        "band": " – ".join(map(short, figure.band[lag])),
        "bound": short(figure.bounds[lag]),
        "sigma": number(figure.radius * figure.sigmas[figure.kind == "gaussian"]),
        "slope": number(figure.slopes.mean()),
    }
    got = {name: page.locator(f'dd[data-number="{name}"] .u-now').inner_text() for name in wanted}
    assert got == wanted
    assert page.locator(".u-stage svg").get_attribute("aria-label") == figure.summary()


@pytest.mark.parametrize("width", [1280, 360])
def test_every_control_from_the_keyboard(browser, width):
    traits = {"kind": "orthogonal", "activation": "linear", "radius": 0.9}
    with bare_page(browser, GradientNorms(**traits), width=width) as page:
        expect_on_screen(page, **traits)
        page.get_by_role("radio", name="tanh").focus()
        page.keyboard.press("Space")
        expect_on_screen(page, **{**traits, "activation": "tanh"})
        page.get_by_role("radio", name="orthogonal").focus()
        page.keyboard.press("ArrowRight")
        traits |= {"kind": "gaussian", "activation": "tanh"}
        expect_on_screen(page, **traits)
        for name, key, trait, value in [
            ("spectral radius", "End", "radius", 1.6),
            ("input noise", "ArrowRight", "noise", 0.35),
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
        noise = page.get_by_role("slider", name="input noise")
        assert noise.is_disabled()
        assert noise.get_attribute("aria-valuetext") == "no effect: slopes are 1"
        page.get_by_role("radio", name="tanh").check()
        settled(page)
        assert page.get_by_role("slider", name="input noise").is_enabled()


def test_a_hand_on_the_picture_reads_off_another_lag(browser):
    with bare_page(browser, GradientNorms(), width=390, has_touch=True) as page:
        box = page.locator(".u-stage svg").bounding_box()
        left, right = box["x"] + 52, box["x"] + box["width"] - 16
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


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_the_longest_numbers_have_room(browser, width):
    tiny = {"radius": 0.5, "noise": 1.0, "lag": 50, "kind": "gaussian"}
    with bare_page(browser, GradientNorms(**tiny), width=width) as page:
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        overlaps = page.evaluate(
            """() => { const boxes = [...document.querySelectorAll("#one .u-facts .u-now")]
              .map((node) => node.getBoundingClientRect());
            return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right
              && b.left < a.right && a.top < b.bottom && b.top < a.bottom)); }"""
        )
        assert not overlaps


def test_python_moves_it_and_it_leaves_nothing_behind(browser):
    with bare_page(browser, GradientNorms(), dark=True) as page:
        page.evaluate("figure.again().then((end) => { figure.end = end; })")
        page.evaluate("figure.model.set('radius', 1.25)")
        settled(page)
        figure = GradientNorms(radius=1.25)
        assert (
            page.locator('dd[data-number="norm"] .u-now').all_inner_texts()
            == [short(figure.norms[20])] * 2
        )
        page.evaluate("figure.cleanup(); figure.end()")
        assert page.locator(".unrolled-explorable").count() == 0
        assert page.evaluate("figure.model.listeners") == 0


def curve(page):
    """The points of the gradient's line, in px of the picture."""
    path = page.locator("#one .u-stage svg > path.u-line[stroke='var(--u-grad)']").first
    return path.get_attribute("d")


def test_the_axis_stays_and_the_point_moves_by_decades(browser):
    linear = {"kind": "orthogonal", "activation": "linear"}
    with bare_page(browser, GradientNorms(radius=0.5, **linear)) as page:
        at, ticks = [], []
        for radius in (0.5, 1.6):
            page.evaluate("(radius) => figure.model.set('radius', radius)", radius)
            settled(page)
            at.append(float(page.locator("#one .u-stage svg circle").get_attribute("cy")))
            ticks.append(page.locator("#one .u-axes").first.inner_html())
        assert ticks[0] == ticks[1]
        assert at[0] - at[1] > 120  # ten decades at lag 20


def test_the_end_of_the_line_is_lifted_by_mouse_and_by_finger(browser):
    with bare_page(browser, GradientNorms(), width=390, has_touch=True) as page:
        grip = page.locator("#one .u-grip").bounding_box()
        x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y - 50, steps=5)
        page.mouse.up()
        expect_on_screen(page, radius=1.3)
        ghost = page.locator("#one .u-ghost path").get_attribute("d")
        assert ghost and ghost != curve(page)  # where it was
        assert page.locator('dd[data-number="sigma"] .u-was').inner_text() == number(
            1.1 * GradientNorms().sigmas[1]
        )
        grip = page.locator("#one .u-grip").bounding_box()
        x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        touch = page.context.new_cdp_session(page)
        for name, *at in (
            ("touchStart", x, y),
            *(("touchMove", x - 10 * i, y) for i in range(1, 6)),
        ):
            point = [{"x": at[0], "y": at[1]}]
            touch.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": point})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect_on_screen(page, radius=1.1)
