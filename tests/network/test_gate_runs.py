"""The stored trainings of three cells: whole, fair in their sizes, and found again."""

import itertools
import json

import pytest

from tools.gate_runs import BIASED, CELLS, EVERY, RESULT, SEEDS, SPANS, STEPS, UPDATES, recall, text

THREE = [name for name in CELLS if name != BIASED]


@pytest.fixture(scope="module")
def stored():
    return json.loads(RESULT.read_text(encoding="utf-8"))


def of(stored, what, **wanted):
    """The rows with these values, one for each seed."""
    rows = [row for row in stored[what] if wanted.items() <= row.items()]
    assert {row["seed"] for row in rows} == set(SEEDS)
    return rows


def test_every_training_is_stored_once_for_each_seed(stored):
    runs = [(row["cell"], row["span"], row["seed"]) for row in stored["recall"]]
    assert sorted(runs) == sorted(itertools.product(CELLS, SPANS, SEEDS))
    for what in ("reber", "text"):
        runs = [(row["cell"], row["seed"]) for row in stored[what]]
        assert sorted(runs) == sorted(itertools.product(THREE, SEEDS))
    assert {len(row["excess"]) for row in stored["reber"]} == {STEPS // EVERY}


@pytest.mark.parametrize("what", ["recall", "reber", "text"])
def test_the_cells_have_nearly_equally_many_weights(stored, what):
    weights = {row["weights"] for row in stored[what]}
    assert max(weights) <= 1.06 * min(weights)


def test_what_is_called_known_is_known_and_what_is_not_is_not(stored):
    for row in stored["recall"]:
        assert (row["perplexity"] < 1.05) == (row["updates"] is not None)
        assert row["updates"] is None or row["updates"] <= UPDATES


@pytest.mark.parametrize("name", CELLS)
def test_recall_trained_again_gives_what_is_stored(stored, name):
    row = next(row for row in of(stored, "recall", cell=name, span=8) if row["seed"] == 1)
    again = recall(name, 8, 1)
    assert again["updates"] == pytest.approx(row["updates"], abs=20)  # it looks every 20
    assert (again["hidden"], again["weights"]) == (row["hidden"], row["weights"])


def test_a_text_read_again_gives_what_is_stored(stored):
    row = next(row for row in of(stored, "text", cell="plain") if row["seed"] == 0)
    again = text("plain", 0)
    assert again["test"] == pytest.approx(row["test"], rel=0.05)
    assert again["counting"] == pytest.approx(row["counting"], rel=1e-4)


def times_known(stored, name, span):
    return sum(row["updates"] is not None for row in of(stored, "recall", cell=name, span=span))


def test_how_far_a_cue_is_carried_from_every_start(stored):
    reach = {
        name: max(L for L in SPANS if times_known(stored, name, L) == len(SEEDS)) for name in CELLS
    }
    assert reach == {"plain": 8, "LSTM": 16, BIASED: 16, "GRU": 64}
    assert times_known(stored, "GRU", 128) >= 4 > times_known(stored, BIASED, 128)


def test_on_short_distances_and_on_a_small_text_gates_buy_little(stored):
    assert all(row["excess"][-1] < 0.002 for row in stored["reber"])
    for row in stored["text"]:
        assert row["counting"]["8-gram"] < row["test"] < row["counting"]["bigram"]
    plain = [row["test"] for row in of(stored, "text", cell="plain")]
    assert min(row["test"] for row in of(stored, "text", cell="LSTM")) > min(plain)
