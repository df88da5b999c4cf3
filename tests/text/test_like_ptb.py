"""The text of tools/like_ptb.py has the size that it says, and its floor is one."""

from itertools import pairwise

import numpy as np
import pytest

from rnn_core.data.ngram import Bigram
from tools.like_ptb import PARTS, Source, lengths


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("seed", range(3))
def test_the_lines_hold_as_many_tokens_as_the_treebank_s(part, seed):
    tokens, lines = PARTS[part]
    words = lengths(tokens, lines, np.random.default_rng(seed))
    assert len(words) == lines and words.min() >= 1 and words.sum() + lines == tokens


@pytest.mark.parametrize("seed", range(3))
def test_the_floor_lies_below_a_model_without_memory_and_above_one_that_is_told_the_topic(seed):
    rng = np.random.default_rng(seed)
    source = Source(rng, words=40, classes=8, topics=3)
    many = source.sample(rng.geometric(0.1, 4000), rng)
    floor = source.loss(many, 0.1)
    told = Source.__new__(Source)  # one topic, the mixture of all: what a pair of words shows
    told.words, told.of_class = source.words, source.of_class
    told.first = source.first.mean(axis=0, keepdims=True)
    told.after = source.after.mean(axis=0, keepdims=True)
    assert floor < told.loss(many, 0.1)
    ids = np.concatenate([[*sentence, 40] for sentence in many])  # 40 is the end
    assert floor < Bigram(ids, 41).loss(ids) + 0.02  # counted on the very text: a little too good
    again = source.sample(rng.geometric(0.1, 4000), rng)
    assert source.loss(again, 0.1) == pytest.approx(floor, abs=0.05)


def test_the_floor_is_the_chance_of_the_text():
    """Against a sum over all topics, sentence by sentence."""
    rng = np.random.default_rng(0)
    source = Source(rng, words=12, classes=4, topics=3)
    many, total, tokens = source.sample([1, 2, 5, 9], rng), 0.0, 0
    for sentence in many:
        c = source.of_class[sentence]
        chance = sum(
            source.first[s, c[0]] * np.prod([source.after[s, a, b] for a, b in pairwise(c)]) / 3
            for s in range(3)
        )
        words = np.prod([source.words[k, w] for k, w in zip(c, sentence, strict=True)])
        total -= np.log(chance * words * 0.9 ** (len(sentence) - 1) * 0.1)
        tokens += len(sentence) + 1
    assert source.loss(many, 0.1) == pytest.approx(total / tokens, rel=1e-12)
