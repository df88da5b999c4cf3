"""Readings of random texts in random batches, by rnn_core.diagnostics.scoring.readings."""

import json
from itertools import pairwise

import numpy as np

from rnn_core.diagnostics.scoring import readings

rng = np.random.default_rng(5)
cases = []
for rows in (1, 2, 2, 3, 5, 8):
    probs, counts = rng.uniform(0.01, 1, rows), rng.integers(1, 9, rows)
    cuts = rng.integers(0, 2, rows - 1)
    words = [np.full(n, p) for p, n in zip(probs, counts, strict=True)]
    ends = [0, *(np.flatnonzero(cuts) + 1), rows]
    batches = [np.concatenate(words[a:b]) for a, b in pairwise(ends)]
    values = {name: float(value) for name, value in readings(batches).items()}
    row = {"probs": probs.tolist(), "counts": counts.tolist(), "cuts": cuts.tolist()}
    cases.append({**row, "values": values})
print(json.dumps(cases))
