"""The recall task is what it says: solvable with memory, a guess without."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.data import Recall, load_text
from rnn_core.text.corpus import tokenize

SIZES = (st.integers(2, 6), st.integers(2, 9), st.integers(1, 4), st.integers(0, 40))


@given(*SIZES, st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_answer_is_the_cue_that_stands_span_steps_back(cues, span, rows, more, seed):
    task = Recall(cues, span)
    ids, targets, mask = task.stream(rows, 2 * span - 1 + more, np.random.default_rng(seed))
    row, step = np.nonzero(mask)
    assert (targets[mask] == ids[row, step - span + 1]).all()
    assert (targets[mask] < cues).all() and mask.any(axis=1).all()
    assert (ids < cues).sum() == mask.sum()  # no cue without its question
    between = ids.copy()
    between[row, step] = between[row, step - span + 1] = task.blank
    assert (between == task.blank).all()


def test_a_window_begins_anywhere_in_a_block():
    ids, _, _ = Recall(4, 8).stream(50, 4000, np.random.default_rng(0))
    step = np.nonzero(ids < 4)[1]
    for block_len in (2, 7, 8, 16):
        share = np.bincount(step % block_len, minlength=block_len) / len(step)
        assert np.abs(share - 1 / block_len).max() < 0.01


def test_cues_are_equally_likely_and_independent():
    ids, _, _ = Recall(3, 4).stream(20, 3000, np.random.default_rng(0))
    cues = ids[ids < 3]
    pairs = np.bincount(3 * cues[:-1] + cues[1:], minlength=9) / (len(cues) - 1)
    assert np.abs(pairs - 1 / 9).max() < 0.01


def test_best_and_chance():
    assert Recall(4, 8).best_loss == 0
    assert np.exp(Recall(4, 8).chance_loss) == pytest.approx(4)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Recall(1, 8), "cues should be a whole number, at least 2"),
        (lambda: Recall(4, 1), "span should be a whole number, at least 2"),
        (lambda: Recall(4, 8).stream(2, 14, np.random.default_rng(0)), "at least 2 span - 1 = 15"),
    ],
)
def test_a_task_that_cannot_be_says_so(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_story_is_about_a_thousand_words_that_come_again():
    words = [t for t in tokenize(load_text("lantern").lower()) if t[0].isalpha()]
    assert 1000 <= len(words) <= 1100
    assert len(set(words)) < 200


def test_an_unknown_text_is_an_error_that_names_those_there_are():
    with pytest.raises(ValueError, match="one of lantern, got 'bible'"):
        load_text("bible")
