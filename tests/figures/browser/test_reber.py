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
    return page.locator("#one .u-stage svg").get_attribute("aria-label")


def fact(page, name):
    settled(page)
    return page.locator(f"#one dd[data-number={name}] .u-now").inner_text()


def walk(page):
    return page.evaluate("figure.model.get('walk')")


def until(page, wanted):
    page.wait_for_function("(walk) => figure.model.get('walk') === walk", arg=wanted)


def press(page, what):
    """A click in the middle of something that is lit."""
    settled(page)
    page.locator(f"#one {what}").click(force=True)


def test_it_says_what_python_says(closing, model):
    assert readout(closing) == Reber(model, walk=CLOSING).summary()
    closing.get_by_label("forget the outer symbol").check()
    assert readout(closing) == Reber(model, walk=CLOSING, forget=True).summary()
    assert "next: P 0.50 or T 0.50" in readout(closing)
    assert "Floor in the long run: 0.667 bits" in readout(closing)
    assert fact(closing, "floor") == "0.667"
    bits = Reber(model, walk=CLOSING, forget=True).bits()
    assert fact(closing, "true") == f"{bits['forgetful'].mean():.2f}"
    assert fact(closing, "RNN") == f"{bits['RNN'].mean():.2f}"


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


def test_whatever_is_lit_can_be_pressed_and_nothing_else(browser):
    with bare_page(browser, Reber(), width=700) as page:
        settled(page)
        lit = page.locator("#one [data-symbol]").evaluate_all(
            "(marks) => marks.map((mark) => mark.dataset.symbol)"
        )
        # the arrow and its node: chance chooses; each symbol on the arrow, and in the chances
        assert sorted(lit) == ["P", "P", "PT", "PT", "T", "T"]
        press(page, "[data-symbol=T] >> nth=0")
        until(page, "BT")
        press(page, "circle[data-node]:not([data-held]) >> nth=4")  # not lit: no way from here
        settled(page)
        assert walk(page) == "BT"
        press(page, "[data-symbol=B]:has(circle)")
        until(page, "BTB")
        press(page, "[data-symbol=P]:has(path) >> nth=0")
        until(page, "BTBP")
        page.get_by_label("forget the outer symbol").check()
        page.evaluate(f"figure.model.set('walk', '{CLOSING}')")
        settled(page)
        assert page.locator("#one [data-symbol=P]").count() == 0  # likely for who forgot: not true


def test_a_token_travels_to_the_node_and_the_mean_steps_up_with_forgetting(browser):
    with bare_page(browser, Reber(walk=CLOSING + "TEBP"), width=390) as page:
        token = "document.querySelector('#one .u-token').getAttribute('cx')"
        begun = page.evaluate(token)
        press(page, "[data-symbol=B]:has(circle)")
        page.wait_for_function(f"{token} !== '{begun}'")
        node = page.locator("#one circle[data-held]")
        page.wait_for_function(
            f"{token} === document.querySelector('#one circle[data-held]').getAttribute('cx')"
        )
        assert node.count() == 1
        height = lambda: float(page.locator("[data-mean] circle").get_attribute("cy"))  # noqa: E731
        before, known = height(), fact(page, "true")
        page.get_by_label("forget the outer symbol").check()
        settled(page)
        assert height() < before and float(fact(page, "true")) > float(known)
        assert page.locator("#one .u-ghost path").count() == 1


def test_it_walks_by_itself_until_it_is_stopped(browser):
    with bare_page(browser, Reber()) as page:
        page.get_by_role("button", name="walk: play").press("Enter")
        page.wait_for_function("figure.model.get('walk').length >= 3")
        page.get_by_role("button", name="walk: pause").press("Enter")
        assert page.get_by_role("button", name="walk: play").count() == 1
        stopped = walk(page)
        embedded_reber().read(embedded_reber().vocab.encode(stopped))
        page.get_by_role("button", name="back").press("Enter")
        assert walk(page) == stopped[:-1]


def test_without_a_model_and_without_an_outer_symbol(browser):
    with bare_page(browser, Reber(grammar="reber", walk="BPT"), width=360, dark=True) as page:
        settled(page)
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


def test_a_model_of_another_text_is_refused():
    other = RNNLM.init(9, 3, 4, np.random.default_rng(0))
    message = "`model` should be one of the grammar's 7 symbols, BEPSTVX in this order, got one of"
    with pytest.raises(ValueError, match=f"{message} 9: train"):
        Reber(other)
    with pytest.raises(ValueError, match="`model` should be an RNNLM of RNN cells, got 'BTX'"):
        Reber("BTX")


def test_the_still_holds_the_numbers_and_depends_on_the_state_alone(model):
    figure = Reber(model, walk=CLOSING)
    assert Reber(**figure.state()).still() == figure.still()
    assert figure.summary() in figure.still().replace("&#x27;", "'")
    assert "outer: T" in figure.still() and "1.00" in figure.still()
    assert "outer: ?" in Reber(model, walk=CLOSING, forget=True).still()
