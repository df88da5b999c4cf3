"""The Truncation figure: every number on the screen is rnn_core's."""

import itertools

import numpy as np
import pytest

from rnn_core import RNNLM, Vocabulary
from rnn_core.widgets import Truncation
from tests.support.harness import bare_page, settled

CONTROLS = ("k", "question", "cue", "kind", "carry")
WAYS = ({}, {"carry": False}, {"kind": "window"})


@pytest.fixture
def page(browser):
    with bare_page(browser, Truncation()) as page:
        yield page


def shown(page):
    settled(page)
    facts = page.locator("#one dd").all()
    return {f.get_attribute("data-number"): f.locator(".u-now").inner_text() for f in facts}


def state(page):
    return {name: page.evaluate(f"figure.model.get('{name}')") for name in CONTROLS}


def wanted(figure):
    """What the readout should say of a Python figure of the same state."""
    full = figure.heard(figure.T)[figure.cue - 1]
    cut = figure.heard(figure.k, figure.kind, figure.carry)[figure.cue - 1]
    (cosine, ratio), output = figure.bias(figure.k).values()
    fits = f"{figure.fits} of {figure.k} places"
    if figure.kind == "window":
        fits = "always" if figure.fits else "never"
    return {
        "heard": "exactly 0" if cut == 0 else f"{cut:.3f}",
        "full": f"{full:.3f}",
        "fits": fits,
        "kept": f"{figure.k + 1} of {figure.T + 1}",
        "back": f"{figure.steps_back}",
        "cosine": f"{cosine:.2f}",
        "ratio": f"{ratio:.2f}",
        "outputCosine": f"{output[0]:.2f}",
        "outputRatio": f"{output[1]:.2f}",
    }


def agrees(page, **traits):
    figure = Truncation(**traits)
    assert shown(page) == wanted(figure), traits
    assert page.locator("#one .u-stage svg").first.get_attribute("aria-label") == figure.summary()


def cuts(page, role):
    return page.locator(f"#one .u-{role}.u-cut").count()


def middle(page, selector):
    box = page.locator(f"#one {selector}").last.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def finger(page, *points):
    """A touch that goes from point to point."""
    touch = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(points):
        send = {"type": "touchMove" if i else "touchStart", "touchPoints": [{"x": x, "y": y}]}
        touch.send("Input.dispatchTouchEvent", send)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settled(page)


def test_every_number_in_blocks_carried_and_reset_and_in_windows(page):
    for way, k in itertools.product(WAYS, (1, 4, 6, 7, 12)):
        traits = {"carry": True, "kind": "blocks", **way, "k": k}
        page.evaluate(
            "(s) => { for (const p of Object.entries(s)) figure.model.set(...p); }", traits
        )
        agrees(page, **traits)
        borders = (12 - 1) // k if traits["kind"] == "blocks" else int(k < 7)
        assert cuts(page, "backward") == borders
        assert cuts(page, "forward") == (0 if traits["carry"] else borders)


def test_the_keyboard_moves_k_and_the_gradient_arrives_at_seven(page):
    assert shown(page)["heard"] == "exactly 0"
    page.get_by_role("slider", name="k, steps").press("ArrowRight")
    assert state(page)["k"] == 7
    agrees(page, k=7)
    assert shown(page)["heard"] != "exactly 0"
    assert page.locator("#one dd[data-number=heard] .u-was").inner_text() == "exactly 0"


def test_a_window_hears_what_a_block_of_the_same_length_does_not(page):
    page.get_by_role("radio", name="sliding window").check()
    agrees(page, kind="window")
    assert shown(page)["heard"] == shown(page)["full"]
    assert page.get_by_role("radio", name="reset").is_disabled()
    assert page.get_by_role("group", name="a window has no border").count() == 1
    page.get_by_role("radio", name="in blocks").check()
    page.get_by_role("radio", name="reset").check()
    agrees(page, carry=False)
    assert shown(page)["outputCosine"] != "1.00"


def test_the_cut_is_dragged_along_the_chain(page):
    pitch = page.locator("#one .u-stage").first.bounding_box()["width"] / 12
    x, y = middle(page, "[data-hold=cut]")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 2 * pitch, y, steps=4)
    agrees(page, k=4)
    page.mouse.move(x + 20 * pitch, y + 40, steps=4)
    page.mouse.up()
    agrees(page, k=12)
    page.get_by_role("radio", name="sliding window").check()
    settled(page)
    x, y = middle(page, "[data-hold=cut]")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5 * pitch, y, steps=4)
    page.mouse.up()
    agrees(page, kind="window", k=2)


def test_the_line_is_dragged_in_the_chart(page):
    x, y = middle(page, "[data-hold=k]")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 84, y, steps=4)
    page.mouse.up()
    assert state(page)["k"] == 9
    agrees(page, k=9)


def test_a_finger_drags_the_cut_to_another_row_and_the_line(browser):
    with bare_page(browser, Truncation(), width=390, height=1800, has_touch=True) as page:
        x, y = middle(page, "[data-hold=cut]")
        finger(page, (x, y), (x - 20, y), (x - 40, y), (x - 119, y + 212))
        agrees(page, k=10)  # in the second row
        x, y = middle(page, "[data-hold=k]")
        finger(page, (x, y), (x - 20, y), (x - 53, y))
        agrees(page, k=8)


def test_the_cue_stays_at_or_before_the_question(page):
    page.get_by_role("slider", name="heard at input").fill("11")
    assert state(page) == {"k": 6, "question": 7, "cue": 7, "kind": "blocks", "carry": True}
    page.get_by_role("slider", name="loss of step").fill("3")
    assert state(page) == {"k": 6, "question": 3, "cue": 3, "kind": "blocks", "carry": True}
    agrees(page, **state(page))


def test_a_press_on_a_copy_chooses_the_input(page):
    page.locator("[data-step='5'] > rect").click(position={"x": 20, "y": 140})
    assert state(page)["cue"] == 5
    agrees(page, cue=5)


def test_bars_of_the_other_block_are_empty(page):
    settled(page)
    heights = [float(bar.get_attribute("height")) for bar in page.locator(".u-heard").all()]
    assert np.array_equal(np.array(heights) == 0, [True] * 6 + [False])


APART = """() => [...document.querySelectorAll("#one .u-panel svg > g")].flatMap((chart) => {
  const box = (node) => node.getBoundingClientRect();
  const names = [...chart.querySelectorAll(":scope > text")];
  const lines = [...chart.querySelectorAll("path.u-line")].flatMap((path) => {
    const origin = box(path.ownerSVGElement), shift = chart.transform.baseVal[0].matrix;
    const long = path.getTotalLength();
    return Array.from({ length: 101 }, (_, i) => path.getPointAtLength(long * i / 100))
      .map(({ x, y }) => [x + shift.e + origin.left, y + shift.f + origin.top]); });
  const spots = [...lines, ...[...chart.querySelectorAll(".u-grip rect + rect")].map(box)
    .flatMap(({ left, top, right, bottom }) => [[left, top], [right, bottom]])];
  return names.map(box).map(({ left, top, right, bottom }) => {
    const y = (top + bottom) / 2;  // the letters themselves are 9 px high
    return Math.min(...spots.map(([px, py]) =>
      Math.hypot(Math.max(0, left - px, px - right), Math.max(0, y - 5 - py, py - y - 5)))); });
})"""


@pytest.mark.parametrize("traits", WAYS)
def test_the_names_of_the_lines_lie_on_no_line_and_on_no_grip(browser, traits):
    with bare_page(browser, Truncation(**traits), width=390) as page:
        settled(page)
        apart = page.evaluate(APART)
        assert len(apart) == 4 and min(apart) > 2, apart


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_and_cleans_up(browser, dark):
    with bare_page(browser, Truncation(), width=360, dark=dark, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("radio", name="reset").tap()
        page.wait_for_function("figure.model.get('carry') === false")
        page.evaluate("figure.again().then((end) => { figure.end = end; })")
        page.wait_for_function("document.querySelectorAll('figure').length === 2")
        page.evaluate("figure.cleanup()")
        assert page.locator("figure").count() == 1
        page.evaluate("figure.end()")
        assert page.evaluate("figure.model.listeners") == 0


@pytest.mark.parametrize("kind", ["blocks", "window"])
def test_the_still_says_the_same_words(kind):
    figure = Truncation(kind=kind)
    still = figure.still()
    assert "evening" in still and "loss: morning" in still and figure.summary() in still
    assert ("window" in still.split("</title>")[1]) == (kind == "window")


@pytest.fixture(scope="module")
def of_three_words():
    return RNNLM.init(3, 2, 2, np.random.default_rng(0))


def test_wrong_values_are_refused_in_one_voice(of_three_words):
    vocab = Vocabulary(["a", "b", "c"])
    for traits, message in [
        ({"k": 13}, "at most T = 12"),
        ({"question": 3, "cue": 5}, "at most the question, 3"),
        ({"kind": "none"}, "`kind` should be one of 'blocks', 'window', got 'none'"),
        ({"words": ["every"] * 20}, "3 to 17"),
        ({"words": ["every", "evening", "they"]}, "got 'they'"),
        ({"words": "every evening she"}, "`words` should be a list of str, got .*: split"),
        ({"model": "x", "words": ["a"] * 3}, "`model` should be an RNNLM of RNN cells, got 'x'"),
        ({"model": of_three_words, "words": ["a"] * 3}, "`vocab` should be a Vocabulary, got None"),
        (
            {"model": of_three_words, "words": ["a"] * 3, "vocab": Vocabulary(["a", "b"])},
            "`vocab` should be the model's, of 3 words, got one of 2",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            Truncation(**traits)
    figure = Truncation(of_three_words, ["a", "b", "c", "a"], vocab)
    assert (figure.T, figure.k, figure.question, figure.cue) == (3, 3, 3, 2)
