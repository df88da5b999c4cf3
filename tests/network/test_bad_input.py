"""Bad input is one ValueError in one voice, raised before anything has changed."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnn_core import (
    RNN,
    RNNLM,
    SGD,
    Adam,
    Affine,
    Embedding,
    RNNCell,
    Vocabulary,
    clip_by_global_norm,
    perplexity,
    sample,
    softmax_cross_entropy,
    train,
)
from rnn_core.data import Recall, stream_batches
from rnn_core.data.grammar import Grammar, reber
from rnn_core.gradcheck import complex_step, relative_error

N, T, D, H, V = 2, 3, 4, 5, 6
LOGITS, TARGETS = np.ones((N, T, V)), np.ones((N, T), int)
CELL = RNNCell.init(D, H, np.random.default_rng(0))
VOICE = re.compile(r".+ should .+, got .+", re.DOTALL)


def says(call, *args, **kwargs):
    """The words of the ValueError that the call must raise."""
    with pytest.raises(ValueError) as caught:
        call(*args, **kwargs)
    words = str(caught.value)
    assert VOICE.fullmatch(words), words
    return words


def test_the_voice():
    words = says(RNN(RNNCell.init(2, 3, np.random.default_rng(0))).forward, np.ones((4, 5, 7)), 0)
    assert words == "xs should have shape (N, T, D=2), got (4, 5, 7): axis D is 7, not 2"


shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)


@given(shapes)
def test_any_wrong_shape_of_inputs(shape):
    assume(len(shape) != 3 or shape[2] != D or 0 in shape)
    words = says(RNN(CELL).forward, np.ones(shape), np.ones((N, H)))
    assert words.startswith("xs should have shape (N, T, D=4), got (")


@given(shapes)
def test_any_wrong_shape_of_a_state(shape):
    assume(shape != (N, H))
    says(RNN(CELL).forward, np.ones((N, T, D)), np.ones(shape))
    says(CELL.forward, np.ones((N, D)), np.ones(shape))


@given(shapes)
def test_any_wrong_shape_of_a_gradient(shape):
    assume(shape != (N, T, H))
    _, cache = RNN(CELL).forward(np.ones((N, T, D)), np.ones((N, H)))
    says(RNN(CELL).backward, np.ones(shape), cache)


@given(shapes)
def test_any_wrong_shape_of_targets(shape):
    assume(shape != (N, T))
    says(softmax_cross_entropy, np.ones((N, T, V)), np.zeros(shape, int))


@given(st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_nan_and_infinity_wherever_they_are(bad, data):
    xs, h_0 = np.ones((N, T, D)), np.ones((N, H))
    logits, dhs = np.ones((N, T, V)), np.ones((N, T, H))
    _, cache = RNN(CELL).forward(xs, h_0)
    calls = {
        "xs": (xs, lambda: RNN(CELL).forward(xs, h_0)),
        "h_0": (h_0, lambda: RNN(CELL).forward(xs, h_0)),
        "dhs": (dhs, lambda: RNN(CELL).backward(dhs, cache)),
        "logits": (logits, lambda: softmax_cross_entropy(logits, np.zeros((N, T), int))),
    }
    name = data.draw(st.sampled_from(sorted(calls)))
    array, call = calls[name]
    place = tuple(data.draw(st.integers(0, size - 1)) for size in array.shape)
    array[place] = bad
    words = says(call)
    assert words.startswith(f"{name} should hold finite numbers, got {bad} at {list(place)}")


def test_numbers_too_large_to_square_are_still_numbers():
    RNN(CELL).forward(np.full((N, T, D), 1e200), np.ones((N, H)))


@given(st.one_of(st.integers(-1000, -1), st.integers(V, 1000)), st.integers(0, N * T - 1))
def test_ids_outside_the_vocabulary(bad, place):
    ids = np.zeros((N, T), int)
    ids.flat[place] = bad
    for call in (
        lambda: Embedding(np.ones((V, D))).forward(ids),
        lambda: softmax_cross_entropy(np.ones((N, T, V)), ids),
    ):
        assert f"ids from 0 to {V - 1}" in says(call)


@pytest.mark.parametrize("dtype", [float, complex, bool, str, object])
def test_ids_that_are_not_whole_numbers(dtype):
    ids = np.ones((N, T)).astype(dtype)
    assert "whole numbers" in says(Embedding(np.ones((V, D))).forward, ids)


@pytest.mark.parametrize("dtype", [bool, str, object])
def test_inputs_that_are_not_numbers(dtype):
    xs = np.ones((N, T, D)).astype(dtype)
    assert "should hold numbers" in says(RNN(CELL).forward, xs, np.ones((N, H)))


def test_rows_of_unequal_length():
    assert "unequal length" in says(Embedding(np.ones((V, D))).forward, [[1, 2], [3]])


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((N, T)), "at least one token"),
        (np.full((N, T), 0.5), "only 0 and 1"),
        (np.full((N, T), np.nan), "only 0 and 1"),
        (np.ones((N, T + 1)), "shape of the targets"),
        (np.ones((N, T, 1)), "shape of the targets"),
    ],
)
def test_masks(mask, words):
    logits, targets = np.ones((N, T, V)), np.zeros((N, T), int)
    assert words in says(softmax_cross_entropy, logits, targets, mask)


@pytest.mark.parametrize("block_len", [0, -1, 1.5, 2.0, True, "2"])
def test_block_lengths(block_len):
    _, cache = RNN(CELL).forward(np.ones((N, T, D)), np.ones((N, H)))
    words = says(RNN(CELL).backward, np.ones((N, T, H)), cache, block_len)
    assert words.startswith("block_len should be a whole number, at least 1")


@pytest.mark.parametrize(
    "call",
    [
        lambda: RNNCell(np.ones((D, H)), np.ones((H, H + 1)), np.ones(H)),
        lambda: RNNCell(np.ones((D, H)), np.ones((H + 1, H + 1)), np.ones(H)),
        lambda: RNNCell(np.ones((D, H)), np.ones((H, H)), np.ones(H + 1)),
        lambda: RNNCell(np.ones((D, H)), np.full((H, H), np.nan), np.ones(H)),
        lambda: Affine(np.ones((H, V)), np.ones(V + 1)),
        lambda: RNNLM(
            Embedding(np.ones((V, D + 1))), RNN(CELL), Affine(np.ones((H, V)), np.ones(V))
        ),
        lambda: RNNLM(Embedding(np.ones((V, D))), RNN(CELL), Affine(np.ones((V, H)), np.ones(H))),
        lambda: RNNLM.init(0, D, H, np.random.default_rng(0)),
        lambda: RNNLM.init(V, D, 2.5, np.random.default_rng(0)),
        lambda: Affine(np.ones((H, V)), np.ones(V)).backward(
            np.ones((N, T, V)), np.ones((T, N, H))
        ),
        lambda: perplexity(-0.1),
        lambda: perplexity(np.nan),
        lambda: perplexity("x"),
        lambda: softmax_cross_entropy(LOGITS, TARGETS, out=[]),
        lambda: softmax_cross_entropy(LOGITS, TARGETS, out=np.ones((N, T))),
        lambda: softmax_cross_entropy(LOGITS, TARGETS, out=LOGITS.astype(np.float32)),
        lambda: softmax_cross_entropy(LOGITS, TARGETS, out=np.ones((V, T, N)).T),
        lambda: Vocabulary(["a", "b"]).encode([["a"]]),
        lambda: Vocabulary(["a", "b"]).encode(None),
        lambda: Vocabulary(["a", "b"]).decode([[0], [0, 1]]),
        lambda: stream_batches([[0], [0, 1]], 1, 1),
        lambda: SGD(0),
        lambda: SGD(-1),
        lambda: SGD(np.nan),
        lambda: Adam(0.1, beta1=1.0),
        lambda: Adam(0.1, beta1="x"),
        lambda: clip_by_global_norm({"w": [1.0, 2.0]}, 1),
        lambda: clip_by_global_norm({"w": np.ones(2)}, 0),
        lambda: clip_by_global_norm({"w": np.array([1, np.inf])}, 1),
        lambda: sample(RNNLM.init(V, D, H, np.random.default_rng(0)), [], 3, None),
        lambda: sample(RNNLM.init(V, D, H, np.random.default_rng(0)), [V], 3, None),
        lambda: sample(RNNLM.init(V, D, H, np.random.default_rng(0)), [0], 3, None, temperature=-1),
        lambda: train(RNNLM.init(V, D, H, np.random.default_rng(0)), [], SGD(1)),
    ],
)
def test_the_same_voice_everywhere(call):
    says(call)


@pytest.mark.parametrize("optimizer", [SGD(0.1), Adam(0.1)], ids=["SGD", "Adam"])
@pytest.mark.parametrize(
    "grads",
    [
        {"a": np.ones(2)},
        {"a": np.ones(2), "b": np.ones(3), "c": np.ones(1)},
        {"a": np.ones(2), "b": np.ones(4)},
        {"a": np.ones(2), "b": np.array([1.0, np.nan, 1.0])},
        {"a": np.ones(2), "b": [1.0, 1.0, 1.0]},
        {"a": np.ones(2), "b": np.ones(3, int)},
    ],
    ids=["one missing", "one too many", "wrong shape", "nan", "a list", "whole numbers"],
)
def test_a_refused_step_changes_no_parameter(optimizer, grads):
    params = {"a": np.ones(2), "b": np.ones(3)}
    says(optimizer.step, params, grads)
    np.testing.assert_array_equal(params["a"], 1)
    np.testing.assert_array_equal(params["b"], 1)


def test_adam_belongs_to_one_model():
    adam = Adam(0.1)
    adam.step({"w": np.ones(2)}, {"w": np.ones(2)})
    assert "make a new Adam" in says(adam.step, {"v": np.ones(2)}, {"v": np.ones(2)})


def test_training_that_meets_a_bad_block_has_not_touched_the_model_with_it():
    model = RNNLM.init(V, D, H, np.random.default_rng(0))
    before = {name: p.copy() for name, p in model.params.items()}
    says(train, model, [(np.full((N, T), V), np.zeros((N, T), int))], SGD(0.1))
    for name, p in model.params.items():
        np.testing.assert_array_equal(before[name], p)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", ">i2", ">u4", ">i8", "u8"])
def test_ids_of_any_integer_type(dtype):
    table = Embedding(np.ones((70_000, D)))  # more words than int8 and int16 can count
    ids = np.array([[0, 1, 2], [3, 4, 127]], dtype)
    for same in (ids, ids.T, ids[:, ::2]):
        table.forward(same)
    if np.dtype(dtype).kind == "i":
        ids[1, 1] = -1
        assert "got -1 at [1, 1]" in says(table.forward, ids)


def test_an_unknown_word_from_an_iterator():
    assert "got 'z'" in says(Vocabulary(["a"]).encode, iter("az"))


@pytest.mark.filterwarnings("error")
def test_a_temperature_next_to_nothing_is_greedy():
    model = RNNLM.init(V, D, H, np.random.default_rng(0))
    for_sure = sample(model, [0], 5, None, temperature=0)
    cold = sample(model, [0], 5, np.random.default_rng(0), temperature=1e-320)
    np.testing.assert_array_equal(cold, for_sure)


# ---- one door for every array, and for what is not one


@pytest.mark.parametrize(
    "bad",
    [np.ma.array(TARGETS, mask=TARGETS == 0), np.asmatrix(TARGETS)],
    ids=["masked array", "matrix"],
)
def test_only_plain_arrays_are_let_in(bad):
    real = bad.astype(float)
    for call in (
        lambda: Embedding(np.ones((V, D))).forward(bad),
        lambda: softmax_cross_entropy(LOGITS, bad),
        lambda: softmax_cross_entropy(LOGITS, TARGETS, bad),
        lambda: perplexity(real),
        lambda: Embedding(real),
        lambda: CELL.forward(real, np.ones((N, H))),
        lambda: clip_by_global_norm({"w": real}, 1),
        lambda: SGD(1).step({"w": np.ones((N, T))}, {"w": real}),
        lambda: relative_error(real, np.ones((N, T))),
    ):
        assert "plain array" in says(call)


@pytest.mark.parametrize("rng", [0, None, np.random, np.random.RandomState(0)])
def test_what_draws_is_a_generator(rng):
    for call in (
        lambda: RNNLM.init(V, D, H, rng),
        lambda: Embedding.init(V, D, rng),
        lambda: RNNCell.init(D, H, rng),
        lambda: Affine.init(H, V, rng),
        lambda: reber().sample(5, rng),
        lambda: reber().sample_strings(2, rng),
        lambda: Recall().stream(1, 20, rng),
    ):
        assert says(call).startswith("rng should be a np.random.Generator")


@pytest.mark.parametrize("dtype", [int, bool, complex, str, None, "nonsense"])
def test_weights_are_floating_point(dtype):
    assert "floating-point" in says(RNNLM.init, V, D, H, np.random.default_rng(0), dtype)


@pytest.mark.parametrize("optimizer", [SGD(0.1), Adam(0.1)], ids=["SGD", "Adam"])
def test_a_parameter_that_may_not_be_changed_keeps_the_others_too(optimizer):
    params = {"a": np.ones(2), "b": np.ones(2)}
    params["b"].flags.writeable = False
    says(optimizer.step, params, {"a": np.ones(2), "b": np.ones(2)})
    np.testing.assert_array_equal(params["a"], 1)


@pytest.mark.parametrize("bad", [SGD, Adam, None, 0.1], ids=["SGD", "Adam", "None", "a rate"])
def test_training_takes_an_optimizer_and_not_its_class(bad):
    model = RNNLM.init(V, D, H, np.random.default_rng(0))
    assert "optimizer should be" in says(train, model, [(TARGETS, TARGETS)], bad)


def test_training_on_lists_is_training_on_arrays():
    histories = []
    for kind in (np.asarray, np.ndarray.tolist):
        model = RNNLM.init(V, D, H, np.random.default_rng(0))
        histories.append(train(model, [(kind(TARGETS), kind(TARGETS))], SGD(0.1), epochs=2))
    assert histories[0] == histories[1]


def test_a_bad_last_block_is_found_before_the_first_is_trained_on():
    model = RNNLM.init(V, D, H, np.random.default_rng(0))
    before = {name: p.copy() for name, p in model.params.items()}
    for bad in ((TARGETS + V, TARGETS), (TARGETS, TARGETS * 1.0), TARGETS, (TARGETS,)):
        says(train, model, [(TARGETS, TARGETS), bad], SGD(0.1))
    for name, p in model.params.items():
        np.testing.assert_array_equal(before[name], p)


@pytest.mark.parametrize(
    "probs", [{"0": {"a": -0.5, "b": 1.5}}, {"0": {"a": 1}}, {}, {"0": {"a": np.nan, "b": 1}}, 3]
)
def test_probabilities_of_a_grammar(probs):
    says(Grammar, {"0": {"a": "0", "b": "0"}}, probs)


def test_a_sentence_is_not_a_row_of_words():
    assert "cut it first" in says(Vocabulary(["you", "say"]).encode, "you say")


@pytest.mark.parametrize(
    "f", [lambda z: np.abs(z).sum(), lambda z: z.real.sum(), lambda z: (z * z.conj()).sum().real]
)
def test_the_complex_step_says_where_it_does_not_apply(f):
    assert "central_difference" in says(complex_step, f, np.array([1.0, 2.0]))
    assert not complex_step(lambda z: 3.0, np.ones(2)).any()  # a constant has no slope
