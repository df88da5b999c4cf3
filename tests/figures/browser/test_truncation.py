"""The Truncation figure: every number on the screen is rnn_core's."""

import itertools

import numpy as np
import pytest

from rnn_core.diagnostics import share_through
from rnn_core.widgets import Truncation
from tests.support.harness import bare_page, settled


@pytest.fixture
def page(browser):
    with bare_page(browser, Truncation()) as page:
        yield page


def shown(page):
    settled(page)
    names = page.locator("dt").all_text_contents()
    return dict(zip(names, page.locator("dd").all_text_contents(), strict=True))


def state(page):
    return {n: page.evaluate(f"figure.model.get('{n}')") for n in ("k", "question", "cue", "carry")}


def wanted(figure):
    """What the readout should say of a Python figure of the same state."""
    full = figure.heard(figure.T)[figure.cue - 1]
    cut = figure.heard(figure.k, figure.carry)[figure.cue - 1]
    bias = {
        part: f"cosine {c:.2f}, norm ratio {r:.2f}"
        for part, (c, r) in figure.bias(figure.k).items()
    }
    fit = figure.k * share_through(figure.question - figure.cue + 1, figure.k)
    heard = "exactly 0" if cut == 0 else f"{cut:.3f}"
    return {
        "gradient of the loss at the input": f"{heard} (full {full:.3f})",
        "places in a block where both fit": f"{fit:.0f} of {figure.k}",
        "recurrent layer": bias["recurrent"],
        "output layer": bias["output"],
        "states kept at once": f"{figure.k + 1} of {figure.T + 1}",
    }


def cuts(page, role):
    return page.locator(f".u-{role}.u-cut").count()


def test_every_number_at_every_k_carried_and_reset(page):
    for carry, k in itertools.product((True, False), range(1, 13)):
        page.evaluate(
            f"figure.model.set('carry', {str(carry).lower()}); figure.model.set('k', {k})"
        )
        assert shown(page) == wanted(Truncation(k=k, carry=carry)), (k, carry)
        borders = (12 - 1) // k
        assert cuts(page, "backward") == borders
        assert cuts(page, "forward") == (0 if carry else borders)


def test_the_keyboard_moves_k_and_the_gradient_arrives_at_seven(page):
    assert shown(page)["gradient of the loss at the input"].startswith("exactly 0")
    page.get_by_role("slider", name="k, steps in a block").focus()
    page.keyboard.press("ArrowRight")
    assert state(page)["k"] == 7
    assert shown(page) == wanted(Truncation(k=7))
    assert not shown(page)["gradient of the loss at the input"].startswith("exactly 0")


def test_reset_moves_the_output_layer(page):
    assert shown(page)["output layer"] == "cosine 1.00, norm ratio 1.00"
    page.get_by_role("radio", name="reset").check()
    assert shown(page) == wanted(Truncation(carry=False))
    assert shown(page)["output layer"] != "cosine 1.00, norm ratio 1.00"


def test_the_cue_stays_at_or_before_the_question(page):
    page.get_by_role("slider", name="heard at input").fill("11")
    assert state(page) == {"k": 6, "question": 7, "cue": 7, "carry": True}
    page.get_by_role("slider", name="loss of step").fill("3")
    assert state(page) == {"k": 6, "question": 3, "cue": 3, "carry": True}
    assert shown(page) == wanted(Truncation(**state(page)))


def test_a_click_on_a_copy_chooses_the_input(page):
    page.locator("[data-step='5'] > rect").click()
    assert state(page)["cue"] == 5
    assert shown(page) == wanted(Truncation(cue=5))


def test_bars_of_the_other_block_are_empty(page):
    settled(page)
    bars = page.locator("[data-step] g rect:first-child[fill='var(--u-grad)']")
    heights = [float(bar.get_attribute("height")) for bar in bars.all()]
    assert np.array_equal(np.array(heights) == 0, [True] * 6 + [False])


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_and_cleans_up(browser, dark):
    with bare_page(browser, Truncation(), width=360, dark=dark, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("radio", name="reset").tap()
        page.wait_for_function("figure.model.get('carry') === false")
        page.evaluate("figure.again()")
        assert page.locator("figure").count() == 2
        page.evaluate("figure.cleanup()")
        assert page.locator("figure").count() == 1


def test_the_still_says_the_same_words():
    still = Truncation().still()
    assert "evening" in still and "loss: morning" in still and "exactly 0" in still


def test_wrong_values_are_refused_in_one_voice():
    for traits, message in [
        ({"k": 13}, "at most T = 12"),
        ({"question": 3, "cue": 5}, "at most the question, 3"),
        ({"words": ["every"] * 20}, "3 to 17"),
        ({"words": ["every", "evening", "they"]}, "got 'they'"),
    ]:
        with pytest.raises(ValueError, match=message):
            Truncation(**traits)
