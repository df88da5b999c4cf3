"""The Perplexity figure: the book's key of wrong answers, on the screen."""

import re

import numpy as np
import pytest

from rnn_core.diagnostics.scoring import readings
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
    texts = page.locator(".u-stage svg text").all_text_contents()
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
    two_words.get_by_label("the batch ends after this row").uncheck()  # one batch: pooled by itself
    got = shown(two_words)
    assert got["right"] == got["mean of batch perplexities"] == "2.466"


def test_the_base_changes_the_loss_and_not_the_perplexity(two_words):
    said = []
    for base in ("e", "2", "10"):
        two_words.get_by_role("radio", name=base, exact=True).check()
        assert shown(two_words)["right"] == "2.500"
        said.append(two_words.locator(".u-readout").inner_text())
    losses = [float(re.search(r"[\d.]+", words)[0]) for words in said]
    assert np.allclose(losses, np.log(2.5) / np.log([np.e, 2, 10]), atol=1e-4)
    assert [w for words in said for w in ("nats", "bits", "decimal digits") if w in words] == [
        "nats", "bits", "decimal digits",
    ]  # fmt: skip


def test_the_keyboard_moves_a_probability_and_all_numbers_with_it(two_words):
    two_words.get_by_role("combobox").nth(1).select_option("2")
    slider = two_words.get_by_label("probability of its words")
    slider.focus()
    for _ in range(5):
        two_words.keyboard.press("ArrowRight")
    probs = two_words.evaluate("figure.model.get('probs')")
    assert np.allclose(probs, [0.8, 0.25])
    want = {name: f"{value:.3f}" for name, value in readings([[p] for p in probs]).items()}
    assert shown(two_words) == want
    assert two_words.get_by_role("combobox").first.input_value() == "your own"


def test_a_bar_can_be_dragged(two_words):
    bar = two_words.locator("[data-row='0']").bounding_box()
    y = bar["y"] + bar["height"] / 2
    two_words.mouse.move(bar["x"] + 0.8 * bar["width"], y)
    two_words.mouse.down()
    two_words.mouse.move(bar["x"] + 0.5 * bar["width"], y, steps=4)
    two_words.mouse.up()
    assert np.allclose(two_words.evaluate("figure.model.get('probs')"), [0.5, 0.2])
    assert shown(two_words)["right"] == f"{1 / np.sqrt(0.5 * 0.2):.3f}"


def test_python_may_set_several_traits_and_the_figure_follows(two_words):
    two_words.evaluate(
        """() => { const m = figure.model;
        m.set("probs", [0.1, 0.2, 0.3]); m.set("counts", [1, 2, 3]); m.set("cuts", [0, 1]);
        m.set("row", 3); }"""
    )
    want = readings([[0.1, 0.2, 0.2], [0.3] * 3])
    assert shown(two_words)["right"] == f"{want['right']:.3f}"
    assert two_words.get_by_role("combobox").nth(1).input_value() == "3"


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
