"""Walks through both automata, their true chances, and an RNN's, all by rnn_core."""

import json

import numpy as np

from rnn_core import RNNLM, softmax
from rnn_core.widgets.reber.reber import GRAMMARS, Reber

cases = []
for name, grammar in GRAMMARS.items():
    rng = np.random.default_rng(3)
    model = RNNLM.init(len(grammar.vocab), 5, 6, rng)
    ids = grammar.sample(40, rng)
    walk = "".join(grammar.vocab.decode(ids[0]))
    figure, forgetful = Reber(model, name, walk=walk), Reber(model, name, walk=walk, forget=True)
    cases.append(
        {
            "automaton": figure.automaton,
            "walk": walk,
            "weights": {n: getattr(figure, n) for n in ("W_in", "W_h", "W_out", "b_out")},
            "states": grammar.read(ids[0]).tolist(),
            "true": grammar.predict(ids[0]).tolist(),
            "forgotten": forgetful.chances()[0].tolist(),
            "said": softmax(model.logits(ids)[0][0]).tolist(),
            "bits": {n: b.tolist() for n, b in figure.bits().items()},
        }
    )
print(json.dumps(cases))
