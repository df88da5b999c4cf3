"""Truncated gradients by rnn_core.RNNLM, through the Python figure, in several shapes."""

import json

import numpy as np

from rnn_core import RNNLM, Vocabulary
from rnn_core.widgets import Truncation

MODEL = ("embedding", "W_x", "W_h", "b", "affine_W", "affine_b", "ids")
WAYS = (("blocks", True), ("blocks", False), ("window", True))

cases = []
rng = np.random.default_rng(6)
for V, D, H, T in ((5, 2, 3, 7), (4, 3, 6, 12), (3, 4, 2, 2)):
    words = [str(i) for i in range(V)]
    text = [words[i] for i in rng.integers(V, size=T + 1)]
    model = RNNLM.init(V, D, H, rng)
    for kind, carry in WAYS:
        for question in (1, T // 2 + 1, T):
            way = {"kind": kind, "carry": carry}
            figure = Truncation(
                model, text, Vocabulary(words), question=question, cue=1, k=1, **way
            )
            ks = range(1, T + 1)
            case = {"model": {name: getattr(figure, name) for name in MODEL}, "way": way}
            case["question"], case["bias"] = question, [figure.bias(k) for k in ks]
            case["heard"] = [figure.heard(k, kind, carry).tolist() for k in ks]
            case["counts"] = []
            for k in ks:
                figure.k = k
                case["counts"].append([figure.fits, figure.steps_back])
            cases.append(case)
print(json.dumps(cases))
