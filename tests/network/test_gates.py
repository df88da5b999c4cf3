"""Cells with gates, and a layer over any cell: the same proofs as for the plain one."""

import copy

import numpy as np
import pytest

from rnn_core import RNN, RNNLM, Adam, GRUCell, LSTMCell, LSTMState, RNNCell, sample, train
from rnn_core.checkpoint import checkpointed_backward
from rnn_core.data import Vocabulary
from rnn_core.diagnostics import input_gradients
from rnn_core.gradcheck import central_difference, complex_step, relative_error
from rnn_core.rnn import StepByStep, on_each
from rnn_core.text.storage import load, save
from tests.network.test_backward import torch_or_skip

N, T, D, H, V = 2, 6, 3, 4, 7
BY_DIFFERENCES, BY_COMPLEX_STEP = 1e-8, 1e-13
CELLS = [LSTMCell, GRUCell]


class Leaky(RNNCell):
    """A cell from outside the package: a state that moves only part of the way."""

    def forward(self, x, h_prev):
        h, cache = super().forward(x, h_prev)
        return 0.5 * h_prev + 0.5 * h, cache

    def backward(self, dh, cache):
        dx, dh_prev, grads = super().backward(0.5 * dh, cache)
        return dx, dh_prev + 0.5 * dh, grads


def made(kind, seed=0):
    """A cell with all its arrays random, a first state, inputs, and gradients for every state."""
    rng = np.random.default_rng(seed)
    cell = kind.init(D, H, rng)
    for p in cell.params.values():
        p[...] = rng.normal(size=p.shape)
    many = 2 if kind is LSTMCell else 1
    state, dhs = rng.normal(size=(many, N, H)), rng.normal(size=(many, N, T, H))
    if many == 2:
        return cell, LSTMState(*state), rng.normal(size=(N, T, D)), LSTMState(*dhs)
    return cell, state[0], rng.normal(size=(N, T, D)), dhs[0]


def flat(state):
    return state if isinstance(state, tuple) else (state,)


def dot(dhs, hs):
    return sum((dh * h).sum() for dh, h in zip(flat(dhs), flat(hs), strict=True))


def of_step(states, t):
    return on_each(lambda z: z[:, t], states)


@pytest.mark.parametrize("layer", [False, True], ids=["one step", "a sequence"])
@pytest.mark.parametrize("kind", [*CELLS, Leaky])
def test_the_gradient_is_the_slope_of_the_loss(kind, layer):
    cell, state, xs, dhs = made(kind)
    if layer:
        run, rnn = RNN, RNN(cell)
        x, dh = xs, dhs
    else:
        run, rnn = (lambda cell: cell), cell
        x, dh = xs[:, 0], of_step(dhs, 0)
    dx, dstate, grads = rnn.backward(dh, rnn.forward(x, state)[1])
    values = {"x": x, **{f"state {i}": z for i, z in enumerate(flat(state))}, **cell.params}
    found = {"x": dx, **{f"state {i}": z for i, z in enumerate(flat(dstate))}, **grads}
    assert found.keys() == values.keys()

    def loss(**z):
        of_state = [z.pop(f"state {i}") for i in range(len(flat(state)))]
        first = LSTMState(*of_state) if len(of_state) == 2 else of_state[0]
        return dot(dh, run(kind(**{k: z[k] for k in cell.params})).forward(z["x"], first)[0])

    for name, value in values.items():

        def of_one(z, name=name):
            return loss(**{**values, name: z})

        assert found[name].shape == value.shape
        proof = central_difference(of_one, value), complex_step(of_one, value)
        assert relative_error(found[name], proof[0]) <= BY_DIFFERENCES, name
        assert relative_error(found[name], proof[1]) <= BY_COMPLEX_STEP, name


@pytest.mark.parametrize("kind", CELLS)
def test_the_model_over_such_a_cell_too(kind):
    rng = np.random.default_rng(1)
    model = RNNLM.init(V, D, H, rng, cell=kind)
    ids, targets = rng.integers(V, size=(2, N, T))
    _, grads, _ = model.loss_and_grads(ids, targets)
    for name, p in model.params.items():
        held = p.copy()

        def loss(z, p=p):
            p[...] = z
            return model.loss(ids, targets)[0]

        proof = central_difference(loss, held)
        p[...] = held
        assert relative_error(grads[name], proof) <= BY_DIFFERENCES, name


def test_along_its_own_way_an_lstm_multiplies_by_the_forget_gate_and_by_nothing_else():
    cell, state, xs, _ = made(LSTMCell)
    cell.W_h[:] = 0  # no way but that of c
    x = xs[:, 0]
    _, (_, _, _, _, f, _, _, _) = cell.forward(x, state)
    for unit in range(H):

        def of_c(c, unit=unit):
            return cell.forward(x, LSTMState(state.h + 0j, c))[0].c[:, unit].sum()

        jacobian = complex_step(of_c, state.c)
        want = np.zeros((N, H))
        want[:, unit] = f[:, unit]
        np.testing.assert_allclose(jacobian, want, rtol=0, atol=1e-15)


@pytest.mark.parametrize("window", [1, 2, 3, T - 1, T, 50])
@pytest.mark.parametrize("kind", [*CELLS, Leaky])
def test_a_window_is_the_sum_of_each_loss_sent_back_so_many_steps(kind, window):
    cell, state, xs, dhs = made(kind)
    rnn = RNN(cell)
    got = rnn.backward(dhs, rnn.forward(xs, state)[1], window=window)
    caches, now = [], state
    for t in range(T):
        now, cache = cell.forward(xs[:, t], now)
        caches.append(cache)
    dxs, dstate = np.zeros((N, T, D)), on_each(np.zeros_like, state)
    total = {name: np.zeros_like(p) for name, p in cell.params.items()}
    for end in range(T):
        back = of_step(dhs, end)
        for t in range(end, max(end - window, -1), -1):
            dx, back, share = cell.backward(back, caches[t])
            dxs[:, t] += dx
            total = {name: total[name] + share[name] for name in total}
        if end < window:
            dstate = on_each(np.add, dstate, back)
    np.testing.assert_allclose(got[0], dxs, rtol=0, atol=1e-12)
    for a, b in zip(flat(got[1]), flat(dstate), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    for name, grad in total.items():
        np.testing.assert_allclose(got[2][name], grad, rtol=0, atol=1e-11)


@pytest.mark.parametrize("block_len", [1, 2, 4, T, 50])
@pytest.mark.parametrize("kind", [*CELLS, Leaky])
def test_truncated_is_block_by_block_with_the_state_carried(kind, block_len):
    cell, state, xs, dhs = made(kind)
    rnn = RNN(cell)
    dxs, _, grads = rnn.backward(dhs, rnn.forward(xs, state)[1], block_len)
    now, total, parts = state, dict.fromkeys(grads, 0), []
    for t in range(0, T, block_len):
        block = slice(t, t + block_len)
        states, cache = rnn.forward(xs[:, block], now)
        dx, _, part = rnn.backward(on_each(lambda z, block=block: z[:, block], dhs), cache)
        parts.append(dx)
        total = {name: total[name] + part[name] for name in part}
        now = of_step(states, -1)
    np.testing.assert_allclose(dxs, np.concatenate(parts, axis=1), rtol=0, atol=1e-13)
    for name, grad in grads.items():
        assert relative_error(grad, total[name]) < 1e-13, name


@pytest.mark.parametrize("kind", [*CELLS, Leaky])
def test_few_states_are_kept_and_the_gradient_is_the_same(kind):
    cell, state, xs, dhs = made(kind)
    rnn, of_h = RNN(cell), flat(dhs)[0]
    want = rnn.backward(of_h, rnn.forward(xs, state)[1])
    got = checkpointed_backward(rnn, xs, state, lambda hs, s: of_h[:, s : s + hs.shape[1]], 4)
    np.testing.assert_allclose(got[0], want[0], rtol=0, atol=1e-13)
    for a, b in zip(flat(got[1]), flat(want[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
    for name, grad in want[2].items():
        np.testing.assert_allclose(got[2][name], grad, rtol=0, atol=1e-12)


def test_step_by_step_the_plain_cell_gives_what_the_layer_gives():
    cell, state, xs, dhs = made(RNNCell)
    plain, slow = RNN(cell), StepByStep(cell)
    assert type(plain) is RNN and type(RNN(Leaky(**cell.params))) is StepByStep
    for options in ({}, {"block_len": 4}, {"window": 3}):
        want = plain.backward(dhs, plain.forward(xs, state)[1], **options)
        got = slow.backward(dhs, slow.forward(xs, state)[1], **options)
        np.testing.assert_allclose(got[0], want[0], rtol=0, atol=1e-13)
        np.testing.assert_allclose(got[1], want[1], rtol=0, atol=1e-13)
        for name, grad in want[2].items():
            np.testing.assert_allclose(got[2][name], grad, rtol=0, atol=1e-12)


def torch_layer(torch, cell):
    """PyTorch's own layer with the arrays of a cell: transposed, and with two biases."""
    p = {name: torch.tensor(value, requires_grad=True) for name, value in cell.params.items()}
    kind = torch.nn.LSTM if isinstance(cell, LSTMCell) else torch.nn.GRU
    second = torch.zeros(len(p["b"]), dtype=torch.float64)
    if "b_h" in p:
        second = torch.cat([second[: 2 * H], p["b_h"]])
    own = {"weight_ih_l0": p["W_x"].T, "weight_hh_l0": p["W_h"].T}
    own |= {"bias_ih_l0": p["b"], "bias_hh_l0": second}
    return kind(D, H, batch_first=True, dtype=torch.float64), own, p


@pytest.mark.parametrize("kind", CELLS)
def test_pytorch_gives_the_same_states_and_gradients(kind):
    torch = torch_or_skip()
    cell, state, xs, dhs = made(kind)
    rnn, of_h = RNN(cell), flat(dhs)[0]
    states, cache = rnn.forward(xs, state)
    dxs, dstate, grads = rnn.backward(of_h, cache)

    layer, own, p = torch_layer(torch, cell)
    first = [torch.tensor(z[None], requires_grad=True) for z in flat(state)]
    inputs = torch.tensor(xs, requires_grad=True)
    given = tuple(first) if len(first) == 2 else first[0]
    hs, last = torch.func.functional_call(layer, own, (inputs, given))
    (hs * torch.tensor(of_h)).sum().backward()

    np.testing.assert_allclose(flat(states)[0], hs.detach().numpy(), rtol=0, atol=1e-12)
    for mine, theirs in zip(flat(of_step(states, -1)), flat(last), strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy()[0], rtol=0, atol=1e-12)
    assert relative_error(dxs, inputs.grad.numpy()) <= 1e-12
    for mine, theirs in zip(flat(dstate), first, strict=True):
        assert relative_error(mine, theirs.grad.numpy()[0]) <= 1e-12
    for name, value in p.items():
        assert relative_error(grads[name], value.grad.numpy()) <= 1e-12, name


@pytest.mark.parametrize("kind", CELLS)
def test_what_a_gate_says_is_never_out_of_range(kind):
    cell, state, xs, _ = made(kind)
    with np.errstate(all="raise", under="ignore"):
        states, _ = RNN(cell).forward(xs * 1e6, state)
    assert all(np.isfinite(z).all() for z in flat(states))


@pytest.mark.parametrize("kind", CELLS)
def test_a_start_keeps_its_type_and_names_its_sizes(kind):
    cell = kind.init(D, H, np.random.default_rng(0), np.float32)
    states, _ = RNN(cell).forward(np.ones((N, T, D), np.float32), cell.zero_state(N))
    assert {z.dtype for z in flat(states)} == {np.dtype(np.float32)}
    assert repr(cell) == f"{kind.__name__}(input_size={D}, hidden_size={H})"
    assert repr(RNN(cell)) == f"RNN({cell!r})"
    assert type(copy.deepcopy(RNN(cell))) is StepByStep
    if kind is LSTMCell:
        assert cell.b.tolist() == [0] * H + [1] * H + [0] * 2 * H  # the forget gate starts open
        assert kind.init(D, H, np.random.default_rng(0), forget_bias=-2).b[H] == -2


@pytest.mark.parametrize("kind", CELLS)
def test_a_model_learns_is_saved_and_writes(kind, tmp_path):
    rng = np.random.default_rng(3)
    vocab = Vocabulary(list("abcdefg"))
    model = RNNLM.init(V, D, 8, rng, cell=kind)
    ids = np.arange(4 * T).reshape(2, -1) % V
    history = train(model, [(ids[:, :-1], ids[:, 1:])] * 40, Adam(0.05), block_len=5, max_norm=1.0)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    save(tmp_path / "model.npz", model, vocab)
    again, _, _ = load(tmp_path / "model.npz")
    assert type(again.rnn.cell) is kind and repr(again) == repr(model)
    assert kind.__name__ in repr(model)
    for name, p in model.params.items():
        np.testing.assert_array_equal(p, again.params[name])
    a, b = (sample(m, [1, 2], 9, np.random.default_rng(5)) for m in (model, again))
    assert a.tolist() == b.tolist()
    assert input_gradients(model, ids, ids, window=2).shape == (*ids.shape, D)


def test_a_file_that_names_another_cell_is_told(tmp_path):
    model = RNNLM.init(V, D, H, np.random.default_rng(0), cell=Leaky)
    with pytest.raises(ValueError, match="model should have one of the cells RNNCell, LSTMCell"):
        save(tmp_path / "model.npz", model, Vocabulary(list("abcdefg")))
    assert not any(tmp_path.iterdir())


ARRAY = np.zeros((N, H))


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda c: c.forward(np.zeros((N, D)), ARRAY), "state should be a pair"),
        (lambda c: c.forward(np.zeros((N, D)), (ARRAY,)), "state should be a pair"),
        (lambda c: c.forward(np.zeros((N, D)), (ARRAY, ARRAY[:1])), "c_prev should have shape"),
        (lambda c: c.forward(np.zeros((N, 9)), c.zero_state(N)), "x should have shape"),
        (lambda c: LSTMCell(c.W_x[:, 1:], c.W_h, c.b), r"W_x should have shape \(D, G=16\)"),
        (lambda c: LSTMCell(c.W_x, c.W_h[:, 1:], c.b), r"W_h should have shape \(H, G=16\)"),
        (lambda c: GRUCell(c.W_x, c.W_h, c.b, c.b), r"W_h should have shape \(H, G=12\)"),
        (lambda c: LSTMCell.init(D, H, np.random.default_rng(), forget_bias=np.nan), "forget_bias"),
        (lambda c: RNN(LSTMCell), "cell should be a cell"),
        (lambda c: RNN(None), "cell should be a cell"),
        (lambda c: RNN(c).forward(np.zeros((N, T, D)), ARRAY), "state should be a pair"),
        (
            lambda c: RNN(c).backward(
                (np.zeros((N, T, H)),) * 3, RNN(c).forward(np.ones((N, T, D)), c.zero_state(N))[1]
            ),
            "dhs should be one array or 2",
        ),
        (lambda c: RNNLM.init(V, D, H, np.random.default_rng(), cell=c), "cell should be a kind"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call(LSTMCell.init(D, H, np.random.default_rng(0)))
