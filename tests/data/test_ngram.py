"""The counting models: probabilities that sum to 1, and numbers that can be done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import Vocabulary, perplexity
from rnn_core.data.ngram import Bigram, KneserNey, Unigram, discount
from rnn_core.text.corpus import tokenize

SENTENCE = tokenize("you say goodbye and I say hello")
VOCAB = Vocabulary.from_tokens(SENTENCE)
IDS = VOCAB.encode(SENTENCE)
MODELS = [Unigram, Bigram, lambda ids, V: Bigram(ids, V, add=0.5), KneserNey]

texts = st.lists(st.integers(0, 6), min_size=2, max_size=60).map(np.array)


@given(texts, st.integers(7, 12), st.sampled_from(MODELS))
def test_probabilities_sum_to_one_after_every_word_of_any_text(ids, vocab_size, make):
    rows = make(ids, vocab_size).predict(np.arange(vocab_size))  # after words never seen, too
    assert rows.shape == (vocab_size, vocab_size)
    assert (rows >= 0).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=0, atol=1e-12)


@given(texts, st.integers(7, 12))
def test_kneser_ney_calls_nothing_impossible(ids, vocab_size):
    assert (KneserNey(ids, vocab_size).predict(np.arange(vocab_size)) > 0).all()


@given(texts, st.sampled_from(MODELS))
def test_the_loss_is_the_mean_over_the_rows_of_predict(ids, make):
    model = make(ids, 7)
    rows = model.predict(ids[:-1])
    by_hand = -np.log(rows[np.arange(len(ids) - 1), ids[1:]]).mean()
    assert model.loss(ids) == pytest.approx(by_hand, abs=1e-12)


def test_after_say_the_bigram_is_torn_in_two():
    after_say = Bigram(IDS, len(VOCAB)).predict([VOCAB.ids["say"]])[0]
    want = {"goodbye": 0.5, "hello": 0.5}
    assert after_say.tolist() == [want.get(word, 0) for word in VOCAB.tokens]


def test_the_memoryless_floor_of_the_sentence_is_the_cube_root_of_two():
    assert perplexity(Bigram(IDS, len(VOCAB)).loss(IDS)) == pytest.approx(2 ** (1 / 3), abs=1e-15)


@settings(max_examples=30)
@given(texts, st.integers(0, 2**32 - 1))
def test_no_table_of_pairs_beats_the_bigram_on_the_text_it_counted(ids, seed):
    other = np.random.default_rng(seed).dirichlet(np.ones(7), size=7)  # any p(w | v)
    assert Bigram(ids, 7).loss(ids) <= -np.log(other[ids[:-1], ids[1:]]).mean() + 1e-12


def test_a_pair_that_never_came_costs_the_plain_bigram_everything():
    assert Bigram(IDS, len(VOCAB)).loss(VOCAB.encode(["you", "hello"])) == np.inf


def test_after_the_last_word_the_plain_bigram_knows_nothing():
    assert Bigram(IDS, len(VOCAB)).predict([VOCAB.ids["hello"]])[0] == pytest.approx(1 / 6)


def test_kneser_ney_by_hand():
    # a b a b a c: pairs ab 2, ba 2, ac 1; d = 1/(1 + 2*2); n(. w): a 1, b 1, c 1, e = 0.9
    model = KneserNey(np.array([0, 1, 0, 1, 0, 2]), 3)
    fallback = (1 - 0.9) / 3 + 0.9 * 3 / 3 / 3  # alike for all three
    d, left = 1 / (1 + 2 * 2), 2 * 1 / (1 + 2 * 2) / 3
    after_a = [left * fallback, (2 - d) / 3 + left * fallback, (1 - d) / 3 + left * fallback]
    assert model.predict([0])[0] == pytest.approx(after_a)
    assert model.predict([2])[0] == pytest.approx([fallback] * 3)  # nothing ever followed c


def test_york_follows_only_new():
    text = tokenize("new york a cat new york the cat new york no dog one dog new york")
    vocab = Vocabulary.from_tokens(text)
    ids, york, cat = vocab.encode(text), vocab.ids["york"], vocab.ids["cat"]
    assert Unigram(ids, len(vocab)).probs[york] > Unigram(ids, len(vocab)).probs[cat]
    fallback = KneserNey(ids, len(vocab)).fallback
    assert fallback[york] < fallback[cat]


def test_a_large_vocabulary_takes_no_table_of_all_pairs():
    ids = np.random.default_rng(0).integers(0, 1_000_000, 2000)
    assert np.isfinite(KneserNey(ids, 1_000_000).loss(ids))


@pytest.mark.parametrize(
    "counts, want", [([1, 1, 1, 2], 0.6), ([3, 4], 0.1), ([1, 1], 0.9), ([], 0.1)]
)
def test_the_discount_stays_between_a_tenth_and_nine_tenths(counts, want):
    assert discount(np.array(counts)) == pytest.approx(want)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize(
    "ids, why", [([1], "at least 2"), ([0, 9], "from 0 to 6"), ([0.5, 1], "whole")]
)
def test_a_text_that_cannot_be_counted_is_an_error(make, ids, why):
    with pytest.raises(ValueError, match=why):
        make(ids, 7)
