"""What the layers give, against values worked out elsewhere or by hand."""

import numpy as np
import pytest

from rnn_core import (
    RNN,
    RNNLM,
    SGD,
    Adam,
    Affine,
    Embedding,
    RNNCell,
    clip_by_global_norm,
    perplexity,
    sample,
    softmax,
    softmax_cross_entropy,
    train,
)


def test_one_step_by_hand():
    cell = RNNCell([[1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [0.0, 0.5])
    h, _ = cell.forward([[0.25]], [[0.1, 0.2]])
    np.testing.assert_allclose(h, np.tanh([[0.25 + 0.2, 0.1 + 0.5]]), rtol=0, atol=1e-15)


def test_the_fixed_case_of_cs231n():
    N, T, D, H = 2, 3, 4, 5
    cell = RNNCell(
        np.linspace(-0.2, 0.4, D * H).reshape(D, H),
        np.linspace(-0.4, 0.1, H * H).reshape(H, H),
        np.linspace(-0.7, 0.1, H),
    )
    xs = np.linspace(-0.1, 0.3, N * T * D).reshape(N, T, D)
    h_0 = np.linspace(-0.3, 0.1, N * H).reshape(N, H)
    hs, _ = RNN(cell).forward(xs, h_0)
    published = [-0.42070749, -0.27279261, -0.11074945, 0.05740409, 0.22236251]
    np.testing.assert_allclose(hs[0, 0], published, rtol=0, atol=5e-9)  # given to 8 decimals


def test_changing_the_states_that_came_out_does_not_spoil_the_way_back():
    rng = np.random.default_rng(0)
    rnn = RNN(RNNCell.init(3, 4, rng))
    hs, cache = rnn.forward(rng.normal(size=(2, 5, 3)), np.zeros((2, 4)))
    dhs = rng.normal(size=hs.shape)
    _, _, before = rnn.backward(dhs, cache)
    hs[:] = 7
    _, _, after = rnn.backward(dhs, cache)
    np.testing.assert_array_equal(before["W_h"], after["W_h"])


def test_a_word_seen_twice_collects_both_gradients():
    layer = Embedding(np.zeros((3, 2)))
    grads = layer.backward(
        np.array([[[1.0, 2.0], [10.0, 20.0], [5.0, 5.0]]]), np.array([[1, 1, 0]])
    )
    np.testing.assert_array_equal(grads["W"], [[5, 5], [11, 22], [0, 0]])


def test_affine_takes_one_state_or_many():
    layer = Affine(np.eye(2), [1.0, -1.0])
    np.testing.assert_array_equal(layer.forward([[2.0, 3.0]])[0], [[3, 2]])
    np.testing.assert_array_equal(layer.forward([[[2.0, 3.0]]])[0], [[[3, 2]]])


def test_uniform_scores_cost_log_v():
    loss, dlogits = softmax_cross_entropy(np.zeros((2, 3, 5)), np.zeros((2, 3), int))
    assert loss == pytest.approx(np.log(5), abs=1e-15)
    assert perplexity(loss) == pytest.approx(5, abs=1e-14)
    np.testing.assert_allclose(dlogits.sum(axis=-1), 0, atol=1e-16)


def test_huge_scores_neither_overflow_nor_turn_into_nan():
    loss, dlogits = softmax_cross_entropy([[[1000.0, -1000.0, 0.0]]], [[1]])
    assert loss == 2000
    np.testing.assert_array_equal(dlogits, [[[1, -1, 0]]])


def test_padding_adds_nothing_and_is_not_counted():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(1, 4, 5)), rng.integers(0, 5, (1, 4))
    padded = np.concatenate([logits, 50 * rng.normal(size=(1, 3, 5))], axis=1)
    padded_targets = np.concatenate([targets, np.zeros((1, 3), int)], axis=1)
    mask = np.array([[1, 1, 1, 1, 0, 0, 0]])
    loss, dlogits = softmax_cross_entropy(padded, padded_targets, mask)
    wanted, wanted_grad = softmax_cross_entropy(logits, targets)
    assert loss == pytest.approx(wanted, abs=1e-15)
    np.testing.assert_allclose(dlogits[:, :4], wanted_grad, rtol=0, atol=1e-16)
    np.testing.assert_array_equal(dlogits[:, 4:], 0)


def test_out_takes_the_gradient_and_leaves_the_loss_alone():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 3, 5)), rng.integers(0, 5, (2, 3))
    wanted, wanted_grad = softmax_cross_entropy(logits, targets)
    loss, dlogits = softmax_cross_entropy(logits, targets, out=logits)
    assert loss == wanted
    assert np.shares_memory(dlogits, logits)
    np.testing.assert_array_equal(dlogits, wanted_grad)


def test_softmax_is_a_distribution_and_ignores_a_shift():
    z = np.array([[1.0, 2.0, 4.0]])
    np.testing.assert_allclose(softmax(z).sum(), 1, rtol=0, atol=1e-15)
    np.testing.assert_allclose(softmax(z), softmax(z + 500), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("loss", "wanted"), [(0, 1), (np.log(5), 5), (1000, np.inf)])
def test_perplexity_is_exp_of_the_loss(loss, wanted):
    assert perplexity(loss) == pytest.approx(wanted)


def test_clipping_shortens_and_does_not_turn():
    grads = {"a": np.array([30.0, 0.0]), "b": np.array([4.0])}
    clipped, norm = clip_by_global_norm(grads, 5)
    assert norm == pytest.approx(np.hypot(30, 4), abs=1e-14)
    joint = np.concatenate([clipped["a"], clipped["b"]])
    assert np.linalg.norm(joint) == pytest.approx(5, abs=1e-14)
    np.testing.assert_allclose(joint / 5, np.array([30, 0, 4]) / norm, rtol=0, atol=1e-15)
    assert grads["a"][0] == 30  # the originals stand
    same, _ = clip_by_global_norm(grads, 100)
    assert same["a"] is grads["a"]


def test_sgd_walks_down_the_slope():
    p = {"w": np.array([1.0, -2.0])}
    SGD(0.1).step(p, {"w": np.array([10.0, 5.0])})
    np.testing.assert_allclose(p["w"], [0.0, -2.5], rtol=0, atol=1e-15)


def test_adam_starts_with_a_step_of_lr_whatever_the_scale():
    for scale in (1e-3, 1.0, 1e3):
        p = {"w": np.array([0.0, 0.0])}
        Adam(0.1, eps=1e-30).step(p, {"w": scale * np.array([1.0, -3.0])})
        np.testing.assert_allclose(p["w"], [-0.1, 0.1], rtol=1e-9)


def test_adam_as_the_paper_writes_it():
    rng = np.random.default_rng(0)
    p, q = {"w": np.ones(4)}, np.ones(4)
    adam, m, v = Adam(0.01), np.zeros(4), np.zeros(4)
    for t in range(1, 6):
        g = rng.normal(size=4)
        adam.step(p, {"w": g})
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        q -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(p["w"], q, rtol=0, atol=1e-12)


def toy():
    ids = np.array([[0, 1, 2, 3, 4, 1, 5]])
    return ids[:, :-1], ids[:, 1:]


def test_training_lowers_the_loss_and_keeps_a_record():
    model = RNNLM.init(6, 5, 8, np.random.default_rng(0))
    seen = []
    history = train(
        model, [toy()], Adam(0.05), epochs=40, on_step=lambda step, loss: seen.append((step, loss))
    )
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    assert history["perplexity"][0] == pytest.approx(np.exp(history["loss"][0]))
    assert seen == list(enumerate(history["loss"], 1))
    assert set(history["tokens"]) == {6}


def test_training_carries_the_state_unless_told_not_to():
    blocks = [tuple(z[:, :3] for z in toy()), tuple(z[:, 3:] for z in toy())]
    losses = {}
    for carry in (True, False):
        model = RNNLM.init(6, 5, 8, np.random.default_rng(0))
        losses[carry] = train(model, blocks, SGD(0.1), carry=carry)["loss"]
    model = RNNLM.init(6, 5, 8, np.random.default_rng(0))
    _, grads, h = model.loss_and_grads(*blocks[0])
    SGD(0.1).step(model.params, grads)
    assert losses[True][1] == model.loss(*blocks[1], h)[0]
    assert losses[False][1] == model.loss(*blocks[1])[0]
    assert losses[True][1] != losses[False][1]


def test_the_carried_state_does_not_keep_the_whole_block_alive():
    model = RNNLM.init(6, 5, 8, np.random.default_rng(0))
    assert model.loss_and_grads(*toy())[2].base is None


def test_sampling_continues_the_sentence_and_repeats_with_its_seed():
    model = RNNLM.init(6, 8, 16, np.random.default_rng(0))
    train(model, [toy()], Adam(0.05), epochs=100)
    greedy = sample(model, [0], 6, np.random.default_rng(0), temperature=0)
    assert greedy.tolist() == [1, 2, 3, 4, 1, 5]
    runs = [sample(model, [0], 9, np.random.default_rng(s), temperature=3) for s in (1, 1, 2)]
    assert runs[0].tolist() == runs[1].tolist() != runs[2].tolist()


def test_sampling_follows_the_distribution():
    model = RNNLM.init(3, 2, 2, np.random.default_rng(0))
    model.affine.W[:] = 0
    model.affine.b[:] = np.log([0.5, 0.3, 0.2])
    drawn = sample(model, [0], 20000, np.random.default_rng(1))
    np.testing.assert_allclose(np.bincount(drawn) / 20000, [0.5, 0.3, 0.2], atol=0.011)  # 3 sigma
