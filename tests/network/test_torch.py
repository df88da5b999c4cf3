"""The model carried over to PyTorch and back: the same numbers, the same gradients."""

import copy

import numpy as np
import pytest

from rnn_core import RNNLM, Adam, GRUCell, LSTMCell, RNNCell, train
from rnn_core.gradcheck import relative_error
from tests.network.test_backward import torch_or_skip

N, T, D, H, V = 3, 6, 4, 5, 7
CELLS = [RNNCell, LSTMCell, GRUCell]


@pytest.fixture(scope="module")
def carried():
    torch_or_skip()
    import rnn_core.torch

    return rnn_core.torch


def made(cell, dtype=np.float64):
    rng = np.random.default_rng(0)
    model = RNNLM.init(V, D, H, rng, dtype, cell)
    for p in model.params.values():
        p[...] = rng.normal(size=p.shape)
    return model, rng.integers(V, size=(N, T)), rng.integers(V, size=(N, T))


def torch_loss(module, ids, targets, state=None):
    import torch

    logits, state = module(torch.tensor(ids), state)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.tensor(targets).flatten())
    return loss, logits, state


@pytest.mark.parametrize("cell", CELLS)
def test_the_loss_and_every_gradient_are_the_same_numbers(carried, cell):
    model, ids, targets = made(cell)
    module = carried.to_torch(model)
    loss, logits, _ = torch_loss(module, ids, targets)
    loss.backward()
    wanted, grads, _ = model.loss_and_grads(ids, targets)
    assert abs(loss.item() - wanted) <= 1e-12
    np.testing.assert_allclose(logits.detach().numpy(), model.logits(ids)[0], rtol=0, atol=1e-12)
    found = carried.gradients(module)
    assert found.keys() == grads.keys() == model.params.keys()
    for name, grad in grads.items():
        assert relative_error(found[name], grad) <= 1e-12, name


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cell", CELLS)
def test_there_and_back_is_the_same_model_to_the_bit(carried, cell, dtype):
    model, _, _ = made(cell, dtype)
    module = carried.to_torch(model)
    again = carried.from_torch(module)
    assert repr(again) == repr(model) and again.dtype == dtype
    for name, p in model.params.items():
        np.testing.assert_array_equal(p, again.params[name])
    again.params["rnn.W_h"][...] = 0  # a copy: neither side moves the other
    assert carried.from_torch(module).params["rnn.W_h"].any()


@pytest.mark.parametrize("cell", CELLS)
def test_twenty_steps_of_adam_are_the_same_twenty_steps(carried, cell):
    import torch

    model, ids, targets = made(cell)
    module = carried.to_torch(model)
    optimizer = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        torch_loss(module, ids, targets)[0].backward()
        optimizer.step()
    train(model, [(ids, targets)], Adam(0.01), epochs=20, carry=False)
    for name, p in carried.from_torch(module).params.items():
        np.testing.assert_allclose(p, model.params[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
def test_detach_is_to_keep_the_state_and_drop_the_cache(carried, cell):
    """Two blocks, the state carried and detached, give truncated BPTT's gradient."""
    model, ids, targets = made(cell)
    module, half = carried.to_torch(model), T // 2
    first, _, state = torch_loss(module, ids[:, :half], targets[:, :half])
    state = copy.copy(tuple(s.detach() for s in state) if cell is LSTMCell else state.detach())
    second, _, _ = torch_loss(module, ids[:, half:], targets[:, half:], state)
    ((first + second) / 2).backward()
    _, grads, _ = model.loss_and_grads(ids, targets, block_len=half)
    for name, grad in carried.gradients(module).items():
        assert relative_error(grad, grads[name]) <= 1e-12, name


def test_a_module_of_ones_own_is_read_by_its_layers(carried):
    from torch import nn

    own = nn.ModuleDict(
        {"words": nn.Embedding(V, D), "lstm": nn.LSTM(D, H), "out": nn.Linear(H, V)}
    )
    model = carried.from_torch(own)
    assert type(model.rnn.cell) is LSTMCell and model.dtype == np.float32
    first, second = own["lstm"].bias_ih_l0, own["lstm"].bias_hh_l0
    np.testing.assert_array_equal(model.rnn.cell.b, (first + second).detach().numpy())
    bare = nn.ModuleDict(
        {"a": nn.Embedding(V, D), "b": nn.GRU(D, H, bias=False), "c": nn.Linear(H, V, bias=False)}
    )
    assert not carried.from_torch(bare).params["rnn.b"].any()


@pytest.mark.parametrize(
    "layers, words",
    [
        ("nn.Embedding(7, 4), nn.RNN(4, 5)", "module should have one Linear, got 0"),
        ("nn.Embedding(7, 4), nn.RNN(4, 5, num_layers=2), nn.Linear(5, 7)", "num_layers=1, got 2"),
        ("nn.Embedding(7, 4), nn.GRU(4, 5, bidirectional=True), nn.Linear(5, 7)", "bidirectional"),
        ("nn.Embedding(7, 4), nn.RNN(4, 5, nonlinearity='relu'), nn.Linear(5, 7)", "nonlinearity"),
        ("nn.Linear(5, 7)", "module should have one Embedding, got 0"),
        ("nn.Embedding(7, 4), nn.RNN(4, 5), nn.Linear(6, 7)", "affine.W should have shape"),
    ],
)
def test_what_cannot_be_carried_over_is_said(carried, layers, words):
    from torch import nn

    module = nn.ModuleList(eval(f"[{layers}]", {"nn": nn}))
    with pytest.raises(ValueError, match=words):
        carried.from_torch(module)


@pytest.mark.parametrize("thing", [None, 3, RNNLM, np.zeros(3)])
def test_what_is_no_model_is_said(carried, thing):
    with pytest.raises(ValueError, match="model should be a model, such as an RNNLM"):
        carried.to_torch(thing)
    with pytest.raises(ValueError, match="module should be a torch.nn.Module"):
        carried.from_torch(thing)


def test_without_pytorch_the_error_says_what_to_install(monkeypatch):
    import importlib
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "rnn_core.torch", raising=False)
    with pytest.raises(ImportError, match=r"pip install .torch"):
        importlib.import_module("rnn_core.torch")
