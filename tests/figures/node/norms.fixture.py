"""Gradient norms by rnn_core.diagnostics, at the corners of the figure and inside it."""

import json
from itertools import product

from rnn_core.widgets import GradientNorms


def case(**traits):
    figure = GradientNorms(**traits)
    return {
        "state": figure.state(),
        "norms": figure.norms.tolist(),
        "bounds": figure.bounds.tolist(),
        "slopes": figure.slopes.mean(axis=1).tolist(),
        "band": figure.band.tolist(),
        "summary": figure.summary(),
    }


corners = product(("orthogonal", "gaussian"), ("linear", "tanh"), (0.5, 0.95, 1.6), (0, 0.35, 1))
cases = [
    case(kind=kind, activation=activation, radius=radius, noise=noise)
    for kind, activation, radius, noise in corners
]
print(
    json.dumps(
        [*cases, case(steps=5, kind="orthogonal", activation="linear"), case(steps=17, lag=0)]
    )
)
