"""One page that tells of one training: self-contained, so it asks no other file or host.

What comes from the text is untrusted.  It reaches the page as text alone: escaped where Python
writes markup, in a JSON block that no parser reads as markup, and by text nodes in the script.
The page's own policy allows that script, by its checksum, and no other; and no request at all.
"""

import base64
import hashlib
import json
import re
from html import escape
from pathlib import Path

import numpy as np

from ..loss import perplexity
from ..sample import sample
from ..widgets.bundle import SHARED, bundle
from ..words import catalogue, t
from . import advice
from .corpus import join
from .files import write_whole
from .screen import printable

__all__ = ["HERE", "ROOM", "Diary", "page", "write_report"]

HERE = Path(__file__).parent
ROOM = 1_500_000  # numbers: the weights of several epochs are on the page if they fit
_ORDER = ("embedding.W", "rnn.W_x", "rnn.W_h", "rnn.b", "affine.W", "affine.b")


class Diary:
    """What is noted during a training, for its report.

    Call it as ``diary(epoch, model)`` before the first epoch and after each.

    Parameters
    ----------
    corpus : Corpus
    epochs : int
        How many there will be.
    seed : int
    length : int
        How many tokens to write after each epoch.
    """

    def __init__(self, corpus, epochs, seed=0, length=60):
        self.corpus, self.seed, self.length = corpus, seed, length
        self.samples, self.weights, self.first = {}, {}, None
        self.chosen = _spread(epochs, 6)

    def __call__(self, epoch, model):
        self.first = epoch if self.first is None else self.first
        if epoch - self.first not in self.chosen:
            return
        self.samples[epoch] = self.write(model)
        size = sum(p.size for p in model.params.values())
        if (len(self.weights) + 2) * size <= ROOM:  # one more place is for the best
            self.weights[epoch] = {name: p.copy() for name, p in model.params.items()}

    def write(self, model):
        """A sample that goes on from the first token of the test part."""
        rng, prompt = np.random.default_rng(self.seed), self.corpus.test[:1]
        ids = sample(model, prompt, self.length, rng, temperature=0.8)
        return join(self.corpus.vocab.decode([*prompt, *ids]), self.corpus.unit)


def _spread(epochs, count):
    """0, 1 and the last, and a few between them, closer together where more is learned."""
    if epochs <= 1:
        return {0, epochs}
    return {0, *(round(epochs ** (i / (count - 2))) for i in range(count - 1))}


def write_report(path, run, corpus, name, diary, about):
    """Write the page of a training.

    Parameters
    ----------
    path : str or Path
    run : Run
    corpus : Corpus
    name : str
        Of the text.
    diary : Diary
    about : dict
        Of the saved model, with ``options``, ``history`` and ``graphemes``.
    """
    write_whole(path, page(run, corpus, name, diary, about).encode("utf-8", "replace"))


def page(run, corpus, name, diary, about):
    """The page as a string."""
    made = bundle(HERE / "report.js", WORDS=catalogue())
    script = _in_script(f'(() => {{ "use strict";\n{made}\n}})();')
    checksum = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{checksum}'; style-src 'unsafe-inline'; "
        f"img-src data:; base-uri 'none'; form-action 'none'"
    )
    styles = (SHARED / "explorable.css", SHARED.parent / "next_word" / "next_word.css")
    style = "\n".join(p.read_text(encoding="utf-8") for p in (*styles, HERE / "report.css"))
    data = json.dumps(_data(run, corpus, diary, about), separators=(",", ":"))
    title = t("A language model of {name}", name=printable(name))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>{_text(title)}</h1>
{_verdict(run, corpus)}
<h2>{t("What it expects next")}</h2>
<div id="model"></div>
<noscript><p class="note">{t("This part needs JavaScript.")}</p></noscript>
<h2>{t("How it learned")}</h2>
<div id="curves"></div>
<h2>{t("Beside models that count")}</h2>
{_table(run, corpus)}
<h2>{t("What it wrote")}</h2>
{_samples(run, diary)}
<h2>{t("What it knows")}</h2>
{_vocabulary(corpus)}
<h2>{t("How it was made")}</h2>
{_making(run, corpus, about)}
</main>
<script type="application/json" id="data">{data.replace("<", chr(92) + "u003c")}</script>
<script>{script}</script>
</body>
</html>
"""


def _text(words):
    """Any string as text in markup."""
    return escape(printable(str(words)))


def _in_script(source):
    """A script that the parser of the page does not end too early."""
    return re.sub(r"</(?=script)|<!--", lambda found: "<\\" + found[0][1:], source, flags=re.I)


# ---- the numbers of the script


def _data(run, corpus, diary, about):
    model = run.model
    (V, D), H = model.embedding.W.shape, model.rnn.cell.hidden_size
    weights = {e: p for e, p in diary.weights.items() if e < run.best} | {run.best: model.params}
    counting = {k: loss for k, loss in run.valid.items() if k not in ("uniform", "RNN")}
    best = min(counting, key=counting.get)
    return {
        "unit": corpus.unit,
        "lower": bool(about["options"].get("lower")),
        "graphemes": bool(about.get("graphemes")),
        "words": [_sound(token) for token in corpus.vocab.tokens],
        "sizes": {"V": V, "D": D, "H": H},
        "epochs": sorted(weights),
        "weights": [_packed(np.concatenate([weights[e][n].ravel() for n in _ORDER]), "<f4")
                    for e in sorted(weights)],
        "followers": _followers(corpus.train, V),
        "prompt": corpus.test[: 12 if corpus.unit == "characters" else 4].tolist(),
        "history": [[e, seen, loss] for e, seen, loss in about["history"]],
        "best": run.best,
        "loss": run.valid["RNN"],
        "counting": {"name": advice.name_of(best), "loss": counting[best]},
    }  # fmt: skip


def _sound(token):
    """A token without halves of characters, which no page can hold."""
    return token.encode("utf-8", "replace").decode()


def _packed(array, kind):
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode()


def _followers(ids, V):
    """What came right after each token, and how often: rows in one array, `start` says where."""
    pairs, counts = np.unique(ids[:-1].astype(np.int64) * V + ids[1:], return_counts=True)
    before, after = np.divmod(pairs, V)
    start = np.searchsorted(before, np.arange(V + 1))
    arrays = {"start": start, "ids": after, "counts": counts}
    return {name: _packed(array, "<u4") for name, array in arrays.items()}


# ---- the parts of the page


def _verdict(run, corpus):
    return "\n".join(f"<p>{_text(line)}</p>" for line in advice.after(run, corpus))


def _table(run, corpus):
    head = (
        ("", t("model")), ("number", t("validation, nats")), ("number", t("perplexity")),
        ("number", t("test, nats")), ("number", t("perplexity")),
    )  # fmt: skip
    cells = "".join(f'<th scope="col" class="{kind}">{_text(words)}</th>' for kind, words in head)
    rows = []
    for key in run.test:
        numbers = [
            words
            for part in (run.valid, run.test)
            for words in (f"{part[key]:.3f}", f"{perplexity(part[key]):,.2f}")
        ]
        row = "".join(f'<td class="number">{words}</td>' for words in numbers)
        ours = ' class="ours"' if key == "RNN" else ""
        rows.append(f'<tr{ours}><th scope="row">{_text(advice.name_of(key))}</th>{row}</tr>')
    unit = corpus.unit.removesuffix("s")
    table = f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    said = t("Per {unit}. The test part was read once, at the end.", unit=unit)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{_text(t("losses"))}">'
        f'{table}</div>\n<p class="note">{_text(said)}</p>'
    )


def _samples(run, diary):
    samples = {**{e: words for e, words in diary.samples.items() if e != run.best}}
    samples[run.best] = diary.write(run.model)
    return "\n".join(
        f'<p class="sample" dir="auto"><b dir="ltr">{_text(_epoch(epoch, run))}</b>'
        f"{_text(samples[epoch])}</p>"
        for epoch in sorted(samples)
    )


def _epoch(epoch, run):
    if epoch == 0:
        return t("before training")
    kept = t(" (kept)") if epoch == run.best else ""
    return t("after epoch {epoch}", epoch=epoch) + kept


def _vocabulary(corpus, most=60):
    tokens, counts = corpus.vocab.tokens, np.bincount(corpus.train, minlength=len(corpus.vocab))
    first = np.argsort(-counts, kind="stable")[:most]
    items = "".join(
        f"<li><bdi>{_text(advice.visible(tokens[i]))}</bdi> <span>{counts[i]:,}</span></li>"
        for i in first
    )
    said = t(
        "{V} different {unit}, the most frequent ones first, with how often each comes in the "
        "training part. {share} of the test part is unknown.",
        V=f"{len(tokens):,}", unit=corpus.unit, share=f"{corpus.unknown(corpus.test):.1%}",
    )  # fmt: skip
    return f'<p>{_text(said)}</p>\n<ul class="vocabulary">{items}</ul>'


def _making(run, corpus, about):
    parts = t("{a} to train, {b} to validate, {c} to test", **{
        name: f"{len(part):,}"
        for name, part in zip("abc", (corpus.train, corpus.valid, corpus.test), strict=True)
    })  # fmt: skip
    facts = {corpus.unit: parts, "epochs read": run.history[-1][0], "epoch kept": run.best}
    options = {f"--{name.replace('_', '-')}": value for name, value in about["options"].items()}
    facts |= {name: value for name, value in options.items() if name not in ("--unit", "--epochs")}
    facts |= {"Python": about["python"], "NumPy": about["numpy"]}
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts.items()
                   if value is not None and value is not False)  # fmt: skip
    return f"<dl>{rows}</dl>"
