"""The Perplexity figure: the book's key of wrong answers, on the screen."""

import re

import numpy as np
import pytest

from rnn_core.diagnostics.scoring import readings
from rnn_core.plots.perplexity import WHY
from rnn_core.widgets import Perplexity
from tests.support.harness import bare_page, settled

KEY = {
    "right": "2.500",
    "mean of batch perplexities": "3.125",
    "exp of the mean of batch losses": "2.500",
    "1 / mean probability": "2.000",
    "2 to the nats": "1.887",
    "e to the bits": "3.751",
    "exp of the summed loss": "6.250",
    "minus sign lost": "0.400",
}


def shown(page):
    """The names and numbers of the lower half of the picture."""
    settled(page)
    texts = page.locator(".u-readout svg text").all_text_contents()
    return {name: texts[texts.index(name) + 1] for name in KEY}


@pytest.fixture
def two_words(browser):
    with bare_page(browser, Perplexity([0.8, 0.2])) as page:
        yield page


def test_the_key_for_two_words(two_words):
    assert shown(two_words) == KEY
    want = {name: f"{value:.3f}" for name, value in readings([[0.8], [0.2]]).items()}
    assert shown(two_words) == want


def test_the_key_for_unequal_batches(two_words):
    two_words.get_by_label("example").select_option("100 words and 10")
    got = shown(two_words)
    assert got["right"] == "2.466"
    assert got["exp of the mean of batch losses"] == "6.325"
    assert got["mean of batch perplexities"] == "11.000"
    two_words.get_by_label("a batch ends after this row").uncheck()  # one batch: pooled by itself
    got = shown(two_words)
    assert got["right"] == got["mean of batch perplexities"] == "2.466"


def test_the_base_changes_the_loss_and_not_the_perplexity(two_words):
    said = []
    for base in ("e", "2", "10"):
        two_words.get_by_role("radio", name=base, exact=True).check()
        assert shown(two_words)["right"] == "2.500"
        said.append(two_words.locator(".u-right").inner_text())
    losses = [float(re.search(r"[\d.]+", words)[0]) for words in said]
    assert np.allclose(losses, np.log(2.5) / np.log([np.e, 2, 10]), atol=1e-4)
    assert [w for words in said for w in ("nats", "bits", "decimal digits") if w in words] == [
        "nats", "bits", "decimal digits",
    ]  # fmt: skip


def test_the_keyboard_moves_a_probability_and_all_numbers_with_it(two_words):
    two_words.get_by_role("radio", name="row 1").focus()
    two_words.keyboard.press("ArrowDown")
    slider = two_words.get_by_label("row 2: probability")
    slider.focus()
    for _ in range(5):
        two_words.keyboard.press("ArrowRight")
    probs = two_words.evaluate("figure.model.get('probs')")
    assert np.allclose(probs, [0.8, 0.25])
    want = {name: f"{value:.3f}" for name, value in readings([[p] for p in probs]).items()}
    assert shown(two_words) == want
    assert two_words.get_by_role("combobox").first.input_value() == "your own"


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_end_of_a_bar_is_dragged_and_the_rest_of_it_pressed(two_words):
    bar = two_words.locator("rect[data-row='1']").bounding_box()
    x, y = middle(two_words.locator(".u-grip[data-row='1']").bounding_box())
    two_words.mouse.move(x, y)
    two_words.mouse.down()
    two_words.mouse.move(x + 0.3 * bar["width"], y, steps=4)
    two_words.mouse.up()
    assert np.allclose(two_words.evaluate("figure.model.get('probs')"), [0.8, 0.5])
    assert shown(two_words)["right"] == f"{1 / np.sqrt(0.8 * 0.5):.3f}"
    assert two_words.locator(".u-right .u-was").inner_text() == "2.500"
    assert two_words.get_by_role("radio", name="row 2").is_checked()
    first = two_words.locator("rect[data-row='0']").bounding_box()
    two_words.mouse.move(first["x"] + 0.3 * first["width"], middle(first)[1])
    two_words.mouse.down()  # not at its end: it is chosen, and stays as long as it is
    two_words.mouse.move(first["x"] + 0.6 * first["width"], middle(first)[1], steps=4)
    two_words.mouse.up()
    settled(two_words)
    assert np.allclose(two_words.evaluate("figure.model.get('probs')"), [0.8, 0.5])
    assert two_words.get_by_role("radio", name="row 1").is_checked()
    assert two_words.get_by_role("slider", name="row 1: probability").input_value() == "0.8"


def test_a_finger_taps_a_row_and_drags_the_end_of_a_bar(browser):
    with bare_page(browser, Perplexity([0.8, 0.2]), width=390, has_touch=True) as page:
        page.get_by_role("radio", name="row 2").tap()
        page.wait_for_function("figure.model.get('row') === 2")
        bar = page.locator("rect[data-row='0']").bounding_box()
        page.touchscreen.tap(bar["x"] + 12, middle(bar)[1])
        page.wait_for_function("figure.model.get('row') === 1")
        x, y = middle(page.locator(".u-grip[data-row='0']").bounding_box())
        touch = page.context.new_cdp_session(page)
        way = [("touchStart", x), *(("touchMove", x - 10 * i) for i in range(1, 6))]
        for name, at in way:
            points = [{"x": at, "y": y}]
            touch.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_function("figure.model.get('probs')[0] < 0.55")


def test_each_way_to_average_says_in_a_few_words_what_it_does(two_words):
    assert WHY.keys() == readings([[0.8], [0.2]]).keys()
    texts = two_words.locator(".u-readout svg text").all_text_contents()
    for name, why in WHY.items():
        assert texts[texts.index(name) + 2] == why


def test_at_probability_1_it_says_that_all_rows_agree(two_words):
    assert "agree" not in two_words.locator(".u-right").inner_text()
    for row in (1, 2):
        two_words.get_by_role("radio", name=f"row {row}").check()
        two_words.get_by_role("slider", name="probability").press("End")
    assert set(shown(two_words).values()) == {"1.000"}
    assert "all rows agree" in two_words.locator(".u-right").inner_text()
    said = two_words.locator(".u-stage svg").get_attribute("aria-label")
    assert said == Perplexity([1, 1], row=2).summary() and said.endswith("all rows agree.")


def test_a_link_brings_more_rows_and_one_that_does_not_fit_changes_nothing(two_words):
    state = "JSON.stringify(figure.model.state)"
    begun = two_words.evaluate(state)
    two_words.get_by_label("example").select_option("sure, and once wrong")
    moved = two_words.evaluate(state)
    two_words.get_by_role("button", name="link to the figure as it stands").click()
    two_words.locator("#one .u-note:not(:empty)").wait_for()
    link = two_words.evaluate("location.hash")
    two_words.get_by_label("example").select_option("two words")
    two_words.evaluate("() => { location.hash = '#one?probs=[0.5,0.5,0.5]'; }")
    settled(two_words)
    assert two_words.evaluate(state) == begun
    two_words.evaluate("(to) => { location.hash = to; }", link)
    two_words.wait_for_function("(to) => JSON.stringify(figure.model.state) === to", arg=moved)
    assert two_words.get_by_role("radio", name="row 4").count() == 1


def test_python_may_set_several_traits_and_the_figure_follows(two_words):
    two_words.evaluate(
        """() => { const m = figure.model;
        m.set("probs", [0.1, 0.2, 0.3]); m.set("counts", [1, 2, 3]); m.set("cuts", [0, 1]);
        m.set("row", 3); }"""
    )
    want = readings([[0.1, 0.2, 0.2], [0.3] * 3])
    assert shown(two_words)["right"] == f"{want['right']:.3f}"
    assert two_words.get_by_role("radio", name="row 3").is_checked()


def test_it_fits_a_phone_and_cleans_up(browser):
    with bare_page(browser, Perplexity(), width=360, dark=True, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.evaluate("figure.again()")
        assert page.locator("figure").count() == 2
        page.evaluate("figure.cleanup()")
        assert page.locator("figure").count() == 1


def test_the_still_shows_the_same_numbers():
    still = Perplexity([0.8, 0.2]).still()
    for name, value in KEY.items():
        assert name in still and value in still
