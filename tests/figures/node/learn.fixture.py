"""The figure Learn in Python: its plans, its words, its probe, and a run at each preset's data."""

import json

import numpy as np

from rnn_core.diagnostics import gradient_norms
from rnn_core.loss import softmax
from rnn_core.widgets import Learn

TEXT = "the cat sat on the mat; the dog, naïve, sat on 𝄞 and the log. " * 3
FIGURES = [Learn(), Learn("embedded", seed=3), Learn("recall", span=5), Learn("text", text=TEXT)]


def probed(figure, column):
    plan, model = figure.plan(), figure.model
    ids = np.array(plan["probe"])[None]
    hs, _ = model.rnn.forward(model.embedding.W[ids[:, :-1]], model.zero_state(1))
    chances = softmax(model.logits(ids[:, :-1])[0])
    dz = chances[0, column] - np.eye(plan["V"])[ids[0, column + 1]]
    dh = dz @ model.affine.W.T
    slopes = 1 - hs[:, 1 : column + 1] ** 2
    lags = gradient_norms(dh[None], model.rnn.cell.W_h, slopes) if column else []
    return {"states": hs[0].tolist(), "chances": chances[0].tolist(), "lags": list(lags)}


def case(figure):
    run = figure.run()
    history = [[step, *run.update()[:2]] for step in range(1, 41)]
    trained = Learn(figure.data, run.model, text=figure.text, span=figure.span)
    trained.history = history
    return {
        "state": trained.state(),
        "plan": figure.plan(),
        "untrained": Learn("text").summary(),
        "summary": trained.summary(),
        "probed": probed(trained, 4),
    }


print(json.dumps([case(figure) for figure in FIGURES]))
