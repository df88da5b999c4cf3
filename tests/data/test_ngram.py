"""The counting models: probabilities that sum to 1, and numbers that can be done by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import Vocabulary, perplexity
from rnn_core.data.ngram import (
    Bigram,
    KneserNey,
    Unigram,
    choose_order,
    discount,
    discounts,
)
from rnn_core.text.corpus import tokenize

SENTENCE = tokenize("you say goodbye and I say hello")
VOCAB = Vocabulary.from_tokens(SENTENCE)
IDS = VOCAB.encode(SENTENCE)
ORDERS = [lambda ids, V, n=n, m=m: KneserNey(ids, V, n, m) for n in range(1, 8) for m in (0, 1)]
MODELS = [Unigram, Bigram, lambda ids, V: Bigram(ids, V, add=0.5), KneserNey, *ORDERS]

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


# ---- Kneser-Ney of any order


class ByTheBook:
    """Kneser-Ney from its formula, with tuples and dictionaries, one probability at a time."""

    def __init__(self, ids, V, order, modified):
        self.V, ids = V, ids.tolist()
        self.levels = []
        for n in range(1, order + 1):
            grams = Counter(tuple(ids[t : t + n]) for t in range(len(ids) - n + 1))
            if n < order:  # how many different words stand before each
                longer = {tuple(ids[t : t + n + 1]) for t in range(len(ids) - n)}
                grams = Counter(gram[1:] for gram in longer)
            found = np.array([*grams.values()], int)
            take = discounts(found) if modified else np.full(3, discount(found))
            self.levels.append((grams, take))

    def p(self, context, word):
        order = min(len(self.levels), len(context) + 1)
        return self._p(tuple(context[len(context) - order + 1 :]), word)

    def _p(self, context, word):
        grams, take = self.levels[len(context)]
        shorter = self._p(context[1:], word) if context else 1 / self.V
        after = [c for gram, c in grams.items() if gram[:-1] == context]
        if not after:
            return shorter
        kept = grams[(*context, word)]
        kept = kept and kept - take[min(kept, 3) - 1]
        left = sum(take[min(c, 3) - 1] for c in after)
        return (kept + left * shorter) / sum(after)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=40).map(np.array),
    st.lists(st.integers(0, 4), min_size=2, max_size=9).map(np.array),
    st.integers(1, 6),
    st.booleans(),
)
def test_kneser_ney_is_its_formula_at_every_order(ids, read, order, modified):
    rows = KneserNey(ids, 5, order, modified).predict(read)
    slow = ByTheBook(ids, 5, order, modified)
    want = [[slow.p(read[: t + 1].tolist(), w) for w in range(5)] for t in range(len(read))]
    np.testing.assert_allclose(rows, want, rtol=0, atol=1e-13)


@given(texts, st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_after_any_context_long_short_or_never_seen_the_words_share_one(ids, order, seed):
    model, rng = KneserNey(ids, 9, order), np.random.default_rng(seed)
    for length in range(order + 2):
        before = tuple(rng.integers(0, 9, (length, 20, 1)))  # 7 and 8 are in no text
        p = model.prob(before, np.arange(9))
        assert (p > 0).all()
        np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=0, atol=1e-12)
        longer = tuple(rng.integers(0, 9, (order + 3, 20, 1)))
        last = longer[-max(order - 1, 1) :]
        assert np.array_equal(model.prob(longer, np.arange(9)), model.prob(last, np.arange(9)))


def test_an_order_longer_than_the_text_is_no_more_than_the_text_can_show():
    long, longest = (KneserNey(np.array([0, 1, 0]), 2, order) for order in (4, 50))
    assert np.array_equal(long.predict([0, 1, 0, 1]), longest.predict([0, 1, 0, 1]))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint64])
@pytest.mark.parametrize("make", MODELS)
def test_ids_of_a_small_type_count_as_any_others(make, dtype):
    ids = np.random.default_rng(0).integers(0, 120, 400)
    wide, narrow = make(ids, 120), make(ids.astype(dtype), 120)
    before, word = ids[:50], ids[50:100]
    assert narrow.loss(ids.astype(dtype)) == wide.loss(ids)
    asked = narrow.prob(before.astype(dtype), word.astype(dtype))
    assert np.array_equal(asked, wide.prob(before, word))
    assert np.array_equal(narrow.predict(before.astype(dtype)), wide.predict(before))


def test_more_context_makes_a_text_with_a_memory_certain():
    ids = np.tile([0, 1, 0, 2], 50)  # what follows 0 is decided by what came before it
    losses = [KneserNey(ids, 3, order).loss(ids) for order in (1, 2, 3)]
    assert losses[0] > 1 > losses[1] > 0.3 > 0.01 > losses[2]


def test_the_order_is_chosen_by_the_part_that_was_not_counted():
    ids = np.random.default_rng(3).integers(0, 4, 600)
    model, losses = choose_order(ids[:400], ids[400:], 4)
    assert losses.keys() == set(range(1, 9))
    assert losses[model.order] == model.loss(ids[400:]) == min(losses.values())
    assert model.order == 1  # dice have no memory: more context only learns by heart
    text = np.tile([0, 1, 0, 2], 50)
    assert choose_order(text, text, 3)[0].order >= 3
    with pytest.raises(ValueError, match="at least one order, got none"):
        choose_order(text, text, 3, orders=())


@pytest.mark.parametrize("order", [0, -1, 2.0, True, "2"])
def test_an_order_that_is_no_count_is_an_error(order):
    with pytest.raises(ValueError, match="order should be a whole number, at least 1"):
        KneserNey(IDS, len(VOCAB), order)


@pytest.mark.parametrize("make", MODELS)
def test_a_context_outside_the_vocabulary_is_an_error(make):
    model = make(IDS, len(VOCAB))
    for before, word in ((-1, 0), (0, -1), (0, 6), ((0, 6), 0), (0.5, 0)):
        with pytest.raises(ValueError, match="should hold"):
            model.prob(before, word)


def test_three_discounts_by_hand():
    # n_1 .. n_4 = 4, 2, 1, 1: Y = 1/2
    counts = np.array([1, 1, 1, 1, 2, 2, 3, 4])
    assert discounts(counts) == pytest.approx([1 - 2 / 2 * 2 / 4, 2 - 3 / 2 * 1 / 2, 3 - 2])
    assert discounts(np.array([5])) == pytest.approx([0.1, 0.1, 0.1])  # kept in range


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
