"""One training, told as JSON: run by a test alone, or by torchrun as several ranks.

python tests/support/ranks.py OUT
"""

import json
import sys
from pathlib import Path

import numpy as np

from rnn_core.text.corpus import build_corpus
from rnn_core.text.run import fit

TEXT = "the reader of the book asks what the writer of the book had thought of the reader . " * 100
HOW = {"epochs": 2, "embed_size": 6, "hidden_size": 8, "batch_size": 7, "seq_len": 6}


def corpus():
    rng = np.random.default_rng(0)
    words = np.array(TEXT.split())
    return build_corpus(" ".join(rng.permuted(words.reshape(-1, 9), axis=1).ravel()))


def told(engine):
    """The losses of a training: after each update, and of the model that was kept."""
    losses = []

    def on_step(step, steps, loss):
        losses.append(loss)

    run = fit(corpus(), dtype=np.float64, engine=engine, on_step=on_step, **HOW)
    return {"steps": losses, "valid": run.valid["RNN"], "test": run.test["RNN"]}


if __name__ == "__main__":
    from rnn_core.text.by_torch import TorchEngine, joined

    with joined() as group:
        said = told(TorchEngine)
        if group.rank == 0:
            Path(sys.argv[1]).write_text(json.dumps(said))
