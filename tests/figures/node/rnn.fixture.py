"""Sequences, states and gradients by rnn_core.RNN, in shapes that tell every axis apart."""

import json

import numpy as np

from rnn_core import RNN, RNNCell

SHAPES = [(1, 1, 1, None), (4, 2, 3, None), (7, 3, 2, 2), (9, 2, 5, 3), (6, 4, 3, 1), (5, 2, 3, 5)]


def case(T, D, H, block_len, rng):
    cell = RNNCell(rng.normal(size=(D, H)), rng.normal(size=(H, H)) / H**0.5, rng.normal(size=H))
    xs, h_0, dhs = rng.normal(size=(1, T, D)), rng.normal(size=(1, H)), rng.normal(size=(1, T, H))
    rnn = RNN(cell)
    hs, cache = rnn.forward(xs, h_0)
    dxs, dh_0, grads = rnn.backward(dhs, cache, block_len=block_len)
    arrays = {
        "xs": xs[0],
        "h_0": h_0[0],
        "dhs": dhs[0],
        "hs": hs[0],
        "dxs": dxs[0],
        "dh_0": dh_0[0],
    }
    arrays = {name: array.tolist() for name, array in arrays.items()}
    weights = {name: array.tolist() for name, array in cell.params.items()}
    grads = {name: array.tolist() for name, array in grads.items()}
    return {**arrays, "weights": weights, "grads": grads, "blockLen": block_len or T}


rng = np.random.default_rng(2)
print(json.dumps([case(*shape, rng) for shape in SHAPES]))
