"""Truncated gradients by rnn_core.RNNLM, through the Python figure, in several shapes."""

import json

import numpy as np

from rnn_core import RNNLM, Vocabulary
from rnn_core.widgets import Truncation

MODEL = ("embedding", "W_x", "W_h", "b", "affine_W", "affine_b", "ids")

cases = []
rng = np.random.default_rng(6)
for V, D, H, T in ((5, 2, 3, 7), (4, 3, 6, 12), (3, 4, 2, 2)):
    words = [str(i) for i in range(V)]
    text = [words[i] for i in rng.integers(V, size=T + 1)]
    model = RNNLM.init(V, D, H, rng)
    for carry in (True, False):
        for question in (1, T // 2 + 1, T):
            figure = Truncation(
                model, text, Vocabulary(words), carry=carry, question=question, cue=1, k=1
            )
            ks = range(1, T + 1)
            bias = [figure.bias(k) for k in ks]
            heard = [figure.heard(k, carry).tolist() for k in ks]
            state = {name: getattr(figure, name) for name in MODEL}
            case = {"model": state, "carry": carry, "question": question}
            cases.append({**case, "bias": bias, "heard": heard})
print(json.dumps(cases))
