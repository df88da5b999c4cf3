"""No norm, product or sum passes by accident: every size that a type can hold, and NaN never."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import (
    RNN,
    RNNLM,
    SGD,
    Adam,
    RNNCell,
    optim,
    perplexity,
    sample,
    softmax,
    softmax_cross_entropy,
)
from rnn_core.diagnostics import (
    angle,
    carry_back,
    contributions,
    cosine_and_ratio,
    gradient_norms,
    norm_bound,
    saturation,
    spectral_norm,
    spectral_radius,
    with_radius,
)
from rnn_core.diagnostics.scoring import StreamingPerplexity, log_softmax, readings
from rnn_core.gradcheck import relative_error
from rnn_core.norms import length
from rnn_core.optim import clip_by_global_norm, global_norm

pytestmark = pytest.mark.filterwarnings("error")
SIZES = [
    (np.float16, -7, 4),  # the powers of ten that a type holds with all its digits, or nearly
    (np.float32, -37, 38),
    (np.float64, -307, 307),
]
FLOATS = st.one_of(
    [st.tuples(st.just(dtype), st.integers(low, high - 1)) for dtype, low, high in SIZES]
)


def of(kind, values):
    """The values times a power of ten, in a type, and that power as the type has rounded it."""
    dtype, power = kind
    unit = float(dtype(10.0**power))
    if dtype is np.float16 and power < -4:
        values = np.round(values)  # subnormal: few digits, but these it can hold
    return (np.array(values) * unit).astype(dtype), unit


@given(FLOATS)
def test_three_four_five_at_every_size(kind):
    zs, unit = of(kind, [3.0, 4.0])
    exact = math.hypot(*map(float, zs))
    for got in (length(zs), global_norm({"a": zs[:1], "b": zs[1:]})):
        assert type(got) is float
        assert got == pytest.approx(exact, rel=1e-6)
    assert got == pytest.approx(5 * unit, rel=1e-2)


@given(FLOATS)
def test_clipping_at_every_size(kind):
    zs, unit = of(kind, [3.0, 4.0])
    few = 1e-3 if zs.dtype == np.float16 else 1e-6
    half, norm = clip_by_global_norm({"w": zs}, 2.5 * unit)
    assert norm == pytest.approx(5 * unit, rel=1e-2)
    if not (zs.dtype == np.float16 and unit < 1e-3):  # the result has no digits there
        np.testing.assert_allclose(half["w"] / zs, 0.5, rtol=2 * few)
    assert half["w"].dtype == zs.dtype
    if 5 * unit > 1:
        one, _ = clip_by_global_norm({"w": zs}, 1.0)
        np.testing.assert_allclose(one["w"].astype(float), [0.6, 0.8], rtol=few)


def test_a_length_beyond_the_largest_float_is_infinite_and_clipped_all_the_same():
    zs = np.full(4, 1.7e308)
    clipped, norm = clip_by_global_norm({"w": zs}, 1.0)
    assert norm == math.inf
    np.testing.assert_allclose(clipped["w"], 0.5)
    assert length(zs) == math.inf


def test_the_smallest_number_of_all_has_a_length():
    assert length(np.array([5e-324])) == 5e-324
    assert global_norm({"w": np.array([3e-200, 4e-200])}) == pytest.approx(5e-200)


@given(FLOATS)
def test_relative_error_is_the_same_at_every_size(kind):
    got, _ = of(kind, [1.0])
    assert relative_error(got, -got) == 2
    assert relative_error(got, 2 * got) == 0.5
    assert relative_error(got, got) == 0
    assert relative_error(got, [0.0]) == 1
    assert relative_error([0.0], [0.0]) == 0


def test_relative_error_of_numbers_far_apart():
    assert relative_error([1e200], [1e-200]) == 1
    assert relative_error([1.7e308], [-1.7e308]) == 2
    assert relative_error([1e-200], [2e-200]) == pytest.approx(0.5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_an_error_wherever_they_are(bad, dtype):
    zs, fine = np.array([1.0, bad], dtype), np.array([1.0, 1.0], dtype)
    square = np.array([[1.0, bad], [1.0, 1.0]], dtype)
    for call in (
        lambda: relative_error(zs, fine),
        lambda: relative_error(fine, zs),
        lambda: relative_error(zs, zs),
        lambda: global_norm({"a": fine, "b": zs}),
        lambda: clip_by_global_norm({"a": fine, "b": zs}, 1.0),
        lambda: cosine_and_ratio(zs, fine),
        lambda: cosine_and_ratio(fine, zs),
        lambda: angle(fine, zs),
        lambda: saturation(zs),
        lambda: saturation(fine, above=bad),
        lambda: norm_bound(square, 3),
        lambda: norm_bound(np.eye(2), 3, bad),
        lambda: spectral_norm(square),
        lambda: spectral_radius(square),
        lambda: with_radius(square, 1.0),
        lambda: with_radius(np.eye(2), bad),
        lambda: softmax(zs),
        lambda: log_softmax(zs),
        lambda: readings([zs]),
        lambda: SGD(0.1).step({"w": fine.copy()}, {"w": zs}),
        lambda: Adam(0.1).step({"w": fine.copy()}, {"w": zs}),
    ):
        with pytest.raises(ValueError, match="should"):
            call()
    if math.isnan(bad):
        with pytest.raises(ValueError, match="should"):
            perplexity(zs)
        with pytest.raises(ValueError, match="should"):
            StreamingPerplexity().add(-zs)
        assert math.isnan(length(zs))


def test_a_comparison_of_nothing_does_not_pass():
    with pytest.raises(ValueError, match="empty"):
        relative_error([], [])


@given(FLOATS, FLOATS)
def test_cosine_and_angle_at_every_size(a, b):
    (u, _), (v, _) = of(a, [1.0, 2.0]), of(b, [2.0, -1.0])
    for one, other, cosine in ((u, u, 1), (u, -u, -1), (u, v, 0)):
        got, ratio = cosine_and_ratio(one, other)
        few = 1e-3 * (2 if np.float16 in (a[0], b[0]) else 1e-3)
        assert got == pytest.approx(cosine, abs=few)
        assert angle(one, other) == pytest.approx(math.degrees(math.acos(cosine)), abs=0.2)
        assert (ratio > 0) == (math.log10(abs(float(other[0]))) - math.log10(float(one[0])) > -323)
        assert not math.isnan(ratio)


@given(FLOATS)
def test_matrices_at_every_size(kind):
    W, unit = of(kind, [[0.0, 2.0], [-2.0, 0.0]])
    assert spectral_norm(W) == pytest.approx(2 * unit, rel=1e-2)
    assert spectral_radius(W) == pytest.approx(2 * unit, rel=1e-2)
    turned = with_radius(W, 1.0)
    assert turned.dtype == W.dtype
    np.testing.assert_allclose(turned.astype(float), [[0, 1], [-1, 0]], rtol=1e-3)


def test_the_bound_is_right_wherever_it_can_be_held():
    W = 10 * np.eye(2)
    assert norm_bound(W, 400, 0.0).tolist() == [0] * 401
    bound = norm_bound(W, 700, 1e-300)
    assert bound[400] == pytest.approx(1e100)
    assert bound[700] == math.inf
    assert norm_bound(0.1 * np.eye(2), 700)[700] == 0


@pytest.mark.parametrize("measure", [carry_back, gradient_norms, contributions])
def test_a_gradient_that_outgrows_its_type_is_named_and_not_nan(measure):
    W, slopes = np.array([[30.0, -30.0], [30.0, 30.0]]), np.ones((1, 400, 2))
    dh = slopes if measure is contributions else np.ones((1, 2))
    refused = pytest.raises(ValueError, match="W_h should carry the gradient within the range")
    with np.errstate(all="ignore"), refused:
        measure(dh, W, slopes)


# ---- probabilities and losses


def test_more_words_than_float16_can_count():
    V = 70_000
    logits, targets = np.zeros((1, 2, V), np.float16), np.array([[0, 1]])
    np.testing.assert_allclose(softmax(logits).astype(float), 1 / V, rtol=1e-2)
    np.testing.assert_allclose(log_softmax(logits), -math.log(V), rtol=1e-3)
    loss, dlogits = softmax_cross_entropy(logits, targets)
    assert loss == pytest.approx(math.log(V), rel=1e-5)
    assert dlogits[0, 0, 0] == pytest.approx(-0.5, rel=1e-3)
    assert dlogits.dtype == np.float16
    out = np.empty_like(logits)
    assert softmax_cross_entropy(logits, targets, out=out)[1] is out
    np.testing.assert_array_equal(out, dlogits)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_as_far_apart_as_their_type_allows(dtype):
    far = np.finfo(dtype).max
    logits = np.array([[[far, -far], [far, -far]]], dtype)
    np.testing.assert_array_equal(softmax(logits), [[[1, 0], [1, 0]]])
    loss, dlogits = softmax_cross_entropy(logits, np.array([[0, 1]]), np.array([[1, 0]]))
    assert loss == 0  # the padding is not counted, whatever it would have cost
    np.testing.assert_array_equal(dlogits, 0)
    assert softmax_cross_entropy(logits, np.array([[0, 1]]))[0] > 1e4


def test_sampling_from_logits_far_apart():
    model = RNNLM.init(3, 2, 2, np.random.default_rng(0))
    model.affine.b[:] = [1e308, -1e308, -1e308]
    assert sample(model, [0], 5, np.random.default_rng(0), temperature=0.1).tolist() == [0] * 5


# ---- steps


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_step_smaller_than_the_type_can_say_by_a_gradient_that_is_large(dtype):
    p = {"w": np.zeros(2, dtype)}
    lr = float(np.finfo(dtype).tiny) / 1e3  # by itself it is 0, or nearly, in that type
    SGD(lr).step(p, {"w": np.full(2, 1e4, dtype)})
    np.testing.assert_allclose(p["w"].astype(float), -1e4 * lr, rtol=1e-2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_adam_leaves_alone_what_has_no_gradient(dtype):
    p = {"w": np.ones(2, dtype)}
    for _ in range(3):
        Adam(0.125).step(p, {"w": np.array([0, 300], dtype)})
    np.testing.assert_allclose(p["w"].astype(float), [1, 0.625], rtol=1e-3)


@pytest.mark.parametrize("optimizer", [SGD(1e300), Adam(1e300), Adam(0.1)])
@pytest.mark.parametrize("size", [1e30, 1e200])
def test_a_step_out_of_range_is_an_error_and_moves_nothing(optimizer, size):
    dtype = np.float32 if size < 1e38 else np.float64
    params = {"a": np.ones(2, dtype), "b": np.ones(2, dtype)}
    grads = {"a": np.ones(2, dtype), "b": np.full(2, size, dtype)}
    with pytest.raises(ValueError, match="grads and lr should"):
        optimizer.step(params, grads)
    np.testing.assert_array_equal(params["a"], 1)
    np.testing.assert_array_equal(params["b"], 1)
    if isinstance(optimizer, Adam):
        assert (optimizer.t, optimizer.m, optimizer.v) == (0, {}, {})


def test_a_layer_of_numbers_too_large_to_square():
    cell = RNNCell.init(2, 3, np.random.default_rng(0))
    RNN(cell).forward(np.full((1, 2, 2), 1e200), np.zeros((1, 3)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_is_the_same_whether_it_was_tried_on_copies_or_not(dtype, monkeypatch):
    ends, check = [], optim._check_pair
    for ordinary in (True, False):
        rng = np.random.default_rng(0)
        params = {n: rng.normal(size=(3, 4)).astype(dtype) for n in "ab"}
        both = (Adam(0.1), SGD(0.1))
        monkeypatch.setattr(optim, "_check_pair", lambda *a, o=ordinary: check(*a) and o)
        for _ in range(3):
            for optimizer in both:
                optimizer.step(params, {n: rng.normal(size=(3, 4)).astype(dtype) for n in "ab"})
        ends.append(params)
    for name in "ab":
        np.testing.assert_array_equal(ends[0][name], ends[1][name])
