"""The two units' numbers by rnn_core's cells, for gates open, shut and between."""

import json

import numpy as np

from rnn_core.widgets import Gate


def case(**traits):
    figure = Gate(**traits)
    return {
        "state": figure.state(),
        "cs": figure.cs.tolist(),
        "hs": figure.hs.tolist(),
        "dcs": figure.dcs.tolist(),
        "plainHs": figure.plain_hs.tolist(),
        "plainDhs": figure.plain_dhs.tolist(),
        "summary": figure.summary(),
    }


rng = np.random.default_rng(0)
cases = [case(), case(f=np.zeros(8), w=0), case(i=np.ones(8), o=np.ones(8), step=8, moment=3)]
for T in (4, 5, 8):
    for w in (0.5, 1.3, 2):
        gates = {name: rng.uniform(0, 1, T).round(2) for name in "ifo"}
        xs, step, moment = rng.normal(0, 1.5, T), rng.integers(1, T + 1), rng.integers(1, 2 * T + 1)
        cases.append(case(xs=xs, w=w, step=int(step), moment=int(moment), **gates))
print(json.dumps(cases))
