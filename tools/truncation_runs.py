"""The trainings of chapter 3, over several seeds; the result is part of the package.

    python tools/truncation_runs.py            about five minutes on two cores; writes the JSON
    python tools/truncation_runs.py --show     print what is stored

Three questions. Bias: how far is the truncated gradient from the full one, before and after
training? Recall: what does a model learn whose blocks are shorter than the distance that it must
remember, with its state carried or reset? Detective: three loops train on one text, and one of them
is right; what do their curves say, and what does the text say?
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads only get in the way

import numpy as np

from rnn_core import RNNLM, Adam, Vocabulary, stream_batches, train
from rnn_core.data import Recall, load_text
from rnn_core.diagnostics import truncation_bias
from rnn_core.loss import softmax_cross_entropy
from rnn_core.text.corpus import tokenize
from rnn_core.train import train_recall

RESULT = Path(__file__).parent.parent / "rnn_core" / "data" / "truncation_runs.json"
SPANS, CUES, SEEDS = (4, 8), 4, range(6)
KINDS = ("right", "skips", "resets")
FIXED = {
    "all but W_h": ("rnn.W_h",),
    "output layer": ("embedding.W", "rnn.W_x", "rnn.W_h", "rnn.b"),
}
BLOCK_LENS = (1, 2, 4, 8, 16, 32, 64, 128)


# ---- bias


def measure_bias(seed, epochs):
    """Cosine and norm ratio of the gradient of W_h on the story, after so many epochs on it."""
    ids, vocab = story()
    model = RNNLM.init(len(vocab), embed_size=16, hidden_size=48, rng=np.random.default_rng(seed))
    if epochs:
        train(model, stream_batches(ids, 8, 16), Adam(0.01), epochs=epochs, max_norm=1.0)
    inputs, targets = next(stream_batches(ids, 8, 128))
    return truncation_bias(model, inputs, targets, BLOCK_LENS)["rnn.W_h"].tolist()


# ---- the detective


def story():
    """The text of the detective: ids, and its vocabulary."""
    tokens = tokenize(load_text("lantern").lower())
    vocab = Vocabulary.from_tokens(tokens)
    return vocab.encode(tokens), vocab


def train_suspect(kind, seed, batch_size=4, seq_len=5, epochs=30):
    """One training; what its author saw, and what the whole text says about the model.

    Returns
    -------
    dict
        ``"curve"``: the running perplexity of each epoch, on the blocks it was given;
        ``"tokens"``: how many targets an epoch held; ``"by_step"``: after training, the loss at
        each step of a block, over the same blocks; ``"text"``: the perplexity over the whole
        text, read once from its beginning.
    """
    ids, vocab = story()
    blocks, carry = suspect_blocks(kind, ids, batch_size, seq_len), kind != "resets"
    model = RNNLM.init(len(vocab), embed_size=16, hidden_size=64, rng=np.random.default_rng(seed))
    history = train(model, blocks, Adam(0.005), epochs=epochs, max_norm=1.0, carry=carry)
    loss, _ = model.loss(ids[None, :-1], ids[None, 1:])
    return {
        "curve": history["perplexity"],
        "tokens": sum(targets.size for _, targets in blocks),
        "by_step": losses_by_step(model, blocks, carry),
        "text": float(np.exp(loss)),
    }


def suspect_blocks(kind, ids, batch_size, seq_len):
    """The blocks of `stream_batches`; or, for "skips", as a slip of the hand would cut them."""
    if kind != "skips":
        return list(stream_batches(ids, batch_size, seq_len))
    length = (len(ids) - 1) // batch_size
    rows = ids[: batch_size * length].reshape(batch_size, length)
    pieces = [rows[:, t : t + seq_len + 1] for t in range(0, length - seq_len, seq_len + 1)]
    return [(piece[:, :-1], piece[:, 1:]) for piece in pieces]  # T + 1 tokens each, none shared


def losses_by_step(model, blocks, carry):
    """Mean loss in nats at the first, second, ... step of a block."""
    h, total, count = None, 0.0, 0
    for inputs, targets in blocks:
        if inputs.shape[1] != blocks[0][0].shape[1]:
            break  # the last, shorter one
        logits, h = model.logits(inputs, h)
        at = range(logits.shape[1])
        total += np.array([softmax_cross_entropy(logits[:, t], targets[:, t])[0] for t in at])
        count, h = count + 1, h if carry else None
    return (total / count).tolist()


# ---- all of it


def jobs():
    recall = [
        ("recall", (L, k, carry, seed))
        for L in SPANS
        for k in (2, L, 2 * L)
        for carry in (True, False)
        for seed in SEEDS
    ]
    recall += [("fixed", (L, learns, seed)) for learns in FIXED for L in SPANS for seed in SEEDS]
    detective = [("detective", (kind, seed)) for kind in KINDS for seed in SEEDS]
    return [("bias", (seed, epochs)) for epochs in (0, 10) for seed in SEEDS] + recall + detective


def run(job):
    what, args = job
    if what == "bias":
        row = dict(zip(("seed", "epochs"), args, strict=True)) | {"W_h": measure_bias(*args)}
    elif what == "recall":
        L, k, carry, seed = args
        value = train_recall(Recall(CUES, L), k, carry, seed)
        row = {"span": L, "block_len": k, "carry": carry, "seed": seed, "perplexity": value}
    elif what == "fixed":
        L, learns, seed = args
        value = train_recall(Recall(CUES, L), 2, True, seed, fixed=FIXED[learns])
        row = {"span": L, "learns": learns, "seed": seed, "perplexity": value}
    else:
        kind, seed = args
        row = {"kind": kind, "seed": seed, **train_suspect(kind, seed)}
    return what, rounded(row)


def rounded(value):
    """Floats to four decimals, however deep they lie: the file is read by people too."""
    if isinstance(value, dict):
        return {name: rounded(v) for name, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", action="store_true", help="print what is stored")
    if not parser.parse_args().show:
        with ProcessPoolExecutor() as pool:
            rows = list(pool.map(run, jobs()))
        write({what: [row for w, row in rows if w == what] for what in dict(rows)})
    show(json.loads(RESULT.read_text(encoding="utf-8")))


def write(result):
    """One training, one line."""
    lines = ",\n".join(
        f' "{what}": [\n  ' + ",\n  ".join(map(json.dumps, rows)) + "\n ]"
        for what, rows in result.items()
    )
    RESULT.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def show(result):
    table = {}
    for row in result["bias"]:
        for k, (cosine, _) in zip(BLOCK_LENS, row["W_h"], strict=True):
            table.setdefault(f"cosine, {row['epochs']} epochs, k = {k}", []).append(cosine)
    for row in result["recall"]:
        state = "carried" if row["carry"] else "reset"
        key = f"L = {row['span']}, k = {row['block_len']:2}, {state}"
        table.setdefault(key, []).append(row["perplexity"])
    for row in result["fixed"]:
        key = f"L = {row['span']}, k = 2, {row['learns']}"
        table.setdefault(key, []).append(row["perplexity"])
    for row in result["detective"]:
        table.setdefault(f"{row['kind']}: its own curve", []).append(row["curve"][-1])
        table.setdefault(f"{row['kind']}: the whole text", []).append(row["text"])
    for key, values in table.items():
        print(f"{key:24}", *(f"{v:7.2f}" for v in values))


if __name__ == "__main__":
    main()
