"""Training by rnn_core: the start, a hundred updates for each switch, and chance itself."""

import json
from itertools import product

import numpy as np

from rnn_core.widgets.learn.runs import GRAMMARS, Run, dice, normals, passage

TOY = {"kind": "text", "ids": [0, 1, 2, 3, 4, 1, 5], "rows": 1, "stretch": 6, "V": 6}
GRAMMAR = {"kind": "grammar", "rows": 6, "length": 21, "stretch": 10, "V": 7}
AUTOMATA = {
    name: {"grammar": name, "next": g.next_state.tolist(), "probs": g.probs.tolist()}
    for name, g in GRAMMARS.items()
}
RECALL = {"kind": "recall", "cues": 3, "span": 5, "rows": 4, "length": 40, "stretch": 8, "V": 5}
TEXT = {"kind": "text", "ids": dice(5).integers(9, size=101).tolist(), "rows": 3, "stretch": 7}
DATA = [TOY, GRAMMAR | AUTOMATA["reber"], GRAMMAR | AUTOMATA["embedded"], RECALL, TEXT | {"V": 9}]
SWITCHES = list(product(("block", "window"), (True, False), (True, False), ("adam", "sgd")))


def arrays(params):
    return {name: p.ravel().tolist() for name, p in params.items()}


def case(data, seed, hidden, k, way, carry, clip, optimizer):
    lr = 0.02 if optimizer == "adam" else 0.1  # beyond that round-off grows: chaos, not a mistake
    own = {"seed": seed, "lr": lr, "k": k, "way": way, "carry": carry, "clip": clip}
    D = min(data["V"], 6)
    run = Run(data, embed_size=D, hidden_size=hidden, optimizer=optimizer, **own)
    sizes = {"V": data["V"], "D": D, "H": hidden}
    out = {"setting": {"data": data, "sizes": sizes, "optimizer": optimizer, **own}}
    out["start"] = arrays(run.model.params)
    out["first"] = run.update()
    out["once"] = arrays(run.model.params)
    history = [run.update() for _ in range(99)]
    out["last"], out["hundred"] = history[-1], arrays(run.model.params)
    return out


cases = [case(DATA[1], 77, 8, 5, "block", True, True, "adam")]
for seed, (data, switch) in enumerate(product(DATA[:1] + DATA[2:], SWITCHES)):
    cases.append(case(data, seed, 7 + seed % 3, 3 + seed % 4, *switch))  # odd sizes and even ones
rng = dice(12)
chance = {
    "uniform": rng.random(700).tolist(),
    "below": rng.integers(5, size=50).tolist(),
    "normal": normals(rng, 9).tolist(),
}
passages = [
    [None if a is None else np.asarray(a, int).ravel().tolist() for a in passage(data, dice(3))]
    for data in DATA
]
print(json.dumps({"cases": cases, "chance": chance, "passages": passages, "data": DATA}))
