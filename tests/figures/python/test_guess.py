"""Guess in Python: what may be asked, what may be answered, and what the page is given."""

import numpy as np
import pytest

from rnn_core.widgets import Guess, Guesses

LAGS = np.arange(6)


def ask(kind):
    return {
        "choice": lambda: Guess.choice("Which?", ["a", "b"], mistakes=[("m", "a", "w")]),
        "several": lambda: Guess.choice("Which?", ["a", "b"], several=True),
        "number": lambda: Guess.number("How many?", 1, 100, log=True, mistakes=[("m", 5, "w")]),
        "order": lambda: Guess.order("In which order?", ["a", "b", "c"]),
        "curve": lambda: Guess.curve("Draw.", LAGS, 1e-3, 1, mistakes=[("m", 0.1 * LAGS, "w")]),
    }[kind]()


@pytest.mark.parametrize(
    "kind, outcome, plain",
    [
        ("choice", "b", 1),
        ("several", ["b"], [1]),
        ("several", {"b", "a"}, [0, 1]),
        ("several", [], []),
        ("number", np.float32(7), 7.0),
        ("order", ["c", "a", "b"], [2, 0, 1]),
        ("curve", 0.5**LAGS, {"xs": [0, 1, 2, 3, 4, 5], "ys": (0.5**LAGS).tolist()}),
        ("curve", ([0, 5], [1, 0]), {"xs": [0, 5], "ys": [1, 0]}),
    ],
)
def test_the_outcome_reaches_the_page_as_plain_json(kind, outcome, plain):
    guess = ask(kind)
    guess.answer(outcome)
    assert guess.truth == plain and repr(guess) == repr(ask(kind))


@pytest.mark.parametrize(
    "kind, outcome",
    [
        ("choice", "c"),
        ("choice", ["a"]),
        ("several", "a"),
        ("number", np.nan),
        ("number", "7"),
        ("number", [7, 8]),
        ("order", ["a", "b"]),
        ("order", ["a", "a", "b"]),
        ("curve", [1, 2]),
        ("curve", np.full(6, np.inf)),
    ],
)
def test_an_outcome_that_nobody_could_have_guessed_is_refused(kind, outcome):
    guess = ask(kind)
    with pytest.raises(ValueError, match="`truth` should be"):
        guess.answer(outcome)
    assert guess.truth is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: Guess.choice("", ["a", "b"]),
        lambda: Guess.choice("Which?", ["a"]),
        lambda: Guess.choice("Which?", ["a", "a"]),
        lambda: Guess.choice("Which?", ["a", "b"], mistakes=[("m", "c", "w")]),
        lambda: Guess.choice("Which?", ["a", "b"], mistakes=["a"]),
        lambda: Guess.number("How many?", 5, 5),
        lambda: Guess.number("How many?", 0, 5, log=True),
        lambda: Guess.curve("Draw.", [0, 1], 0, 1),
        lambda: Guess.curve("Draw.", [0, 2, 1], 0, 1),
        lambda: Guesses("a guess"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(make):
    with pytest.raises(ValueError, match="should be"):
        make()


def test_the_same_question_has_the_same_name_everywhere_and_another_one_another():
    assert ask("choice").ident == ask("several").ident != ask("number").ident


def test_the_table_knows_the_guesses_it_was_given():
    guesses = [ask("choice"), ask("number")]
    table = Guesses(*guesses)
    assert [one["id"] for one in table.asked] == [g.ident for g in guesses]
