"""What is measured on the way back, against cases whose answer is known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import RNN, RNNCell
from rnn_core.diagnostics import (
    angle,
    cache_bytes,
    carry_back,
    contributions,
    gradient_norms,
    norm_bound,
    orthogonal,
    saturation,
    spectral_norm,
    spectral_radius,
    step_jacobians,
    with_radius,
)
from rnn_core.gradcheck import complex_step, relative_error


def layer(N=2, T=7, D=3, H=4, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(D, H)), rng.normal(0, scale * H**-0.5, (H, H)), rng.normal(size=H)
    rnn = RNN(RNNCell(*weights))
    xs, h_0, dhs = (rng.normal(size=s) for s in ((N, T, D), (N, H), (N, T, H)))
    hs, cache = rnn.forward(xs, h_0)
    return rnn, xs, h_0, hs, cache, dhs


# ---- the gradient's way


def test_the_gradient_carried_back_is_that_of_the_layer():
    rnn, _, _, hs, cache, dhs = layer()
    last_only = np.zeros_like(dhs)
    last_only[:, -1] = dhs[:, -1]
    _, dh_0, _ = rnn.backward(last_only, cache)
    back = carry_back(dhs[:, -1], rnn.cell.W_h, 1 - hs**2)
    np.testing.assert_array_equal(back[-1], dhs[:, -1])
    np.testing.assert_allclose(back[0], dh_0, rtol=0, atol=1e-14)


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0, 1.3])
def test_linear_and_orthogonal_meets_the_bound_at_every_lag(radius):
    rng = np.random.default_rng(1)
    W_h, dh = radius * orthogonal(6, rng), rng.normal(size=(3, 6))
    got = gradient_norms(dh, W_h, np.ones((3, 50, 6)))
    np.testing.assert_allclose(got, norm_bound(W_h, 50, np.linalg.norm(dh)), rtol=1e-12)
    np.testing.assert_allclose(got, np.linalg.norm(dh) * radius ** np.arange(51), rtol=1e-12)


@given(
    seed=st.integers(0, 10**6),
    H=st.integers(1, 6),
    T=st.integers(1, 12),
    scale=st.floats(0, 3),
    linear=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_the_bound_is_never_passed(seed, H, T, scale, linear):
    rnn, _, _, hs, _, dhs = layer(N=2, T=T, H=H, seed=seed, scale=scale)
    slopes = np.ones_like(hs) if linear else 1 - hs**2
    got = gradient_norms(dhs[:, -1], rnn.cell.W_h, slopes)
    bound = norm_bound(rnn.cell.W_h, T, np.linalg.norm(dhs[:, -1]))
    assert got.shape == bound.shape == (T + 1,)
    assert np.all(got <= bound * (1 + 1e-12) + 1e-300)


def test_radius_zero_and_one_saturated_unit_explodes():
    # (0, 1) is a resting point: unit 2 is saturated, with slope 0; unit 1 stands at its steepest
    cell = RNNCell([[0.0, 0.0]], [[2.0, -2.0], [2.0, -2.0]], [-2.0, 25.0])
    assert spectral_radius(cell.W_h) < 1e-7
    hs, _ = RNN(cell).forward(np.zeros((1, 20, 1)), [[0.0, 1.0]])
    np.testing.assert_array_equal(hs, np.broadcast_to([0.0, 1.0], (1, 20, 2)))
    product = np.linalg.multi_dot(step_jacobians(cell.W_h, 1 - hs**2)[0])
    assert np.linalg.norm(product, 2) == pytest.approx(2**20 * 2**0.5, rel=1e-12)


def test_radius_above_one_and_saturated_units_vanish():
    W_h = 1.5 * orthogonal(8, np.random.default_rng(0))
    slopes = np.full((1, 50, 8), 1 - 0.9**2)  # every unit at 0.9 or -0.9
    got = gradient_norms(np.ones((1, 8)), W_h, slopes)
    np.testing.assert_allclose(got[-1] / got[0], (1.5 * 0.19) ** 50, rtol=1e-12)


def test_a_vanished_gradient_is_still_right_to_its_last_digits():
    rnn, xs, h_0, hs, _, dhs = layer(N=1, T=60, scale=0.4)
    back = carry_back(dhs[:, -1], rnn.cell.W_h, 1 - hs**2)[0]
    exact = complex_step(lambda h: (dhs[:, -1] * rnn.forward(xs, h)[0][:, -1]).sum(), h_0)
    assert 0 < np.linalg.norm(back) < 1e-25
    assert relative_error(back, exact) < 1e-12


def test_a_jacobian_is_the_slope_of_one_step():
    rnn, xs, h_0, hs, _, _ = layer(N=1)
    J = step_jacobians(rnn.cell.W_h, 1 - hs**2)
    assert J.shape == (1, 7, 4, 4)
    for j in range(4):
        by_hand = complex_step(lambda h, j=j: rnn.cell.forward(xs[:, 0], h)[0][0, j], h_0)
        np.testing.assert_allclose(J[0, 0, :, j], by_hand[0], rtol=0, atol=1e-14)


def test_jacobians_in_a_row_carry_the_gradient_back():
    rnn, _, _, hs, _, dhs = layer()
    J, dh = step_jacobians(rnn.cell.W_h, 1 - hs**2), dhs[:, -1]
    back = carry_back(dh, rnn.cell.W_h, 1 - hs**2)
    for k in reversed(range(7)):
        dh = np.einsum("nj,nij->ni", dh, J[:, k])
        np.testing.assert_allclose(back[k], dh, rtol=0, atol=1e-14)


def test_a_gradient_too_small_to_be_squared_still_has_a_length():
    got = gradient_norms(np.ones((1, 4)), 0.1 * np.eye(4), np.ones((1, 300, 4)))
    np.testing.assert_allclose(got, 2 * 0.1 ** np.arange(301), rtol=1e-9)


# ---- the map


def test_the_map_holds_each_loss_carried_back_alone():
    rnn, _, _, hs, _, dhs = layer()
    slopes = 1 - hs**2
    M = contributions(dhs, rnn.cell.W_h, slopes)
    for t in range(7):
        alone = gradient_norms(dhs[:, t], rnn.cell.W_h, slopes[:, : t + 1])[::-1]
        np.testing.assert_allclose(M[t, : t + 1], alone[1:], rtol=1e-12)
    assert np.all(M[np.triu_indices(7, 1)] == 0)


def test_linear_and_orthogonal_makes_every_diagonal_of_the_map_one_number():
    dhs = np.ones((1, 5, 4)) / 2  # every loss says the same, with length 1
    M = contributions(dhs, 0.5 * orthogonal(4, np.random.default_rng(0)), np.ones((1, 5, 4)))
    lag = np.subtract.outer(np.arange(5), np.arange(5))
    np.testing.assert_allclose(M, np.where(lag >= 0, 0.5 ** np.abs(lag), 0), rtol=0, atol=1e-15)


# ---- matrices


def test_radius_and_norm_of_matrices_known_by_heart():
    table = {
        "identity": (np.eye(3), 1, 1),
        "a shear": ([[1.0, 1.0], [0.0, 1.0]], 1, (1 + 5**0.5) / 2),
        "all its powers vanish": ([[0.0, 5.0], [0.0, 0.0]], 0, 5),
        "a turn": ([[0.0, 1.0], [-1.0, 0.0]], 1, 1),
        "one number": ([[-2.0]], 2, 2),
    }
    for name, (W, radius, norm) in table.items():
        assert spectral_radius(W) == pytest.approx(radius, abs=1e-7), name
        assert spectral_norm(W) == pytest.approx(norm, rel=1e-14), name


@given(seed=st.integers(0, 10**6), H=st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_the_radius_is_at_most_the_norm_and_orthogonal_means_both_are_one(seed, H):
    rng = np.random.default_rng(seed)
    W, Q = rng.normal(size=(H, H)), orthogonal(H, rng)
    assert spectral_radius(W) <= spectral_norm(W) * (1 + 1e-12)
    np.testing.assert_allclose(Q @ Q.T, np.eye(H), rtol=0, atol=1e-13)
    assert spectral_radius(with_radius(W, 1.3)) == pytest.approx(1.3, rel=1e-9)


def test_angles_between_gradients():
    assert angle([1.0, 0.0], [0.0, 3.0]) == pytest.approx(90)
    assert angle([30.0, 4.0], [5.0, 4.0]) == pytest.approx(31.06, abs=0.01)  # clamped at 5
    assert angle([1e-200, 0.0], [1e200, 0.0]) == 0
    assert angle([1.0, 2.0], [-1.0, -2.0]) == 180


def test_saturation_counts_units_near_one():
    assert saturation([[[0.95, -0.95, 0.1, 0.9]]]) == 0.5
    assert saturation([[[0.95, -0.95, 0.1, 0.9]]], above=0.05) == 1


# ---- memory


def test_a_cache_weighs_its_inputs_and_states():
    N, T, D, H = 2, 7, 3, 4
    _, _, _, hs, cache, _ = layer(N, T, D, H)
    assert cache_bytes(cache) == 8 * (N * T * D + N * (T + 1) * H)
    assert cache_bytes({"a": cache, "b": [cache, None]}) == cache_bytes(cache)
    assert cache_bytes(hs[:, -1]) == hs.nbytes  # a view keeps the whole array
    assert cache_bytes(hs[:, -1].copy()) == 8 * N * H


# ---- what it says to bad input


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: carry_back(np.ones((2, 4)), np.eye(4), np.ones((3, 5, 4))), "axis N is 2, not 3"),
        (lambda: gradient_norms(np.ones((2, 4)), np.eye(3), np.ones((2, 5, 4))), "axis H is 3"),
        (lambda: contributions(np.ones((2, 4, 4)), np.eye(4), np.ones((2, 5, 4))), "axis T is 4"),
        (lambda: step_jacobians(np.eye(4), np.ones((5, 4))), "it has 2 axes, not 3"),
        (lambda: spectral_radius(np.ones((2, 3))), "axis H is 3, not 2"),
        (lambda: spectral_norm([[np.nan]]), "finite"),
        (lambda: with_radius([[2.0, -2.0], [2.0, -2.0]], 1), "eigenvalue other than 0"),
        (lambda: with_radius(np.zeros((2, 2)), 1), "eigenvalue other than 0"),
        (lambda: norm_bound(np.eye(2), 5, -1), "0 or more"),
        (lambda: orthogonal(0, np.random.default_rng(0)), "at least 1"),
        (lambda: angle([1.0], [1.0, 2.0]), "the shape of u"),
        (lambda: angle([0.0], [1.0]), "point somewhere"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
