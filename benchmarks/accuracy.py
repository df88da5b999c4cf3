"""How exact the gradients are, and how close a trained model comes to a known floor, by seconds."""

import time

import numpy as np

from rnn_core import RNN, RNNLM, Affine, Embedding, RNNCell
from rnn_core.data.grammar import embedded_reber, reber
from rnn_core.diagnostics.scoring import excess_loss
from rnn_core.gradcheck import complex_step, relative_error
from rnn_core.train import learn_grammar

try:
    import torch
except ImportError:
    torch = None

N, T, D, H, V = 3, 12, 5, 7, 11


def model_of(params):
    cell = RNNCell(params["rnn.W_x"], params["rnn.W_h"], params["rnn.b"])
    affine = Affine(params["affine.W"], params["affine.b"])
    return RNNLM(Embedding(params["embedding.W"]), RNN(cell), affine)


def joint(errors_of):
    return {name: float(f"{error:.1e}") for name, error in errors_of.items()}


def torch_grads(params, ids, targets, h_0):
    p = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    h, hs = torch.tensor(h_0), []
    for t in range(ids.shape[1]):
        x = p["embedding.W"][torch.tensor(ids[:, t])]
        h = torch.tanh(x @ p["rnn.W_x"] + h @ p["rnn.W_h"] + p["rnn.b"])
        hs.append(h)
    logits = torch.stack(hs, 1) @ p["affine.W"] + p["affine.b"]
    wanted = torch.tensor(targets.reshape(-1))
    torch.nn.functional.cross_entropy(logits.reshape(-1, V), wanted).backward()
    return {name: value.grad.numpy() for name, value in p.items()}


def gradients():
    """The largest relative error over the arrays of one model, by precision and by judge."""
    rng = np.random.default_rng(0)
    exact = RNNLM.init(V, D, H, rng).params
    ids, targets = rng.integers(0, V, (2, N, T))
    h_0 = rng.normal(size=(N, H))

    def loss_of(name):
        return lambda z: model_of({**exact, name: z}).loss(ids, targets, h_0)[0]

    proof = {name: complex_step(loss_of(name), value) for name, value in exact.items()}
    out = {}
    for dtype in ("float64", "float32"):
        params = {name: value.astype(dtype) for name, value in exact.items()}
        _, grads, _ = model_of(params).loss_and_grads(ids, targets, h_0.astype(dtype))
        out[dtype] = {"complex step": max(relative_error(grads[k], proof[k]) for k in proof)}
        if torch:
            theirs = torch_grads(params, ids, targets, h_0.astype(dtype))
            out[dtype]["PyTorch"] = max(relative_error(grads[k], theirs[k]) for k in proof)
    return {dtype: joint(errors) for dtype, errors in out.items()}


def floors():
    """Excess loss in nats per symbol against seconds of training, on both grammars."""
    out = {}
    for name, grammar in {"Reber": reber(), "embedded Reber": embedded_reber()}.items():
        fresh = grammar.sample(257, np.random.default_rng(99), 32)[:, :-1]
        curve, spent = [], [0.0, time.perf_counter()]

        def watch(step, model, curve=curve, spent=spent, grammar=grammar, fresh=fresh):
            spent[0] += time.perf_counter() - spent[1]  # the time of the judging does not count
            if step % 100 == 0:
                curve.append([step, round(spent[0], 2), excess_loss(model, grammar, fresh)])
            spent[1] = time.perf_counter()

        learn_grammar(grammar, np.random.default_rng(0), watch=watch)
        out[name] = [[step, seconds, float(f"{gap:.2e}")] for step, seconds, gap in curve]
    return out
