"""Every backward pass, proved two independent ways, and against PyTorch where it is installed."""

import os

import numpy as np
import pytest

from rnn_core import RNN, RNNLM, Affine, Embedding, RNNCell, softmax_cross_entropy
from rnn_core.gradcheck import central_difference, complex_step, relative_error

N, T, D, H, V = 2, 5, 3, 4, 7
BY_DIFFERENCES, BY_COMPLEX_STEP = 1e-8, 1e-13


def numbers(seed=0, **arrays):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape) for name, shape in arrays.items()}


def cell_case():
    z = numbers(x=(N, D), h_prev=(N, H), W_x=(D, H), W_h=(H, H), b=(H,), dh=(N, H))
    dh = z.pop("dh")

    def loss(x, h_prev, W_x, W_h, b):
        return (dh * RNNCell(W_x, W_h, b).forward(x, h_prev)[0]).sum()

    cell = RNNCell(z["W_x"], z["W_h"], z["b"])
    dx, dh_prev, grads = cell.backward(dh, cell.forward(z["x"], z["h_prev"])[1])
    return loss, z, {"x": dx, "h_prev": dh_prev, **grads}


def rnn_case():
    z = numbers(xs=(N, T, D), h_0=(N, H), W_x=(D, H), W_h=(H, H), b=(H,), dhs=(N, T, H))
    dhs = z.pop("dhs")

    def loss(xs, h_0, W_x, W_h, b):
        return (dhs * RNN(RNNCell(W_x, W_h, b)).forward(xs, h_0)[0]).sum()

    rnn = RNN(RNNCell(z["W_x"], z["W_h"], z["b"]))
    dxs, dh_0, grads = rnn.backward(dhs, rnn.forward(z["xs"], z["h_0"])[1])
    return loss, z, {"xs": dxs, "h_0": dh_0, **grads}


def embedding_case():
    ids = np.array([[0, 3, 3], [6, 0, 3]])  # word 3 three times, word 1 never
    z = numbers(W=(V, D), dxs=(2, 3, D))
    dxs = z.pop("dxs")
    layer = Embedding(z["W"])
    grads = layer.backward(dxs, layer.forward(ids)[1])
    return lambda W: (dxs * Embedding(W).forward(ids)[0]).sum(), z, grads


def affine_case():
    z = numbers(hs=(N, T, H), W=(H, V), b=(V,), dlogits=(N, T, V))
    dlogits = z.pop("dlogits")
    layer = Affine(z["W"], z["b"])
    dhs, grads = layer.backward(dlogits, layer.forward(z["hs"])[1])
    return (
        lambda hs, W, b: (dlogits * Affine(W, b).forward(hs)[0]).sum(),
        z,
        {"hs": dhs, **grads},
    )


def loss_case(mask=None):
    z = numbers(logits=(N, T, V))
    targets = np.random.default_rng(1).integers(0, V, (N, T))
    dlogits = softmax_cross_entropy(z["logits"], targets, mask)[1]
    return lambda logits: softmax_cross_entropy(logits, targets, mask)[0], z, {"logits": dlogits}


def masked_loss_case():
    return loss_case(np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]]))


def model_with(params):
    of = {"embedding": {}, "rnn": {}, "affine": {}}
    for name, p in params.items():
        layer, short = name.split(".")
        of[layer][short] = p
    return RNNLM(Embedding(**of["embedding"]), RNN(RNNCell(**of["rnn"])), Affine(**of["affine"]))


def model_case():
    rng = np.random.default_rng(2)
    ids, targets = rng.integers(0, V, (2, N, T))
    h_0 = rng.normal(size=(N, H))
    model = RNNLM.init(V, D, H, rng)
    z = {name: p.copy() for name, p in model.params.items()}
    z["rnn.b"] += rng.normal(size=H)
    grads = model_with(z).loss_and_grads(ids, targets, h_0)[1]
    return lambda **params: model_with(params).loss(ids, targets, h_0)[0], z, grads


CASES = {
    "cell": cell_case,
    "rnn": rnn_case,
    "embedding": embedding_case,
    "affine": affine_case,
    "loss": loss_case,
    "masked loss": masked_loss_case,
    "model": model_case,
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_gradient_is_the_slope_of_the_loss(case):
    loss, values, grads = case()
    assert grads.keys() == values.keys()
    for name, value in values.items():

        def of_one(z, name=name):
            return loss(**{**values, name: z})

        by_differences = relative_error(grads[name], central_difference(of_one, value))
        by_complex_step = relative_error(grads[name], complex_step(of_one, value))
        assert by_differences <= BY_DIFFERENCES, name
        assert by_complex_step <= BY_COMPLEX_STEP, name


def test_the_check_itself_notices_one_wrong_entry():
    loss, values, grads = cell_case()
    wrong = grads["W_h"].copy()
    wrong[1, 2] *= 1.001
    proof = complex_step(lambda z: loss(**{**values, "W_h": z}), values["W_h"])
    assert relative_error(wrong, proof) > 1e-6


@pytest.mark.parametrize("block_len", [1, 2, 3, 4])
def test_nothing_flows_back_across_a_cut(block_len):
    _, z, _ = rnn_case()
    rnn = RNN(RNNCell(z["W_x"], z["W_h"], z["b"]))
    _, cache = rnn.forward(z["xs"], z["h_0"])
    dhs = np.zeros((N, T, H))
    dhs[:, -1] = 1  # a loss at the last step alone
    dxs, dh_0, _ = rnn.backward(dhs, cache, block_len)
    border = (T - 1) // block_len * block_len  # the first step of the last block
    assert np.all(dxs[:, :border] == 0)
    assert np.all(dxs[:, border:] != 0)
    assert np.all(dh_0 == 0)


@pytest.mark.parametrize("block_len", [1, 2, 3, 4])
def test_truncated_is_block_by_block_with_the_state_carried(block_len):
    _, z, _ = rnn_case()
    rnn = RNN(RNNCell(z["W_x"], z["W_h"], z["b"]))
    dhs = numbers(3, dhs=(N, T, H))["dhs"]
    _, _, grads = rnn.backward(dhs, rnn.forward(z["xs"], z["h_0"])[1], block_len)
    h, total = z["h_0"], dict.fromkeys(grads, 0)
    for t in range(0, T, block_len):
        hs, cache = rnn.forward(z["xs"][:, t : t + block_len], h)
        _, _, part = rnn.backward(dhs[:, t : t + block_len], cache)
        total = {name: total[name] + part[name] for name in part}
        h = hs[:, -1]
    for name, grad in grads.items():
        assert relative_error(grad, total[name]) < 1e-14, name


@pytest.mark.parametrize("block_len", [T, T + 1, 100])
def test_one_block_as_long_as_the_text_is_full_bptt_to_the_bit(block_len):
    _, z, _ = rnn_case()
    rnn = RNN(RNNCell(z["W_x"], z["W_h"], z["b"]))
    dhs = numbers(3, dhs=(N, T, H))["dhs"]
    _, cache = rnn.forward(z["xs"], z["h_0"])
    full, cut = rnn.backward(dhs, cache), rnn.backward(dhs, cache, block_len)
    np.testing.assert_array_equal(full[0], cut[0])
    np.testing.assert_array_equal(full[1], cut[1])
    for name, grad in full[2].items():
        np.testing.assert_array_equal(grad, cut[2][name])


def test_the_layer_is_the_cell_repeated():
    _, z, _ = rnn_case()
    cell = RNNCell(z["W_x"], z["W_h"], z["b"])
    dhs = numbers(3, dhs=(N, T, H))["dhs"]
    hs, cache = RNN(cell).forward(z["xs"], z["h_0"])
    dxs, dh_0, grads = RNN(cell).backward(dhs, cache)

    h, caches = z["h_0"], []
    for t in range(T):
        h, step = cell.forward(z["xs"][:, t], h)
        caches.append(step)
        np.testing.assert_allclose(hs[:, t], h, rtol=0, atol=1e-12)
    dh_next, total = np.zeros((N, H)), dict.fromkeys(grads, 0)
    for t in reversed(range(T)):
        dx, dh_next, part = cell.backward(dhs[:, t] + dh_next, caches[t])
        total = {name: total[name] + part[name] for name in part}
        np.testing.assert_allclose(dxs[:, t], dx, rtol=0, atol=1e-12)
    np.testing.assert_allclose(dh_0, dh_next, rtol=0, atol=1e-12)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, total[name], rtol=0, atol=1e-12)


def test_backward_twice_gives_the_same_and_changes_nothing():
    _, z, _ = rnn_case()
    rnn = RNN(RNNCell(z["W_x"], z["W_h"], z["b"]))
    dhs = numbers(3, dhs=(N, T, H))["dhs"]
    before = {name: p.copy() for name, p in {**z, "dhs": dhs}.items()}
    _, cache = rnn.forward(z["xs"], z["h_0"])
    once, twice = rnn.backward(dhs, cache), rnn.backward(dhs, cache)
    np.testing.assert_array_equal(once[0], twice[0])
    for name, grad in once[2].items():
        np.testing.assert_array_equal(grad, twice[2][name])
    for name, p in {**z, "dhs": dhs}.items():
        np.testing.assert_array_equal(before[name], p)


def test_the_model_changes_neither_its_weights_nor_its_inputs():
    rng = np.random.default_rng(0)
    model = RNNLM.init(V, D, H, rng)
    ids, targets = rng.integers(0, V, (2, N, T))
    h_0 = rng.normal(size=(N, H))
    held = {**model.params, "ids": ids, "targets": targets, "h_0": h_0}
    before = {name: p.copy() for name, p in held.items()}
    once = model.loss_and_grads(ids, targets, h_0)
    twice = model.loss_and_grads(ids, targets, h_0)
    assert once[0] == twice[0]
    for name, p in held.items():
        np.testing.assert_array_equal(before[name], p)


def torch_or_skip():
    try:
        import torch
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("PyTorch is the oracle of this test, and CI installs it: it is missing")
        pytest.skip("PyTorch, the independent autodiff, is not installed (pip install torch)")
    return torch


@pytest.mark.parametrize("masked", [False, True], ids=["every token", "masked"])
def test_pytorch_gives_the_same_loss_and_gradients(masked):
    torch = torch_or_skip()
    rng = np.random.default_rng(4)
    model = RNNLM.init(V, D, H, rng)
    model.rnn.cell.b += rng.normal(size=H)
    ids, targets = rng.integers(0, V, (2, N, T))
    h_0 = rng.normal(size=(N, H))
    mask = rng.integers(0, 2, (N, T)) if masked else np.ones((N, T), int)
    loss, grads, h_T = model.loss_and_grads(ids, targets, h_0, mask)

    p = {name: torch.tensor(value, requires_grad=True) for name, value in model.params.items()}
    rnn = torch.nn.RNN(D, H, batch_first=True, dtype=torch.float64)
    own = {  # PyTorch keeps W transposed and has two biases
        "weight_ih_l0": p["rnn.W_x"].T,
        "weight_hh_l0": p["rnn.W_h"].T,
        "bias_ih_l0": p["rnn.b"],
        "bias_hh_l0": torch.zeros(H, dtype=torch.float64),
    }
    xs = p["embedding.W"][torch.tensor(ids)]
    hs, last = torch.func.functional_call(rnn, own, (xs, torch.tensor(h_0)[None]))
    logits = hs @ p["affine.W"] + p["affine.b"]
    wanted = torch.tensor(np.where(mask, targets, -100)).reshape(-1)
    torch_loss = torch.nn.functional.cross_entropy(logits.reshape(-1, V), wanted)
    torch_loss.backward()

    assert abs(loss - torch_loss.item()) <= 1e-12
    np.testing.assert_allclose(h_T, last[0].detach().numpy(), rtol=0, atol=1e-12)
    for name, value in p.items():
        assert relative_error(grads[name], value.grad.numpy()) <= 1e-12, name


def test_float32_comes_out_as_float32_and_is_close():
    rng = np.random.default_rng(5)
    exact = RNNLM.init(V, D, H, rng)
    model = model_with({name: p.astype(np.float32) for name, p in exact.params.items()})
    ids, targets = rng.integers(0, V, (2, N, T))
    loss, grads, h_T = model.loss_and_grads(ids, targets)
    wanted, wanted_grads, _ = exact.loss_and_grads(ids, targets)
    assert h_T.dtype == model.logits(ids)[0].dtype == np.float32
    assert abs(loss - wanted) < 1e-5
    for name, grad in grads.items():
        assert grad.dtype == np.float32, name
        assert relative_error(grad, wanted_grads[name]) < 1e-4, name
