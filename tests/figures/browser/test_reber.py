"""The Reber figure: the walk, the truth, the RNN and the floors on the screen are rnn_core's."""

import re

import numpy as np
import pytest

from rnn_core import RNNLM
from rnn_core.data.grammar import embedded_reber
from rnn_core.widgets import Reber
from tests.support.harness import bare_page, settled

CLOSING = "BTBTXSE"  # only the outer symbol, six back, says what comes


@pytest.fixture(scope="module")
def model():
    return RNNLM.init(7, 5, 6, np.random.default_rng(0))


@pytest.fixture
def closing(browser, model):
    with bare_page(browser, Reber(model, walk=CLOSING)) as page:
        yield page


def readout(page):
    settled(page)
    return page.locator(".u-readout").inner_text()


def test_it_says_what_python_says(closing, model):
    assert readout(closing) == Reber(model, walk=CLOSING).summary()
    closing.get_by_label("forget the outer symbol").check()
    assert readout(closing) == Reber(model, walk=CLOSING, forget=True).summary()
    assert "next: P 0.50 or T 0.50" in readout(closing)
    assert "Floor in the long run: 0.667 bits" in readout(closing)


def test_remembering_decides_which_symbol_can_be_written(closing):
    buttons = closing.get_by_role("button", name=re.compile("^write"))
    assert buttons.all_inner_texts() == ["write T", "write ·"]
    assert buttons.nth(1).is_disabled()
    buttons.nth(0).click()
    assert closing.evaluate("figure.model.get('walk')") == CLOSING + "T"
    closing.get_by_role("button", name="back").click()
    assert closing.evaluate("figure.model.get('walk')") == CLOSING


def test_whatever_is_drawn_follows_the_grammar_and_the_same_seed_draws_the_same(closing, model):
    walks = []
    for _ in range(2):
        closing.evaluate("figure.model.set('walk', 'B'), figure.model.set('seed', 7)")
        for _ in range(4):
            closing.get_by_role("button", name="draw 12").click()
        walks.append(closing.evaluate("figure.model.get('walk')"))
    assert walks[0] == walks[1] and len(walks[0]) == 49
    grammar = embedded_reber()
    grammar.read(grammar.vocab.encode(walks[0]))
    said = [float(v) for v in re.findall(r"(?:true|RNN) (\d\.\d\d)", readout(closing))]
    bits = Reber(model, walk=walks[0]).bits()
    assert np.allclose(said, [bits["true"].mean(), bits["RNN"].mean()], atol=0.0051)
    closing.get_by_role("button", name="new walk").click()
    closing.get_by_role("button", name="draw 12").click()
    assert closing.evaluate("figure.model.get('walk')") != walks[0][:13]


def test_the_held_node_is_the_state(closing):
    settled(closing)
    held = closing.locator("circle[data-held]")
    assert held.count() == 1
    names = [node["at"] for node in Reber(walk=CLOSING).automaton["nodes"]]
    assert names[int(held.get_attribute("data-node"))] == [3, -1.5]  # the closing state


def test_the_keyboard_walks(closing):
    closing.get_by_role("button", name="write T").focus()
    for _ in range(3):
        closing.keyboard.press("Enter")
    assert closing.evaluate("figure.model.get('walk')") == CLOSING + "TEB"


def test_without_a_model_and_without_an_outer_symbol(browser):
    with bare_page(browser, Reber(grammar="reber", walk="BPT"), width=360, dark=True) as page:
        assert page.get_by_label("forget the outer symbol").is_hidden()
        assert "next: T 0.50 or V 0.50" in readout(page) and "RNN" not in readout(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.evaluate("figure.again()")
        page.evaluate("figure.cleanup()")
        assert page.locator("figure").count() == 1


def test_a_walk_outside_the_grammar_is_an_error_and_changes_nothing():
    figure = Reber(walk=CLOSING)
    with pytest.raises(ValueError, match="order that the grammar allows"):
        figure.walk = "BTE"
    with pytest.raises(ValueError, match="order that the grammar allows"):
        figure.walk = "cat"
    assert figure.walk == CLOSING


def test_the_still_holds_the_numbers_and_depends_on_the_state_alone(model):
    figure = Reber(model, walk=CLOSING)
    assert Reber(**figure.state()).still() == figure.still()
    assert figure.summary() in figure.still().replace("&#x27;", "'")
    assert "outer: T" in figure.still() and "1.00" in figure.still()
    assert "outer: ?" in Reber(model, walk=CLOSING, forget=True).still()
