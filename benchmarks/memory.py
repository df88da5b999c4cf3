"""Peak memory and time of full, truncated and checkpointed BPTT, against the length T."""

import time
import tracemalloc

import numpy as np

from rnn_core import RNN, RNNCell
from rnn_core.checkpoint import checkpointed_backward

N, D, H, BLOCK = 8, 16, 128, 32
LENGTHS = (64, 256, 1024, 4096)


def loss_grads(hs, start=0):
    """The gradient of the sum of squares of all states: a loss at every step."""
    return 2 * hs


def full(rnn, xs, h):
    hs, cache = rnn.forward(xs, h)
    return rnn.backward(loss_grads(hs), cache)[2]


def truncated(rnn, xs, h):
    """Block by block: h is kept, the cache is dropped."""
    total = dict.fromkeys(rnn.params, 0)
    for t in range(0, xs.shape[1], BLOCK):
        hs, cache = rnn.forward(xs[:, t : t + BLOCK], h)
        _, _, grads = rnn.backward(loss_grads(hs), cache)
        total = {name: total[name] + grad for name, grad in grads.items()}
        h = hs[:, -1].copy()
    return total


def checkpointed(rnn, xs, h):
    return checkpointed_backward(rnn, xs, h, loss_grads)[2]


WAYS = {"full": full, "truncated": truncated, "checkpointed": checkpointed}


def peak(way, *args):
    """Bytes at the highest point of the call, beyond what was there before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    way(*args)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most - before


def rows():
    rng = np.random.default_rng(0)
    rnn = RNN(RNNCell.init(D, H, rng))
    out = []
    for T in LENGTHS:
        args = (rnn, rng.normal(size=(N, T, D)), np.zeros((N, H)))
        bytes_of = {name: peak(way, *args) for name, way in WAYS.items()}
        taken = {name: [] for name in WAYS}
        for _ in range(7):
            for name, way in WAYS.items():
                start = time.perf_counter()
                way(*args)
                taken[name].append(time.perf_counter() - start)
        slower = {
            name: round(float(np.median(np.divide(taken[name], taken["full"]))), 2) for name in WAYS
        }
        out.append({"T": T, "bytes": bytes_of, "time_to_full": slower})
    return {"axes": {"N": N, "D": D, "H": H, "block_len": BLOCK}, "rows": out}
