"""A sliding window: each step's loss goes back so many steps, and no other."""

import numpy as np
import pytest

from rnn_core import RNN, RNNLM, RNNCell
from rnn_core.diagnostics import input_gradients

N, T, D, H = 2, 9, 3, 4


@pytest.fixture
def case():
    rng = np.random.default_rng(5)
    rnn = RNN(RNNCell.init(D, H, rng))
    hs, cache = rnn.forward(rng.normal(size=(N, T, D)), rng.normal(size=(N, H)))
    return rnn, rng.normal(size=hs.shape), cache


def by_hand(rnn, dhs, cache, window):
    """Each step's gradient sent back alone, step by step; all that arrives is added up."""
    (xs, hs), cell = cache, rnn.cell
    dxs, dh_0 = np.zeros((N, T, D)), np.zeros((N, H))
    grads = {name: np.zeros_like(p) for name, p in cell.params.items()}
    for end in range(T):
        dh = dhs[:, end]
        for t in range(end, max(end - window, -1), -1):
            dx, dh, share = cell.backward(dh, (xs[t], hs[t], hs[t + 1]))
            dxs[:, t] += dx
            grads = {name: grads[name] + share[name] for name in grads}
        if end < window:
            dh_0 += dh
    return dxs, dh_0, grads


@pytest.mark.parametrize("window", [1, 2, 3, 8, 9, 50])
def test_a_window_is_the_sum_of_each_loss_sent_back_so_many_steps(case, window):
    got, want = case[0].backward(*case[1:], window=window), by_hand(*case, window)
    assert np.allclose(got[0], want[0], rtol=0, atol=1e-13)
    assert np.allclose(got[1], want[1], rtol=0, atol=1e-13)
    for name in want[2]:
        assert np.allclose(got[2][name], want[2][name], rtol=0, atol=1e-12)


def test_a_window_of_the_whole_length_is_the_full_gradient_and_of_one_step_blocks_of_one(case):
    rnn, dhs, cache = case
    for window, block_len in ((T, None), (1, 1)):
        got, want = rnn.backward(dhs, cache, window=window), rnn.backward(dhs, cache, block_len)
        assert np.allclose(got[0], want[0], rtol=0, atol=1e-13)
        assert np.allclose(got[2]["W_h"], want[2]["W_h"], rtol=0, atol=1e-13)


def test_a_window_has_no_border_and_blocks_have(case):
    rnn, _, cache = case
    for asked in range(3, T):
        dhs = np.zeros((N, T, H))
        dhs[:, asked] = 1
        by_window = rnn.backward(dhs, cache, window=4)[0]
        heard = np.flatnonzero(np.abs(by_window).sum(axis=(0, 2)))
        assert heard.tolist() == list(range(asked - 3, asked + 1))


def test_the_model_passes_the_window_on():
    rng = np.random.default_rng(1)
    model = RNNLM.init(5, 3, 4, rng)
    ids = rng.integers(5, size=(2, 8))
    mask = np.arange(8)[None].repeat(2, axis=0) == 6
    dxs = input_gradients(model, ids, ids, mask=mask, window=3)
    heard = np.flatnonzero(np.abs(dxs).sum(axis=(0, 2)))
    assert heard.tolist() == [4, 5, 6]
    _, short, _ = model.loss_and_grads(ids, ids, window=2)
    _, whole, _ = model.loss_and_grads(ids, ids, window=8)
    _, full, _ = model.loss_and_grads(ids, ids)
    assert np.allclose(whole["rnn.W_h"], full["rnn.W_h"], rtol=0, atol=1e-14)
    assert not np.allclose(short["rnn.W_h"], full["rnn.W_h"], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"window": 0}, "window should be a whole number"),
        ({"window": 2.0}, "window should be a whole number"),
        ({"block_len": 2, "window": 2}, "block_len and window should not both be given"),
    ],
)
def test_what_cannot_be_a_truncation_is_said(case, options, words):
    rnn, dhs, cache = case
    with pytest.raises(ValueError, match=words):
        rnn.backward(dhs, cache, **options)
