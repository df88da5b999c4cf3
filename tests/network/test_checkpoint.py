"""Checkpointing changes the memory and nothing else."""

import tracemalloc

import numpy as np
import pytest

from rnn_core import RNN, RNNCell
from rnn_core.checkpoint import best_segment, checkpointed_backward
from rnn_core.gradcheck import relative_error


def case(N=2, T=23, D=3, H=4, dtype=np.float64):
    rng = np.random.default_rng(0)
    cell = RNNCell.init(D, H, rng, dtype)
    cell.b += rng.normal(size=H).astype(dtype)
    arrays = [rng.normal(size=s).astype(dtype) for s in ((N, T, D), (N, H), (N, T, H))]
    return RNN(cell), *arrays


def assert_same(got, want, tolerance):
    for name, a, b in [("dxs", got[0], want[0]), ("dh_0", got[1], want[1])]:
        assert relative_error(a, b) <= tolerance, name
    assert got[2].keys() == want[2].keys()
    for name, grad in want[2].items():
        assert relative_error(got[2][name], grad) <= tolerance, name


@pytest.mark.parametrize("segment_len", [None, 1, 2, 5, 22, 23, 24, 100])
def test_the_gradients_are_those_of_the_layer(segment_len):
    rnn, xs, h_0, ys = case()

    def dhs_of(hs, start):  # half the squared distance from a target at every step
        return hs - ys[:, start : start + hs.shape[1]]

    hs, cache = rnn.forward(xs, h_0)
    want = rnn.backward(hs - ys, cache)
    assert_same(checkpointed_backward(rnn, xs, h_0, dhs_of, segment_len), want, 1e-13)


def test_one_step_is_a_sequence_too():
    rnn, xs, h_0, ys = case(T=1)
    hs, cache = rnn.forward(xs, h_0)
    got = checkpointed_backward(rnn, xs, h_0, lambda hs, _: hs - ys)
    assert_same(got, rnn.backward(hs - ys, cache), 1e-13)


def test_at_1024_steps_it_needs_about_a_twentieth_of_the_memory():
    rnn, xs, h_0, _ = case(N=8, T=1024, D=2, H=64)

    def kept():
        hs, cache = rnn.forward(xs, h_0)
        return rnn.backward(hs, cache)

    def computed_again():
        return checkpointed_backward(rnn, xs, h_0, lambda hs, _: hs)

    assert_same(computed_again(), kept(), 1e-13)
    assert peak(kept) > 15 * peak(computed_again)


def peak(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_callers_arrays_stay_as_they_are():
    rnn, xs, h_0, ys = case()
    before = [z.copy() for z in (xs, h_0, ys)]
    checkpointed_backward(rnn, xs, h_0, lambda hs, s: ys[:, s : s + hs.shape[1]])
    for z, z_before in zip((xs, h_0, ys), before, strict=True):
        np.testing.assert_array_equal(z, z_before)


def test_float32_stays_float32():
    rnn, xs, h_0, _ = case(dtype=np.float32)
    dxs, dh_0, grads = checkpointed_backward(rnn, xs, h_0, lambda hs, _: hs)
    assert {z.dtype for z in (dxs, dh_0, *grads.values())} == {np.dtype(np.float32)}


def test_the_best_segment_grows_with_the_root():
    assert [best_segment(T) for T in (1, 6, 24, 1024, 4 * 1024)] == [1, 1, 2, 14, 27]


def test_bad_input_is_named():
    rnn, xs, h_0, _ = case()
    with pytest.raises(ValueError, match="dhs should have shape .* axis T is 23, not 3"):
        checkpointed_backward(rnn, xs, h_0, lambda hs, _: np.ones((2, 23, 4)), 10)
    with pytest.raises(ValueError, match="segment_len should be a whole number"):
        checkpointed_backward(rnn, xs, h_0, lambda hs, _: hs, segment_len=0)
    with pytest.raises(ValueError, match="axis D is 5, not 3"):
        checkpointed_backward(rnn, np.ones((2, 4, 5)), h_0, lambda hs, _: hs)
