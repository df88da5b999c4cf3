"""Probabilities and perplexity by rnn_core.RNNLM, in shapes that tell every axis apart."""

import json

import numpy as np

from rnn_core import RNNLM, perplexity, softmax
from rnn_core.widgets.explorable import PARAMS


def case(V, D, H, T, rng, size=1.0):
    model = RNNLM.init(V, D, H, rng)
    for p in model.params.values():
        p *= size
    ids = rng.integers(0, V, (1, T))
    logits, _ = model.logits(ids)
    loss, _ = model.loss(ids[:, :-1], ids[:, 1:])
    return {
        "model": {trait: model.params[name].tolist() for trait, name in PARAMS.items()},
        "ids": ids[0].tolist(),
        "logits": logits[0].tolist(),
        "probs": softmax(logits[0]).tolist(),
        "perplexity": perplexity(loss),
    }


rng = np.random.default_rng(4)
shapes = [(2, 1, 1, 2), (6, 4, 8, 7), (5, 3, 2, 9), (3, 2, 4, 4)]
print(json.dumps([*(case(*shape, rng) for shape in shapes), case(4, 3, 3, 6, rng, size=40.0)]))
