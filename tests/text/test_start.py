"""Where a training starts, and what the stored runs from other starts say."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import report
from rnn_core.text.corpus import build_corpus
from rnn_core.text.run import fit
from tools import start_runs

ROOT = Path(start_runs.__file__).parents[1]
STORED = json.loads(Path(start_runs.__file__).with_suffix(".json").read_text(encoding="utf-8"))
TEXT = "the cat sat on the mat and the dog sat on the log , said the cat . " * 40


@pytest.mark.parametrize("seed", range(5))
def test_the_first_loss_of_a_training_is_ln_V(seed):
    corpus, losses = build_corpus(TEXT), []
    fit(corpus, epochs=1, seed=seed, on_step=lambda step, steps, loss: losses.append(loss))
    assert losses[0] == pytest.approx(np.log(len(corpus.vocab)), abs=0.05)


# ---- what is stored


def best(text, start):
    """The best perplexity of each seed, which is that of the epoch that the command keeps."""
    return np.min(STORED["texts"][text]["valid"][start], axis=1)


@pytest.mark.parametrize("start", ["loud", "tenth"])
def test_a_part_of_the_stored_runs_again(start):
    corpus, made = build_corpus(start_runs.made(), unit="tokens"), STORED["texts"]["made"]
    assert (len(corpus.train), len(corpus.vocab)) == (made["tokens"], made["V"])
    first, curve = start_runs.measure(corpus, start, seed=0, epochs=1)
    assert first == pytest.approx(made["first"][start][0], rel=1e-3)
    assert curve[0] == pytest.approx(made["valid"][start][0][0], rel=0.01)


@pytest.mark.parametrize("text", STORED["texts"])
def test_at_a_tenth_the_first_loss_is_ln_V_to_a_hundredth_and_from_the_loud_start_it_is_above(text):
    first, V = STORED["texts"][text]["first"], STORED["texts"][text]["V"]
    np.testing.assert_allclose(np.mean(first["tenth"]), np.log(V), atol=0.01)
    assert min(first["loud"]) > np.log(V) + 0.1


@pytest.mark.parametrize("text", ["made", "words"])
def test_on_words_a_tenth_ends_lower_from_every_seed_and_as_low_as_pytorch_s_start(text):
    ratio = best(text, "tenth") / best(text, "loud")
    assert (ratio < 1).all() and 0.03 < 1 - ratio.mean() < 0.045
    assert abs(np.mean(best(text, "tenth")) / np.mean(best(text, "uniform")) - 1) < 0.02


def test_on_characters_the_starts_are_alike_within_their_spread():
    low = max(best("characters", start).min() for start in start_runs.STARTS)
    high = min(best("characters", start).max() for start in start_runs.STARTS)
    assert low < high


def test_the_frequencies_lead_at_first_and_fall_behind_on_two_texts():
    for text, runs in STORED["texts"].items():
        early = {start: np.mean(curves, axis=0)[:2] for start, curves in runs["valid"].items()}
        for plain in ("loud", "tenth", "uniform"):
            assert (early["frequencies"] < early[plain]).all()
        behind = best(text, "frequencies").mean() > best(text, "tenth").mean()
        assert behind or text == "words"


def test_the_page_shows_every_start_and_text():
    names = dict.fromkeys(start_runs.STARTS, "x")
    runs = report.load(report.STARTS)
    assert report.starts(runs, names).count("\n") == len(start_runs.STARTS) + 1
    assert report.on_the_way(runs, names, "words", [1, 10]).count("| x |") == len(names)


def test_the_page_says_of_two_ranks_what_was_measured():
    stored = json.loads((ROOT / "benchmarks" / "ranks.json").read_text(encoding="utf-8"))
    gains = [one["gain"]["median"] for one in stored["sizes"]]
    page = " ".join((ROOT / "book" / "running.md").read_text(encoding="utf-8").split())
    assert f"a step {min(gains):.1f} to {max(gains):.1f} times as fast as one" in page
    best = max(stored["sizes"], key=lambda one: one["gain"]["median"])
    assert best["axes"][0] == max(one["axes"][0] for one in stored["sizes"])
    assert stored["ranks"] == 2 and stored["rounds"] == 9
