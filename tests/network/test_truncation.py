"""What truncation does to a gradient: exact facts, without training; then the stored trainings."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import RNNLM, stream_batches
from rnn_core.data import Recall
from rnn_core.diagnostics import (
    cache_bytes,
    cosine_and_ratio,
    input_gradients,
    share_through,
    truncation_bias,
)
from rnn_core.train import train_recall
from tools.truncation_runs import (
    BLOCK_LENS,
    CUES,
    FIXED,
    KINDS,
    RESULT,
    SEEDS,
    SPANS,
    measure_bias,
    story,
    suspect_blocks,
    train_suspect,
)

OUTPUT = ("affine.W", "affine.b")


def model_and_text(seed=0, N=3, T=12, V=7):
    rng = np.random.default_rng(seed)
    model = RNNLM.init(V, 3, 5, rng)
    ids, targets = rng.integers(V, size=(2, N, T))
    return model, ids, targets, rng.uniform(-0.9, 0.9, (N, 5))


# ---- the gradient of a text


@given(st.integers(0, 2**32 - 1), st.integers(1, 13))
@settings(max_examples=30, deadline=None)
def test_the_output_layer_hears_the_same_at_every_k(seed, k):
    model, ids, targets, h_0 = model_and_text(seed)
    _, full, h_T = model.loss_and_grads(ids, targets, h_0)
    loss, cut, h_cut = model.loss_and_grads(ids, targets, h_0, block_len=k)
    for name in OUTPUT:
        assert np.array_equal(full[name], cut[name])
    assert np.array_equal(h_T, h_cut)  # the forward flow is untouched
    assert loss == model.loss(ids, targets, h_0)[0]


def test_bias_by_parameter():
    model, ids, targets, h_0 = model_and_text(T=16)
    bias = truncation_bias(model, ids, targets, [1, 2, 4, 8, 16, 99], h_0)
    assert bias.keys() == {*model.params, "all"}
    for name, curve in bias.items():
        assert curve.shape == (6, 2)
        assert np.allclose(curve[-2:], 1, atol=1e-12)  # no cut, no bias
        if name in OUTPUT:
            assert np.allclose(curve, 1, atol=1e-12)
        else:
            assert (np.abs(curve[:3] - 1) > 1e-3).all()


def test_bias_of_a_window():
    model, ids, targets, h_0 = model_and_text(T=16)
    bias = truncation_bias(model, ids, targets, h_0=h_0, windows=[1, 4, 16])
    blocks = truncation_bias(model, ids, targets, [1, 4, 16], h_0)
    _, full, _ = model.loss_and_grads(ids, targets, h_0)
    _, cut, _ = model.loss_and_grads(ids, targets, h_0, window=4)
    for name, curve in bias.items():
        assert np.allclose(curve[[0, 2]], blocks[name][[0, 2]], atol=1e-12)  # nothing or all is cut
        if name != "all":
            assert curve[1] == pytest.approx(cosine_and_ratio(full[name], cut[name]))
    assert bias["rnn.W_h"][1, 0] != pytest.approx(blocks["rnn.W_h"][1, 0], abs=1e-3)
    for ways in ({}, {"block_lens": [1], "windows": [1]}):
        with pytest.raises(ValueError, match="block_lens or windows should be given, one of them"):
            truncation_bias(model, ids, targets, h_0=h_0, **ways)
    with pytest.raises(ValueError, match="windows should be a row of whole numbers, got 4"):
        truncation_bias(model, ids, targets, windows=4)


def test_cosine_and_ratio():
    assert cosine_and_ratio(np.array([3.0, 4.0]), np.array([6.0, 8.0])) == (1, 2)
    assert cosine_and_ratio(np.array([0.0, 2.0]), np.array([1.0, 0.0])) == (0, 0.5)
    assert cosine_and_ratio(np.ones(2), np.zeros(2)) == (0, 0)
    with pytest.raises(ValueError, match=r"full gradient of rnn\.b should not be zero"):
        cosine_and_ratio(np.zeros(2), np.ones(2), "rnn.b")


@pytest.mark.parametrize("k", [1, 2, 3, 5, 11, 12])
def test_blocks_one_by_one_with_the_state_carried_add_up_to_one_pass_with_cuts(k):
    model, ids, targets, h = model_and_text(T=11)
    _, whole, h_T = model.loss_and_grads(ids, targets, h, block_len=k)
    total = dict.fromkeys(whole, 0)
    for t in range(0, 11, k):
        block = slice(t, t + k)
        _, grads, h = model.loss_and_grads(ids[:, block], targets[:, block], h)
        share = ids[:, block].shape[1] / 11  # each loss is a mean over its own tokens
        total = {name: total[name] + share * g for name, g in grads.items()}
    assert np.allclose(h, h_T, atol=1e-14)
    for name, g in whole.items():
        assert np.allclose(total[name], g, atol=1e-14), name


def test_memory_is_that_of_a_block_however_long_the_text():
    model, *_ = model_and_text()

    def kept(T):
        return cache_bytes(model._forward(np.zeros((4, T), int), None)[2][1])

    per_step = 8 * 4 * (3 + 5)  # x_t and h_t of four rows
    assert [kept(T) for T in (10, 100, 1000)] == [per_step * T + 8 * 4 * 5 for T in (10, 100, 1000)]


def test_the_state_carried_over_the_blocks_of_a_text_is_that_of_each_row_read_at_once():
    model, *_ = model_and_text(V=7)
    ids = np.random.default_rng(1).integers(7, size=100)
    h = None
    for inputs, _ in stream_batches(ids, 4, 7):
        _, h = model.logits(inputs, h)
    rows = ids[:96].reshape(4, 24)
    assert np.allclose(h, model.logits(rows)[1], atol=1e-14)


# ---- the recall gradient at the cue


def one_window(span, before, after):
    """One row: blanks, a window of the recall task, blanks."""
    task = Recall(3, span)
    ids = np.full((1, before + span + after), task.blank)
    targets, end = ids.copy(), before + span - 1
    ids[0, before], ids[0, end], targets[0, end] = 1, task.question, 1
    return ids, targets, ids == task.question


@given(st.integers(2, 6), st.integers(1, 15), st.integers(0, 15), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_at_the_cue_all_of_the_gradient_arrives_or_none(span, k, before, seed):
    ids, targets, mask = one_window(span, before, after=3)
    rng = np.random.default_rng(seed)
    model, h_0 = RNNLM.init(5, 3, 4, rng), rng.uniform(-0.9, 0.9, (1, 4))
    full = input_gradients(model, ids, targets, None, h_0, mask)[0, before]
    cut = input_gradients(model, ids, targets, k, h_0, mask)[0, before]
    inside = before // k == (before + span - 1) // k
    assert np.array_equal(cut, full if inside else 0 * full)
    assert np.abs(full).max() > 0
    if k < span:
        assert not inside


@given(st.integers(2, 12), st.integers(1, 30))
@settings(deadline=None)
def test_the_share_is_that_of_the_places_where_a_window_fits(span, k):
    fits = [start // k == (start + span - 1) // k for start in range(k)]
    assert share_through(span, k) == np.mean(fits)


def test_over_a_stream_the_cue_hears_about_that_share():
    task = Recall(4, 8)
    rng = np.random.default_rng(0)
    ids, targets, mask = task.stream(32, 960, rng)
    model, cue = RNNLM.init(task.vocab_size, 8, 32, rng), ids < task.cues

    def heard(k):
        return input_gradients(model, ids, targets, k, None, mask)[cue]

    full = heard(None)
    for k in range(1, 8):
        assert not heard(k).any()
    for k in (8, 12, 16, 32, 96):
        size = np.linalg.norm(heard(k), axis=1).sum() / np.linalg.norm(full, axis=1).sum()
        assert abs(size - share_through(8, k)) < 0.03


def test_input_gradients_are_what_the_embedding_adds_up():
    model, ids, targets, h_0 = model_and_text()
    _, grads, _ = model.loss_and_grads(ids, targets, h_0, block_len=5)
    dxs = input_gradients(model, ids, targets, 5, h_0)
    assert np.allclose(model.embedding.backward(dxs, ids)["W"], grads["embedding.W"], atol=1e-15)


# ---- the stored trainings


@pytest.fixture(scope="module")
def stored():
    return json.loads(RESULT.read_text(encoding="utf-8"))


def recall_of(stored, span, block_len, carry):
    rows = [r for r in stored["recall"] if (r["span"], r["carry"]) == (span, carry)]
    return np.array([r["perplexity"] for r in rows if r["block_len"] == block_len])


def test_every_training_is_stored_once_for_each_seed(stored):
    recall = {(r["span"], r["block_len"], r["carry"], r["seed"]) for r in stored["recall"]}
    assert len(recall) == len(stored["recall"]) == len(SPANS) * 3 * 2 * len(SEEDS)
    suspects = {(r["kind"], r["seed"]) for r in stored["detective"]}
    assert suspects == {(kind, seed) for kind in KINDS for seed in SEEDS}
    assert {(r["seed"], r["epochs"]) for r in stored["bias"]} == {
        (s, e) for s in SEEDS for e in (0, 10)
    }
    assert len(SEEDS) >= 5


def test_training_makes_the_bias_larger_for_every_seed(stored):
    new, trained = (
        np.array([r["W_h"] for r in stored["bias"] if r["epochs"] == epochs]) for epochs in (0, 10)
    )
    few = slice(0, BLOCK_LENS.index(8) + 1)
    assert (trained[:, few] < new[:, few]).all()  # cosine and norm ratio
    assert (new[:, 0, 0] > 0.8).all() and (trained[:, 0, 0] < 0.8).all()


def test_the_bias_of_one_seed_measured_again_gives_what_is_stored(stored):
    for row in (r for r in stored["bias"] if r["seed"] == 0):
        assert np.allclose(measure_bias(0, row["epochs"]), row["W_h"], atol=0.01)


def test_a_block_that_holds_the_window_learns_to_recall_if_the_state_is_carried(stored):
    for span in SPANS:
        for k in (span, 2 * span):
            assert (recall_of(stored, span, k, True) < 1.1).all()


def test_a_reset_state_reaches_the_floor_of_the_windows_that_fit_and_not_less(stored):
    for span in SPANS:
        for k in (2, span, 2 * span):
            floor = CUES ** (1 - share_through(span, k))
            assert (recall_of(stored, span, k, False) > 0.98 * floor).all()
            assert (recall_of(stored, span, k, False) < 1.25 * floor).all()


def test_blocks_too_short_may_succeed_with_the_state_carried_where_the_span_is_short(stored):
    short, long = (recall_of(stored, span, 2, True) for span in SPANS)
    assert (short < 2).all() and short.max() > 1.05
    assert (long > 3).all()


def test_a_random_layer_holds_the_cue_and_truncated_training_of_W_h_makes_it_worse(stored):
    found = {}
    for row in stored["fixed"]:
        found.setdefault((row["span"], row["learns"]), []).append(row["perplexity"])
    assert found.keys() == {(span, learns) for span in SPANS for learns in FIXED}
    assert all(len(values) == len(SEEDS) for values in found.values())
    found = {key: np.array(values) for key, values in found.items()}
    assert (found[4, "output layer"] < 2.1).all()
    assert (found[4, "all but W_h"] < 1.1).all()
    assert np.sum(found[8, "all but W_h"] < 2) >= 4
    for span in SPANS:
        assert np.sum(found[span, "all but W_h"] < recall_of(stored, span, 2, True)) >= 5


def test_the_best_looking_curve_belongs_to_the_worst_model(stored):
    by_kind = {k: [r for r in stored["detective"] if r["kind"] == k] for k in KINDS}
    last = {k: np.array([r["curve"][-1] for r in rows]) for k, rows in by_kind.items()}
    text = {k: np.array([r["text"] for r in rows]) for k, rows in by_kind.items()}
    assert last["skips"].max() < last["right"].min() < last["resets"].min()
    assert text["right"].max() < text["resets"].min() < text["skips"].min()
    for rows in by_kind.values():
        assert all(r["curve"][0] > 50 > 2 > r["curve"][-1] for r in rows)


@pytest.mark.parametrize("k, carry", [(8, True), (16, False)])
def test_recall_trained_again_gives_what_is_stored(stored, k, carry):
    again = train_recall(Recall(CUES, 8), k, carry, SEEDS[0])
    assert again == pytest.approx(recall_of(stored, 8, k, carry)[0], rel=0.02)


def test_one_suspect_trained_again_gives_what_is_stored(stored):
    row = next(r for r in stored["detective"] if (r["kind"], r["seed"]) == ("skips", 0))
    again = train_suspect("skips", 0)
    assert again["tokens"] == row["tokens"]
    assert np.allclose(again["curve"], row["curve"], rtol=0.05)
    assert again["text"] == pytest.approx(row["text"], rel=0.25)


def test_who_skips_misses_one_target_in_every_block():
    ids, _ = story()
    count = {k: sum(y.size for _, y in suspect_blocks(k, ids, 4, 5)) for k in KINDS}
    right = (len(ids) - 1) // 4 * 4
    assert count["right"] == count["resets"] == right
    assert 0.8 * right < count["skips"] <= 5 / 6 * right
    (x0, y0), (x1, _) = suspect_blocks("skips", ids, 4, 5)[:2]
    assert (x0[0].tolist(), y0[0].tolist()) == (ids[:5].tolist(), ids[1:6].tolist())
    assert x1[0, 0] == ids[6]  # ids[5] was a target, and no input


@pytest.mark.parametrize("words", [None, 3, "text", {"a": 1}])
def test_words_of_the_figure_that_are_no_list(words):
    from rnn_core.widgets import Truncation

    figure = Truncation()
    before = figure.state()
    with pytest.raises(ValueError, match="`words` should be a list of str"):
        figure.words = words
    assert figure.state() == before
