"""The figure Backward in every state it can take, by rnn_core."""

import json
from itertools import product

import numpy as np

from rnn_core import RNNCell
from rnn_core.widgets import Backward


def case(figure):
    steps = [
        {name: step[name].tolist() for name in ("own", "next", "dh", "dx", "dh_prev")}
        for step in figure.steps
    ]
    sums = np.concatenate([figure.grads[name].ravel() for name in ("W_x", "W_h", "b")])
    measured = np.concatenate([figure.measured[name].ravel() for name in ("W_x", "W_h", "b")])
    return {
        "state": figure.state(),
        "steps": steps,
        "sums": sums.tolist(),
        "measured": measured.tolist(),
        "error": figure.error,
        "summary": figure.summary(),
    }


rng = np.random.default_rng(3)
other = {
    "cell": RNNCell(rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), rng.normal(size=2)),
    "xs": rng.normal(size=(2, 2)),
    "ys": rng.normal(size=(2, 2)),
    "h_0": rng.normal(size=2),
}
cases = [
    case(Backward(**given, back=back, from_next=from_next, accumulate=accumulate))
    for given, last in (({}, 3), (other, 2))
    for back, from_next, accumulate in product(range(last + 1), (True, False), (True, False))
]
print(json.dumps(cases))
