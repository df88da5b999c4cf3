"""Gate: its numbers are those of the formulas; what does not fit is named."""

import numpy as np
import pytest

from rnn_core.widgets import Gate


def test_an_open_forget_gate_keeps_the_value_and_its_gradient_to_the_last_bit():
    figure = Gate()
    assert (figure.cs == np.tanh(1.0)).all()
    assert (figure.dcs == 1).all()
    assert figure.hs[:-1].tolist() == [0] * 7 and figure.hs[-1] == np.tanh(np.tanh(1.0))
    assert abs(figure.plain_dhs[0]) < 0.2


def test_states_and_gradients_are_the_formulas():
    rng = np.random.default_rng(1)
    i, f, o = rng.uniform(0, 1, (3, 6))
    xs, w = rng.normal(size=6), 1.3
    figure = Gate(xs=xs, i=i, f=f, o=o, w=w)
    c, h, cs, hs = 0.0, 0.0, [], []
    for k in range(6):
        c = f[k] * c + i[k] * np.tanh(xs[k])
        h = np.tanh(w * h + xs[k])
        cs.append(c)
        hs.append(h)
    np.testing.assert_allclose(figure.cs, cs, rtol=0, atol=1e-14)
    np.testing.assert_allclose(figure.hs, o * np.tanh(cs), rtol=0, atol=1e-14)
    np.testing.assert_allclose(figure.plain_hs, hs, rtol=0, atol=1e-14)
    after = np.append(f[1:], 1), np.append(w * (1 - np.array(hs[1:]) ** 2), 1)
    for got, factors in zip((figure.dcs, figure.plain_dhs), after, strict=True):
        np.testing.assert_allclose(got, np.cumprod(factors[::-1])[::-1], rtol=0, atol=1e-14)


def test_a_shut_forget_gate_cuts_both_ways():
    figure = Gate(f=[1, 1, 1, 1, 0, 1, 1, 1], step=5)
    assert figure.cs[4] == 0 and figure.dcs[3] == 0 and figure.dcs[4] == 1
    assert "ends at c_8 = 0.00, and its gradient with respect to c_1 is 0." in figure.summary()
    assert "Step 5: input gate 0.00, forget gate 0.00" in figure.summary()


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Gate(f=[1.0] * 7), "8 numbers, got 7"),
        (lambda: Gate(i=[2.0] * 8), "between 0 and 1"),
        (lambda: Gate(xs=[1.0, 2.0]), "4 to 8 inputs, got 2"),
        (lambda: Gate(step=9), "between 1 and 8"),
        (lambda: Gate(moment=17), "between 1 and 16"),
        (lambda: Gate(w=-1), "between 0 and 2"),
        (lambda: Gate(o=[float("nan")] * 8), "finite"),
    ],
)
def test_what_does_not_fit_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("figure", [Gate(), Gate(moment=3, f=np.zeros(8)), Gate(xs=np.ones(4))])
def test_each_has_a_still_that_says_what_it_shows(figure):
    svg = figure.still()
    assert svg.startswith("<svg") and figure.summary().split(".")[0] in svg
    assert svg == figure.still()
