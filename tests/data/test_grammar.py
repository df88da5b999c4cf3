"""Grammars: the exact numbers follow from the automaton, and what it writes agrees with them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.data.grammar import Grammar, embedded_reber, entropy, forget_outer, reber

LN2 = math.log(2)
BOTH = pytest.mark.parametrize("grammar", [reber(), embedded_reber()], ids=["Reber", "embedded"])


def strings_by_hand(grammar, longest):
    """Every string up to a length, with its probability: walked, not solved."""
    found, open_ends = [], [((), 0, 1.0)]
    for _ in range(longest):
        grown = []
        for string, s, p in open_ends:
            for v in np.flatnonzero(grammar.probs[s]):
                end = (*string, v), grammar.next_state[s, v], p * grammar.probs[s, v]
                (found if end[1] == 0 else grown).append(end)
        open_ends = grown
    return [(string, p) for string, _, p in found]


@pytest.mark.parametrize(
    "grammar, bits, symbols",
    [
        (reber(), 6, 8),
        (embedded_reber(), 7, 12),
        (embedded_reber().merge(forget_outer), 8, 12),
    ],
    ids=["Reber", "embedded, remembered", "embedded, forgotten"],
)
def test_the_floors_of_the_book(grammar, bits, symbols):
    assert math.isclose(grammar.entropy_rate(), bits / symbols * LN2, rel_tol=1e-12)
    assert math.isclose(math.exp(grammar.entropy_rate()), 2 ** (bits / symbols), rel_tol=1e-12)
    assert math.isclose(grammar.mean_length(), symbols, rel_tol=1e-12)


@BOTH
def test_strings_walked_one_by_one_give_the_same_bits_and_symbols(grammar):
    # the entropy of a whole string, over its mean length, is the entropy rate of the stream
    strings = strings_by_hand(grammar, 20 if len(grammar.states) == 7 else 24)
    p = np.array([p for _, p in strings])
    length = np.array([len(string) for string, _ in strings])
    assert 0.98 < p.sum() < 1
    got = -(p @ np.log(p)) / (p @ length)
    assert math.isclose(got, grammar.entropy_rate(), rel_tol=0.02)


@BOTH
def test_time_spent_in_states_is_what_a_long_walk_spends(grammar):
    pi = grammar.stationary()
    assert math.isclose(pi.sum(), 1, rel_tol=1e-12) and (pi > 0).all()
    assert np.abs(pi @ grammar.transitions().sum(axis=0) - pi).max() < 1e-15
    states = [grammar.read(row) for row in grammar.sample(1000, np.random.default_rng(0), 40)]
    share = np.bincount(np.concatenate(states), minlength=len(pi)) / 40_000
    assert np.abs(share - pi).max() < 0.01


def test_two_symbols_are_all_that_the_reber_grammar_asks_to_remember():
    floors = [reber().context_entropy(n) for n in range(5)]
    assert floors[1] > floors[2] + 0.1
    assert np.allclose(floors[2:], reber().entropy_rate(), rtol=0, atol=1e-12)


def test_short_contexts_cannot_see_the_outer_symbol():
    grammar = embedded_reber()
    forgotten = grammar.merge(forget_outer).entropy_rate()
    floors = [grammar.context_entropy(n) for n in range(9)]
    assert all(a >= b - 1e-12 for a, b in pairwise(floors))
    # the shortest inner string, with B and E, has 5 symbols: the sixth symbol back is the outer one
    assert np.allclose(floors[3:6], forgotten, rtol=0, atol=1e-12)
    assert floors[6] < forgotten - 1e-3
    assert floors[8] > grammar.entropy_rate() + 1e-3


def test_the_unigram_floor_is_the_entropy_of_the_symbol_frequencies():
    grammar = embedded_reber()
    frequencies = grammar.stationary() @ grammar.probs
    assert math.isclose(grammar.context_entropy(0), entropy(frequencies), rel_tol=1e-12)
    ids = grammar.sample(4000, np.random.default_rng(1), 10)
    assert np.abs(np.bincount(ids.ravel()) / ids.size - frequencies).max() < 0.01


@BOTH
def test_no_context_beats_the_automaton(grammar):
    assert grammar.context_entropy(7) >= grammar.entropy_rate() - 1e-12


def test_a_remembered_symbol_decides_the_last_choice():
    grammar, forgetful = embedded_reber(), embedded_reber().merge(forget_outer)
    ids = grammar.vocab.encode("BTBTXSE")
    sure, unsure = grammar.predict(ids)[-1], forgetful.predict(ids)[-1]
    assert sure.tolist() == [0, 0, 0, 0, 1, 0, 0]  # T, in B E P S T V X
    assert np.allclose(unsure, [0, 0, 0.5, 0, 0.5, 0, 0], rtol=0, atol=1e-12)
    before = grammar.predict(ids)[:-1], forgetful.predict(ids)[:-1]
    assert np.allclose(*before, rtol=0, atol=1e-12)


@pytest.mark.parametrize("word", ["BTXSE", "BPVVE", "BTSSXXTVVE", "BPTVPXVVE"])
def test_words_of_the_grammar_are_read_to_their_end(word):
    assert reber().read(reber().vocab.encode(word))[-1] == 0
    for outer in "TP":
        ids = embedded_reber().vocab.encode(f"B{outer}{word}{outer}E")
        assert embedded_reber().read(ids)[-1] == 0


@pytest.mark.parametrize("word, where", [("BTE", 2), ("TXSE", 0), ("BTXSEE", 5)])
def test_a_word_outside_the_grammar_is_an_error_that_says_what_may_come(word, where):
    with pytest.raises(ValueError, match=rf"got '\w' at \[{where}\], where only \w"):
        reber().read(reber().vocab.encode(word))


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_whatever_is_written_can_be_read(seed, length, batch_size):
    for grammar in (reber(), embedded_reber()):
        ids = grammar.sample(length, np.random.default_rng(seed), batch_size)
        assert ids.shape == (batch_size, length)
        for row in ids:
            grammar.read(row)


def test_single_strings_come_with_their_probabilities():
    strings = reber().sample_strings(4000, np.random.default_rng(2))
    assert all(s[0] == "B" and s[-1] == "E" for s in strings)
    assert abs(np.mean([len(s) for s in strings]) - 8) < 0.2
    assert abs(strings.count("BTXSE") / 4000 - 1 / 8) < 0.02
    outer = {s[1] + s[-2] for s in embedded_reber().sample_strings(50, np.random.default_rng(3))}
    assert outer == {"TT", "PP"}


def test_merging_what_must_stay_apart_is_an_error():
    with pytest.raises(ValueError, match="merge those two as well"):
        reber().merge(lambda state: "2" if state in "24" else state)


def test_an_arc_into_nowhere_and_a_dead_end_are_errors():
    with pytest.raises(ValueError, match="give '1' arcs of its own"):
        Grammar({"0": {"a": "1"}})
    with pytest.raises(ValueError, match="at least one arc"):
        Grammar({"0": {"a": "1"}, "1": {}})
    with pytest.raises(ValueError, match="add up to 1"):
        Grammar({"0": {"a": "0", "b": "0"}}, {"0": {"a": 0.5, "b": 0.6}})


def test_a_fair_coin_has_perplexity_two_and_a_clock_one():
    coin = Grammar({"0": {"heads": "0", "tails": "0"}})
    clock = Grammar({"0": {"tick": "1"}, "1": {"tock": "0"}})
    assert math.isclose(math.exp(coin.entropy_rate()), 2, rel_tol=1e-12)
    assert abs(clock.entropy_rate()) < 1e-12
    assert math.isclose(clock.context_entropy(0), LN2, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("arcs", "probs", "words"),
    [
        ({"a": {"x": "a"}, "b": {"y": "b"}}, None, "no way from 'a' for 'b'"),
        ({"a": {"x": "a", "y": "b"}, "b": {"y": "b"}}, None, "no way back to 'a' for 'b'"),
        (
            {"a": {"x": "a", "y": "b"}, "b": {"y": "b", "x": "a"}},
            {"a": {"x": 1, "y": 0}, "b": {"x": 0.5, "y": 0.5}},
            "no way from 'a' for 'b'",
        ),
    ],
    ids=["two loops", "a trap", "an arc that is never taken"],
)
def test_a_state_that_the_stream_leaves_for_good_or_never_sees_is_an_error(arcs, probs, words):
    with pytest.raises(ValueError, match=words):
        Grammar(arcs, probs)
