"""Plain cell, LSTM and GRU with equally many weights, over several seeds; part of the package.

    python tools/gate_runs.py            about six minutes of one core; writes the JSON
    python tools/gate_runs.py --show     print what is stored

Three questions.  Recall: over how many steps can a cue be carried, and how soon is that learned?
Reber: how far above the floor of the embedded grammar is each cell while it learns?  Text: what
perplexity does each reach on the story of chapter 4, beside the models that count?

The JSON holds one list for each.  Every row says ``"cell"`` (a key of `CELLS`), ``"hidden"`` (H),
``"weights"`` (of the whole model) and ``"seed"``; and then

- ``"recall"``: ``"span"`` (steps from the cue to the question, both counted), ``"updates"`` (after
  how many the cue was known, or null: not within `UPDATES`) and ``"perplexity"`` of the answers at
  the end, on new windows (1 is perfect, 4 is a guess);
- ``"reber"``: ``"excess"``, nats above the floor after each `EVERY` updates;
- ``"text"``: ``"test"``, the perplexity by character of the model that was best on the validation
  part, and ``"counting"``, that of the models that count.
"""

import argparse
import itertools
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads only get in the way

import numpy as np

from rnn_core import RNNLM, Adam, GRUCell, LSTMCell, RNNCell, clip_by_global_norm, perplexity
from rnn_core.data import Recall, load_text
from rnn_core.data.grammar import embedded_reber
from rnn_core.diagnostics.scoring import excess_loss
from rnn_core.text.corpus import build_corpus
from rnn_core.text.run import fit
from rnn_core.train import learn_grammar

RESULT = Path(__file__).parent.parent / "rnn_core" / "data" / "gate_runs.json"
SEEDS = range(5)
BIASED = "LSTM, forget bias 5"
CELLS = {"plain": RNNCell, "LSTM": LSTMCell, BIASED: LSTMCell, "GRU": GRUCell}
SPANS, CUES, UPDATES, KNOWN = (4, 8, 16, 32, 64, 128), 4, 1000, 1.05
STEPS, EVERY = 1200, 50  # steps as in chapter 5
EPOCHS = 40


def size_of(model):
    return sum(p.size for p in model.params.values())


def like_plain(name, vocab_size, embed_size, hidden_size):
    """H of a cell whose model has nearly as many weights as the plain one with `hidden_size`."""

    def weights(kind, H):
        return size_of(RNNLM.init(vocab_size, embed_size, H, np.random.default_rng(0), cell=kind))

    goal = weights(RNNCell, hidden_size)
    sizes = range(1, hidden_size + 1)
    return min(sizes, key=lambda H: abs(weights(CELLS[name], H) - goal))


def made(name, vocab_size, embed_size, hidden_size, rng):
    model = RNNLM.init(vocab_size, embed_size, hidden_size, rng, cell=CELLS[name])
    if name == BIASED:
        model.rnn.cell.b[hidden_size : 2 * hidden_size] = 5
    return model


# ---- recall


def windows(task, count, rng):
    """`count` windows of a task, one a row: a cue, blanks, a question."""
    ids = np.full((count, task.span), task.blank)
    ids[:, 0], ids[:, -1] = rng.integers(task.cues, size=count), task.question
    targets, mask = np.full_like(ids, task.blank), np.zeros(ids.shape, bool)
    targets[:, -1], mask[:, -1] = ids[:, 0], True
    return ids, targets, mask


def recall(name, span, seed):
    """Train on whole windows, so the gradient is never cut, until the cue is known."""
    task, rng = Recall(CUES, span), np.random.default_rng(seed)
    H = like_plain(name, task.vocab_size, 8, 32)
    model, optimizer = made(name, task.vocab_size, 8, H, rng), Adam(0.01)
    new = windows(task, 64, np.random.default_rng(99))
    for update in range(1, UPDATES + 1):
        ids, targets, mask = windows(task, 16, rng)
        _, grads, _ = model.loss_and_grads(ids, targets, mask=mask)
        grads, _ = clip_by_global_norm(grads, 1.0)
        optimizer.step(model.params, grads)
        if update % 20 == 0:
            found = perplexity(model.loss(new[0], new[1], mask=new[2])[0])
            if found < KNOWN:
                break
    return {
        "cell": name, "hidden": H, "weights": size_of(model), "seed": seed, "span": span,
        "updates": update if found < KNOWN else None, "perplexity": found,
    }  # fmt: skip


# ---- the grammar


def reber(name, seed):
    grammar, excess = embedded_reber(), []
    held_out = grammar.sample(60, np.random.default_rng(60), batch_size=40)
    V = len(grammar.vocab)
    H = like_plain(name, V, V, 32)

    def watch(step, model):
        if step % EVERY == 0:
            excess.append(excess_loss(model, grammar, held_out))

    model = learn_grammar(
        grammar, np.random.default_rng(seed), STEPS, H, watch=watch, cell=CELLS[name]
    )
    return {
        "cell": name, "hidden": H, "weights": size_of(model), "seed": seed, "excess": excess,
    }  # fmt: skip


# ---- the text


def text(name, seed):
    corpus = build_corpus(load_text("lantern"), unit="characters")
    V = len(corpus.vocab)
    H = like_plain(name, V, 16, 48)
    run = fit(
        corpus, model=made(name, V, 16, H, np.random.default_rng(seed)), batch_size=10,
        seq_len=20, lr=0.01, epochs=EPOCHS, seed=seed, dtype=np.float64,
    )  # fmt: skip
    return {
        "cell": name, "hidden": H, "weights": size_of(run.model), "seed": seed,
        "test": perplexity(run.test["RNN"]),
        "counting": {n: perplexity(v) for n, v in run.test.items() if n != "RNN"},
    }  # fmt: skip


# ---- all of it


def jobs():
    """For each of the three questions a list of cells, one of seeds, and of spans."""
    three = [name for name in CELLS if name != BIASED]
    short = list(zip(*itertools.product(three, SEEDS), strict=True))
    long = list(zip(*itertools.product(CELLS, SPANS, SEEDS), strict=True))
    return {recall: long, reber: short, text: short}


def rounded(value):
    """Floats to four decimals, however deep they lie: the file is read by people too."""
    if isinstance(value, dict):
        return {name: rounded(v) for name, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return round(float(value), 4) if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", action="store_true", help="print what is stored")
    if not parser.parse_args().show:
        with ProcessPoolExecutor() as pool:
            write({what.__name__: list(pool.map(what, *args)) for what, args in jobs().items()})
    show(json.loads(RESULT.read_text(encoding="utf-8")))


def write(result):
    """One training, one line."""
    lines = ",\n".join(
        f' "{what}": [\n  ' + ",\n  ".join(json.dumps(rounded(row)) for row in rows) + "\n ]"
        for what, rows in result.items()
    )
    RESULT.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def show(result):
    for row in result["recall"][:: len(SEEDS) * len(SPANS)] + result["text"][:: len(SEEDS)]:
        print(f"{row['cell']:20} H = {row['hidden']}, {row['weights']} weights")
    table = {}
    for row in result["recall"]:
        after = "   -" if row["updates"] is None else f"{row['updates']:4d}"
        table.setdefault(f"{row['cell']:20} L = {row['span']:3}", []).append(after)
    for row in result["reber"]:
        table.setdefault(f"{row['cell']:20} reber", []).append(f"{row['excess'][-1]:7.4f}")
    for row in result["text"]:
        table.setdefault(f"{row['cell']:20} text", []).append(f"{row['test']:6.2f}")
    for key, values in table.items():
        print(f"{key:28}", *values)
    print("counting", result["text"][0]["counting"])


if __name__ == "__main__":
    main()
