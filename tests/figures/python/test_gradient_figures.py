"""Backward and GradientNorms: what they say, draw and refuse."""

import numpy as np
import pytest

from rnn_core import RNN
from rnn_core.gradcheck import relative_error
from rnn_core.plots.gradients import contribution_map, norms_by_lag, short, vectors
from rnn_core.widgets import Backward, GradientNorms


def test_with_everything_in_place_the_figure_is_the_layer():
    figure = Backward(back=3)
    rnn = RNN(figure.cell)
    hs, cache = rnn.forward(np.array([figure.xs]), np.array([figure.h_0]))
    dxs, dh_0, grads = rnn.backward(hs - np.array([figure.ys]), cache)
    for name, grad in grads.items():
        np.testing.assert_allclose(figure.grads[name], grad, rtol=0, atol=1e-14)
    steps = figure.steps[::-1]
    np.testing.assert_allclose([s["dx"] for s in steps], dxs[0], rtol=0, atol=1e-14)
    np.testing.assert_allclose(steps[0]["dh_prev"], dh_0[0], rtol=0, atol=1e-14)
    assert figure.error < 1e-8
    assert "The check passes" in figure.summary()


@pytest.mark.parametrize(
    "switches, error",
    [
        ({"from_next": False}, 0.533),
        ({"accumulate": False}, 0.846),
        ({"from_next": False, "accumulate": False}, 0.938),
    ],
)
def test_a_switch_off_and_the_check_fails_by_a_number(switches, error):
    figure = Backward(back=3, **switches)
    assert figure.error == pytest.approx(error, abs=5e-4)
    assert f"The check fails: the relative error is {error}" in figure.summary()


def test_on_the_way_the_sum_is_not_complete():
    assert [round(Backward(back=n).error, 3) for n in range(4)] == [1, 0.546, 0.252, 0]
    assert "Not there yet" in Backward(back=2).summary()


def test_the_figures_matrices_have_radius_one_and_one_is_orthogonal():
    figure = GradientNorms()
    Q = np.array(figure.orthogonal)
    np.testing.assert_allclose(Q @ Q.T, np.eye(16), rtol=0, atol=1e-12)
    assert figure.sigmas[0] == pytest.approx(1, rel=1e-12)
    assert figure.sigmas[1] > 1.5


def test_a_matrix_of_the_readers_is_brought_to_radius_one():
    figure = GradientNorms(gaussian=3 * np.eye(16), activation="linear", radius=0.5)
    np.testing.assert_allclose(figure.W_h, 0.5 * np.eye(16), rtol=0, atol=1e-15)
    assert relative_error(figure.norms, figure.bounds) < 1e-12


def test_noise_saturates_and_takes_the_gradient_away():
    still, noisy = (GradientNorms(kind="orthogonal", radius=1.5, noise=n) for n in (0, 1))
    assert noisy.slopes.mean() < still.slopes.mean()
    assert noisy.norms[-1] < still.norms[-1] / 100


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Backward(back=4), "between 0 and T=3"),
        (lambda: Backward(ys=[[0.0, 0.0]]), "of shape \\(3, 2\\)"),
        (lambda: Backward(W_x=np.ones((3, 2))), "at most 2"),
        (lambda: Backward(xs=np.ones((3, 2))), "2 or 3 inputs of 1 numbers"),
        (lambda: Backward(foward=True), "a trait of the figure"),
        (lambda: GradientNorms(radius=2), "between 0.5 and 1.6"),
        (lambda: GradientNorms(kind="sparse"), "one of 'orthogonal', 'gaussian'"),
        (lambda: GradientNorms(dh=np.ones(3)), "of shape \\(16,\\)"),
        (lambda: GradientNorms(gaussian=np.zeros((16, 16))), "eigenvalue other than 0"),
    ],
)
def test_what_does_not_fit_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    "figure",
    [
        Backward(back=0),
        Backward(back=3, from_next=False),
        GradientNorms(),
        GradientNorms(kind="gaussian", radius=1.6),
        GradientNorms(radius=0.5, activation="tanh", noise=1),
    ],
    ids=repr,
)
def test_each_has_a_still_that_says_what_it_shows(figure):
    svg = figure.still()
    assert svg.startswith("<svg")
    assert figure.summary().split(".")[0] in svg
    assert svg == figure.still()


def test_short_numbers():
    table = {0.00012: "1.20e−4", 0.5: "0.500", -12.34: "−12.3", 0: "0", 31415: "3.14e4"}
    assert {v: short(v) for v in table} == table


def test_plots_take_axes_and_arrays():
    plt = pytest.importorskip("matplotlib.pyplot")
    fig, ax = plt.subplots()
    norms_by_lag(ax, np.array([1, 0.5, 0.25]))
    image = contribution_map(ax, np.tril(np.ones((3, 3))))
    vectors(ax, {"g": ((3.0, 4.0), "grad", "-", (6, 4))})
    assert np.ma.count(image.get_array()) == 6  # nothing is drawn above the diagonal
    plt.close(fig)
