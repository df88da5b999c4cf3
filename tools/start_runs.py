"""Validation perplexity after each epoch from five random starts of one model, over seeds.

    python tools/start_runs.py

takes about four minutes of one core and writes start_runs.json beside this file.

Three texts.  ``made`` is one of tools/like_ptb.py with 1,000 words.  The other two are a beginning
of the topics that Python's own help() shows, read by words and by characters: every Python has
them, in the words of its version, so other versions give other numbers for these two.

The learning rate is halved after each epoch that did not lower the perplexity, as
``python -m rnn_core FILE`` does, which keeps the best epoch.  The starts differ in the output
layer, in the cell, or in both:

``loud``         Gaussian of variance 1/H in the output and 1/D and 1/H in the cell, no bias: what
                 `RNNLM.init` does.
``tenth``        the output matrix at a tenth of that: what ``python -m rnn_core FILE`` does.
``frequencies``  ``tenth``, and the output's bias at the log frequencies of the training part.
``uniform``      PyTorch's: cell and output uniform between -1/sqrt(H) and 1/sqrt(H), biases too.
``both``         ``frequencies`` with the cell of ``uniform``.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from rnn_core import RNNLM, Adam, evaluate, stream_batches, train
from rnn_core.text.corpus import build_corpus
from tools.like_ptb import Source, lengths

HERE = Path(__file__).parent
STARTS = ("loud", "tenth", "frequencies", "uniform", "both")
SEEDS, EPOCHS, D, H = 5, 10, 32, 64


def made(tokens=50_000):
    """A text of 1,000 words, cut into sentences of geometric length."""
    rng = np.random.default_rng(0)
    source = Source(rng, words=1_000, classes=30)
    sentences = source.sample(lengths(tokens, tokens // 20, rng), rng)
    return "".join(" ".join(f"w{i}" for i in sentence) + "\n" for sentence in sentences)


def helped(letters):
    """The beginning of what help() says about Python's own topics, in alphabetical order."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))[:letters]


def corpora():
    """The three texts in numbers, by name."""
    return {
        "made": build_corpus(made(), unit="tokens"),
        "words": build_corpus(helped(200_000), unit="words"),
        "characters": build_corpus(helped(100_000), unit="characters"),
    }


def begin(start, ids, V, seed):
    """A model with the start of that name."""
    rng = np.random.default_rng(seed)
    model = RNNLM.init(V, D, H, rng, np.float32)
    for layer, p in model.params.items():
        cell = layer.startswith("rnn.") and start in ("uniform", "both")
        output = layer.startswith("affine.") and start == "uniform"
        if cell or output:
            p[...] = rng.uniform(-(H**-0.5), H**-0.5, p.shape)
        elif layer == "affine.W":
            p *= 1 if start == "loud" else 0.1
    if start in ("frequencies", "both"):
        counts = np.bincount(ids, minlength=V) + 1  # none is 0, whatever the text holds
        model.affine.b[...] = np.log(counts / counts.sum())
    return model


def measure(corpus, start, seed, epochs=EPOCHS):
    """The first loss in nats per token, and the validation perplexity after each epoch."""
    model = begin(start, corpus.train, len(corpus.vocab), seed)
    batches = list(stream_batches(corpus.train, 20, 35))
    first = evaluate(model, batches[:1])
    optimizer, curve = Adam(0.003), []
    for _ in range(epochs):
        train(model, batches, optimizer, max_norm=1.0)
        curve.append(round(float(np.exp(evaluate(model, stream_batches(corpus.valid, 1, 200)))), 3))
        if curve[-1] > min(curve):  # the schedule of the command
            optimizer.lr /= 2
    return round(first, 4), curve


def main():
    texts = {}
    for name, corpus in corpora().items():
        rows = {start: [measure(corpus, start, s) for s in range(SEEDS)] for start in STARTS}
        texts[name] = {
            "tokens": len(corpus.train), "V": len(corpus.vocab),
            "first": {start: [first for first, _ in runs] for start, runs in rows.items()},
            "valid": {start: [curve for _, curve in runs] for start, runs in rows.items()},
        }  # fmt: skip
        best = {start: np.min(runs, axis=1) for start, runs in texts[name]["valid"].items()}
        print(f"{name}: V={len(corpus.vocab)}, ln V={np.log(len(corpus.vocab)):.2f}")
        for start in STARTS:
            ratio = best[start] / best["loud"]
            print(
                f"  {start:12} first loss {np.mean(texts[name]['first'][start]):6.2f}  "
                f"after 1 epoch {np.mean(texts[name]['valid'][start], axis=0)[0]:8.2f}  "
                f"best {best[start].mean():8.2f}  to loud {ratio.mean():.3f} "
                f"({ratio.min():.3f}-{ratio.max():.3f})",
                flush=True,
            )
    told = {"what": "tools/start_runs.py", "sizes": {"D": D, "H": H, "epochs": EPOCHS}}
    (HERE / "start_runs.json").write_text(json.dumps({**told, "texts": texts}, indent=1) + "\n")


if __name__ == "__main__":
    main()
