"""Perplexity of a text in pieces, and the distance of a trained model from the floors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import RNNLM, evaluate, perplexity, softmax_cross_entropy, stream_batches
from rnn_core.data.grammar import embedded_reber, forget_outer, reber
from rnn_core.diagnostics.scoring import (
    StreamingPerplexity,
    excess_loss,
    log_softmax,
    readings,
    token_log_probs,
)
from rnn_core.train import learn_grammar


@pytest.mark.parametrize(
    "probs, want",
    [
        ([0.8], 1.25),
        ([0.2], 5),
        ([0.8, 0.2], 2.5),
        ([0.2] * 7, 5),
        ([1, 1, 1], 1),
        ([0.5, 0], math.inf),
        ([0.5] * 100 + [0.05] * 10, 2 ** (100 / 110) * 20 ** (10 / 110)),
    ],
)
def test_perplexity_is_one_over_the_geometric_mean(probs, want):
    with np.errstate(divide="ignore"):
        got = StreamingPerplexity().add(np.log(probs)).value
    assert math.isclose(got, want, rel_tol=1e-12)
    if 0 not in probs:
        assert math.isclose(got, 1 / math.prod(probs) ** (1 / len(probs)), rel_tol=1e-12)


probabilities = st.lists(st.floats(1e-6, 1), min_size=1, max_size=60)


@given(probabilities, st.data())
def test_neither_the_size_of_the_pieces_nor_their_order_matters(probs, data):
    whole = StreamingPerplexity().add(np.log(probs)).value
    order = data.draw(st.permutations(range(len(probs))))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(probs) - 1))) if len(probs) > 1 else [])
    pieces = np.split(np.log(probs)[list(order)], cuts)
    by_tokens, by_means = StreamingPerplexity(), StreamingPerplexity()
    for piece in pieces:
        by_tokens.add(piece)
        by_means.add_mean(max(0.0, -piece.mean()), len(piece))
    assert math.isclose(by_tokens.value, whole, rel_tol=1e-12)
    assert math.isclose(by_means.value, whole, rel_tol=1e-12)


@given(probabilities, st.integers(0, 20))
def test_padding_changes_nothing(probs, padding):
    padded = np.log([*probs, *[1e-3] * padding])
    mask = np.arange(len(padded)) < len(probs)
    got = StreamingPerplexity().add(padded, mask)
    assert got.tokens == len(probs)
    assert math.isclose(got.value, StreamingPerplexity().add(np.log(probs)).value, rel_tol=1e-12)


@given(st.integers(2, 5), st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_a_text_cut_into_any_blocks_has_one_perplexity(batch_size, seq_len):
    rng = np.random.default_rng(0)
    model, ids = RNNLM.init(5, 3, 4, rng), rng.integers(0, 5, 120)
    length = len(ids[1:]) // batch_size
    rows = [(i[: batch_size * length].reshape(batch_size, length)) for i in (ids, ids[1:])]
    whole = token_log_probs(model.logits(rows[0])[0], rows[1])
    meter, h = StreamingPerplexity(), None
    for x, y in stream_batches(ids, batch_size, seq_len):
        logits, h = model.logits(x, h)
        meter.add(token_log_probs(logits, y))
    assert math.isclose(meter.loss, -whole.mean(), rel_tol=1e-12)
    blocks = stream_batches(ids, batch_size, seq_len)
    assert math.isclose(meter.loss, evaluate(model, blocks), rel_tol=1e-12)


def test_log_probabilities_agree_with_the_loss_and_survive_huge_logits():
    rng = np.random.default_rng(1)
    logits, targets = rng.normal(0, 3, (2, 4, 6)), rng.integers(0, 6, (2, 4))
    loss = softmax_cross_entropy(logits, targets)[0]
    assert math.isclose(-token_log_probs(logits, targets).mean(), loss, rel_tol=1e-12)
    assert log_softmax(np.array([1000.0, 0, -1000])).tolist() == [0, -1000, -2000]


@pytest.mark.parametrize(
    "log_probs, mask",
    [([0.8, 0.2], None), ([np.nan], None), ([], None), ([-1.0], [0]), ([-1.0], [1, 1])],
    ids=["probabilities", "NaN", "nothing", "mask counts none", "mask of another shape"],
)
def test_a_wrong_piece_is_an_error_and_adds_nothing(log_probs, mask):
    meter = StreamingPerplexity().add([-1.0])
    with pytest.raises(ValueError, match="should"):
        meter.add(log_probs, mask)
    with pytest.raises(ValueError, match="should"):
        meter.add_mean(-1.0, 3)
    assert (meter.total, meter.tokens) == (1.0, 1)


def test_perplexity_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="add a piece"):
        StreamingPerplexity().value  # noqa: B018


def test_each_slip_has_a_number_of_its_own():
    # worked out by hand for p = (0.8, 0.2), each word a batch
    two = readings([[0.8], [0.2]])
    bits = math.log2(1 / 0.16) / 2
    want = {
        "right": 2.5,
        "mean of batch perplexities": (1.25 + 5) / 2,
        "exp of the mean of batch losses": 2.5,  # right by luck: the batches are equal
        "1 / mean probability": 1 / 0.5,
        "2 to the nats": 2 ** (bits * math.log(2)),
        "e to the bits": math.e**bits,
        "exp of the summed loss": 1 / 0.16,
        "minus sign lost": 0.4,
    }
    assert two.keys() == want.keys()
    for name, value in want.items():
        assert math.isclose(two[name], value, rel_tol=1e-12), name
    shown = [2.5, 3.125, 2.5, 2.0, 1.887, 3.751, 6.25, 0.4]
    assert [round(float(v), 3) for v in two.values()] == shown


def test_unequal_batches_tell_pooling_from_averaging():
    unequal = readings([[0.5] * 100, [0.05] * 10])
    assert math.isclose(unequal["right"], 2 ** (100 / 110) * 20 ** (10 / 110), rel_tol=1e-12)
    assert math.isclose(unequal["exp of the mean of batch losses"], math.sqrt(40), rel_tol=1e-12)
    assert math.isclose(unequal["mean of batch perplexities"], 11, rel_tol=1e-12)
    assert [round(float(v), 3) for v in unequal.values()][:3] == [2.466, 11.0, 6.325]


class Known:
    """A model that predicts what a grammar predicts."""

    def __init__(self, grammar):
        self.grammar = grammar

    def logits(self, ids):
        p = np.stack([self.grammar.predict(row) for row in ids])
        return np.log(np.maximum(p, 1e-300)), None


def test_one_who_knows_the_grammar_loses_nothing_and_one_who_forgets_loses_a_twelfth_of_a_bit():
    grammar = embedded_reber()
    ids = grammar.sample(600, np.random.default_rng(4), 30)
    assert abs(excess_loss(Known(grammar), grammar, ids)) < 1e-12
    lost = excess_loss(Known(grammar.merge(forget_outer)), grammar, ids)
    plateau = grammar.merge(forget_outer).entropy_rate() - grammar.entropy_rate()
    assert math.isclose(plateau, math.log(2) / 12, rel_tol=1e-12)
    assert abs(lost - plateau) < 0.001


# The chapter trains one model for each grammar; here five, because one may be luck.
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("grammar", [reber(), embedded_reber()], ids=["Reber", "embedded"])
def test_a_trained_rnn_comes_within_a_thousandth_of_a_nat_of_the_floor(grammar, seed):
    steps = 700 if len(grammar.states) == 7 else 1200  # as in the chapter
    model = learn_grammar(grammar, np.random.default_rng(seed), steps)
    unseen = grammar.sample(250, np.random.default_rng(1000 + seed), 80)
    gap = excess_loss(model, grammar, unseen)
    assert 0 < gap < 0.001
    assert perplexity(grammar.entropy_rate() + gap) < perplexity(grammar.entropy_rate()) * 1.001
