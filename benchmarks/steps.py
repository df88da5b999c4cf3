"""A training step, and the loop over cells: `python -m benchmarks.steps THREADS SECONDS`, JSON out.

It runs in a process of its own, because the number of threads is fixed when NumPy is loaded.
"""

import json
import sys
import warnings

import numpy as np

from rnn_core import RNN, RNNLM, SGD, RNNCell, softmax_cross_entropy

from .paired import ratio, rounds_for, times

try:
    import torch
except ImportError:
    torch = None

SIZES = {  # N, T, D, H, V
    "tiny": (2, 7, 8, 16, 7),
    "small": (10, 5, 100, 100, 418),
    "char": (32, 64, 64, 128, 65),
    "medium": (20, 35, 100, 100, 2000),
    "large": (20, 35, 200, 200, 10000),
}
RATE = 0.01  # one batch, thousands of times: small enough that no one is timed on NaN


def our_step(N, T, D, H, V):
    """Forward, backward and update with rnn_core in float32."""
    rng = np.random.default_rng(0)
    model, optimizer = RNNLM.init(V, D, H, rng, dtype=np.float32), SGD(RATE)
    ids, targets = rng.integers(0, V, (2, N, T))
    h = model.zero_state(N)

    def step():
        _, grads, _ = model.loss_and_grads(ids, targets, h)
        optimizer.step(model.params, grads)

    return step


def torch_step(N, T, D, H, V):
    """The same with PyTorch's own layers, eagerly."""
    torch.manual_seed(0)
    embedding = torch.nn.Embedding(V, D)
    rnn, affine = torch.nn.RNN(D, H, batch_first=True), torch.nn.Linear(H, V)
    layers = torch.nn.ModuleList([embedding, rnn, affine])
    optimizer = torch.optim.SGD(layers.parameters(), lr=RATE)
    ids, targets = torch.randint(0, V, (2, N, T))
    h = torch.zeros(1, N, H)

    def step():
        optimizer.zero_grad()
        logits = affine(rnn(embedding(ids), h)[0])
        torch.nn.functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1)).backward()
        optimizer.step()

    return step


def products(N, T, D, H, V):
    """The floor: exactly the matrix products of the step, and nothing else."""
    rng = np.random.default_rng(0)
    shapes = ((N * T, D), (D, H), (N, H), (H, H), (N * T, H), (H, V), (N * T, V))
    xs, W_x, h, W_h, hs, W, dlogits = (rng.normal(size=s).astype(np.float32) for s in shapes)

    def step():
        xs @ W_x
        for _ in range(T):
            h @ W_h
        hs @ W
        hs.T @ dlogits
        dlogits @ W.T
        W_back = np.ascontiguousarray(W_h.T)  # a transposed view is slower in the loop
        for _ in range(T):
            h @ W_back
        xs.T @ hs
        hs.T @ hs
        hs @ W_x.T

    return step


def stacked(rnn, xs, h_0, dhs):
    """Forward and backward of the layer as the package has it."""
    _, cache = rnn.forward(xs, h_0)
    rnn.backward(dhs, cache)


def looped(cell, xs, h_0, dhs):
    """The same as T calls of the cell each way."""
    h, caches = h_0, []
    for t in range(xs.shape[1]):
        h, cache = cell.forward(xs[:, t], h)
        caches.append(cache)
    dh_next, total = np.zeros_like(h_0), dict.fromkeys(cell.params, 0)
    for t in reversed(range(xs.shape[1])):
        _, dh_next, grads = cell.backward(dhs[:, t] + dh_next, caches[t])
        total = {name: total[name] + grad for name, grad in grads.items()}


def step_row(name, seconds):
    """One size: ours against PyTorch and against the products, in turns."""
    calls = [our_step(*SIZES[name]), products(*SIZES[name])]
    if torch:
        calls.append(torch_step(*SIZES[name]))
    taken = times(calls, rounds_for(calls, seconds))
    return {
        "size": name,
        "axes": SIZES[name],
        "rounds": len(taken),
        "milliseconds": round(float(np.median(taken[:, 0])) * 1e3, 3),
        "to_floor": ratio(taken[:, 0], taken[:, 1]),
        "to_torch": ratio(taken[:, 0], taken[:, 2]) if torch else None,
    }


def loop_row(name, seconds):
    """One size: the stacked layer against the loop over cells, in turns."""
    N, T, D, H, _ = SIZES[name]
    rng = np.random.default_rng(0)
    cell = RNNCell.init(D, H, rng, dtype=np.float32)
    xs, h_0, dhs = (rng.normal(size=s).astype(np.float32) for s in ((N, T, D), (N, H), (N, T, H)))
    calls = [lambda: stacked(RNN(cell), xs, h_0, dhs), lambda: looped(cell, xs, h_0, dhs)]
    taken = times(calls, rounds_for(calls, seconds))
    return {"size": name, "rounds": len(taken), "to_loop": ratio(taken[:, 0], taken[:, 1])}


def profile_row(name, seconds):
    """Where a step's time goes: the median milliseconds of each part on its own, and of two
    functions that no arrangement of the code can avoid."""
    N, T, D, H, V = SIZES[name]
    rng = np.random.default_rng(0)
    model, optimizer = RNNLM.init(V, D, H, rng, dtype=np.float32), SGD(RATE)
    ids, targets = rng.integers(0, V, (2, N, T))
    h = model.zero_state(N)
    xs, of_embedding = model.embedding.forward(ids)
    hs, of_rnn = model.rnn.forward(xs, h)
    logits, of_affine = model.affine.forward(hs)
    _, dlogits = softmax_cross_entropy(logits, targets)
    dhs, _ = model.affine.backward(dlogits, of_affine)
    dxs, _, _ = model.rnn.backward(dhs, of_rnn)
    _, grads, _ = model.loss_and_grads(ids, targets, h)
    spare, states = np.empty_like(logits), np.ascontiguousarray(hs.swapaxes(0, 1))
    shifted = logits - logits.max(axis=-1, keepdims=True)
    parts = {
        "products": products(*SIZES[name]),
        "RNN": lambda: (model.rnn.forward(xs, h), model.rnn.backward(dhs, of_rnn)),
        "Affine": lambda: (model.affine.forward(hs), model.affine.backward(dlogits, of_affine)),
        "loss": lambda: softmax_cross_entropy(logits, targets, out=spare),
        "Embedding": lambda: (
            model.embedding.forward(ids),
            model.embedding.backward(dxs, of_embedding),
        ),
        "update": lambda: optimizer.step(model.params, grads),
        "tanh alone": lambda: [np.tanh(state) for state in states],
        "exp alone": lambda: np.exp(shifted, out=spare),
    }
    rounds = rounds_for(list(parts.values()), seconds)
    medians = np.median(times(list(parts.values()), rounds), axis=0) * 1e3
    return {
        "size": name,
        **{part: round(float(t), 3) for part, t in zip(parts, medians, strict=True)},
    }


def main(threads, seconds):
    warnings.simplefilter("error", RuntimeWarning)  # a step that overflowed is no measurement
    if torch:
        torch.set_num_threads(threads)
    return {
        "threads": threads,
        "numpy": np.__version__,
        "torch": torch.__version__ if torch else None,
        "steps": [step_row(name, seconds) for name in SIZES],
        "loop": [loop_row(name, seconds / 3) for name in SIZES],
        "profile": [profile_row(name, seconds / 3) for name in SIZES] if threads == 1 else None,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
