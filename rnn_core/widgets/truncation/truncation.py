"""Truncation: drag the cut, and see what is heard, what is exactly zero, what is biased."""

from functools import cache

import numpy as np
import traitlets

from rnn_core.cell import RNNCell
from rnn_core.data import Vocabulary, stream_batches
from rnn_core.diagnostics import cosine_and_ratio, input_gradients, share_through
from rnn_core.layers import Affine, Embedding
from rnn_core.model import RNNLM
from rnn_core.optim import Adam
from rnn_core.plots import canvas, number
from rnn_core.plots.truncation import ROW, bias_curves, blocks
from rnn_core.rnn import RNN
from rnn_core.train import train
from rnn_core.words import t

from ..explorable import PARAMS, Choice, Explorable, Flag, Numbers, Whole, brief, fail, plain

LINES = "every evening she lit the lamp", "every morning she put out the lamp"
SENTENCE = " ".join(LINES).split()
# It opens on the loss of the second "every", followed to the word that would tell, "evening": six
# steps, both counted, with a border between them although a block has room for six.
OPENS = {"k": 6, "question": 7, "cue": 2}
SHORTEST, LONGEST = 2, 16  # steps; a page has room for no more
RECURRENT, OUTPUT = ("rnn.W_x", "rnn.W_h", "rnn.b"), ("affine.W", "affine.b")


@cache
def example():
    """A small model after 25 updates on `SENTENCE`, read over and over; and its vocabulary."""
    vocab = Vocabulary.from_tokens(SENTENCE)
    model = RNNLM.init(len(vocab), embed_size=3, hidden_size=6, rng=np.random.default_rng(0))
    text = vocab.encode(SENTENCE * 100)
    train(model, stream_batches(text, 4, 13), Adam(0.02), max_norm=1.0)
    return model, vocab


def read(words, vocab, size):
    """The ids of `words`, which the vocabulary of a model of so many words has to know."""
    if not isinstance(vocab, Vocabulary):
        why = "pass the one whose ids the model was trained on: Truncation(model, words, vocab)"
        fail("vocab", "a Vocabulary", brief(vocab), why)
    if len(vocab) != size:
        fail("vocab", f"the model's, of {size} words", f"one of {len(vocab)}", "pass that one")
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        fail("words", "a list of str", brief(words), "split a text first: text.split()")
    return vocab.encode(list(words))


class Words(traitlets.TraitType):
    """A list of str."""

    def validate(self, obj, value):
        good = isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value)
        if not good:
            fail(self.name, "a list of str", brief(value), "each step shows its word")
        return list(value)


class Truncation(Explorable):
    """A short text read by a language model, and the gradient's way back through it.

    Parameters
    ----------
    model : RNNLM, optional
        A small one that has seen a sentence 100 times by default.
    words : list of str, optional
        T + 1 of them, 3 to 17: what the model reads, and at the end one more to predict.
    vocab : Vocabulary
        The one of `model`; not needed without a model of your own.
    ids : list of int, optional
        The numbers of `words`, where there is no vocabulary to look them up.
    k : int
        Steps in a block, or in the window, 1 to T.
    question, cue : int
        The step whose loss is followed, and the input it is followed to.
    kind : "blocks" or "window"
        Cut every k steps, or let each loss travel k steps back, its own included.
    carry : bool
        False resets the state at each border of a block; a window has no borders.
    **weights
        ``embedding``, ``W_x``, ``W_h``, ``b``, ``affine_W``, ``affine_b``: instead of those of
        `model`.

    Raises
    ------
    ValueError
        If a word is not in the vocabulary, or sizes do not fit.
    """

    claim = (
        "Truncation cuts the way back and nothing else: every state stays as it is, but what lies "
        "beyond the cut hears exactly nothing of the loss."
    )
    shows = (
        "Bars: the gradient of the marked loss at each input; outlines: the same without cuts. "
        "Drag the cut, or the line at *k*. Press an input to read it off."
    )

    embedding = Numbers(2)
    W_x = Numbers(2)
    W_h = Numbers(2)
    b = Numbers(1)
    affine_W = Numbers(2)
    affine_b = Numbers(1)
    ids = Numbers(1)
    words = Words([]).tag(sync=True)
    k = Whole(1, low=1)
    question = Whole(1, low=1)
    cue = Whole(1, low=1)
    kind = Choice("blocks", ("blocks", "window"))
    carry = Flag(True)

    def __init__(
        self,
        model=None,
        words=None,
        vocab=None,
        *,
        ids=None,
        k=None,
        question=None,
        cue=None,
        kind="blocks",
        carry=True,
        **weights,
    ):
        if model is None and vocab is None:
            model, vocab = example()
        model = plain(model, "Truncation(model, words, vocab)")
        words = SENTENCE if words is None else words
        if ids is None:
            ids = read(words, vocab, model.params["embedding.W"].shape[0])
        T = len(ids) - 1
        question = max(1, min(OPENS["question"], T)) if question is None else question
        cue = min(OPENS["cue"], question) if cue is None else cue
        k = max(1, min(OPENS["k"], T)) if k is None else k
        weights = {**{trait: model.params[name] for trait, name in PARAMS.items()}, **weights}
        controls = {"k": k, "question": question, "cue": cue, "kind": kind, "carry": carry}
        super().__init__(words=words, ids=ids, **controls, **weights)

    @traitlets.validate(*PARAMS, "ids", "words")
    def _fit(self, proposal):
        now = {**self.state(), proposal["trait"].name: proposal["value"]}
        if not SHORTEST < len(now["ids"]) <= LONGEST + 1:
            should, got = f"{SHORTEST + 1} to {LONGEST + 1} of them", len(now["ids"])
            fail("ids", should, got, "more do not fit on a page")
        if len(now["words"]) != len(now["ids"]):
            should, got = f"{len(now['ids'])} words", len(now["words"])
            fail("words", should, got, "one for each id")
        _model(now).logits(np.array(now["ids"], dtype=int)[None])  # says itself what does not fit
        return proposal["value"]

    @traitlets.validate("k", "question", "cue")
    def _inside(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        now = {**self.state(), name: value}
        if value > self.T:
            fail(name, f"at most T = {self.T}", value, "there are no more steps")
        if now["cue"] > now["question"]:
            why = "a loss says nothing to a later input"
            fail("cue", f"at most the question, {now['question']}", now["cue"], why)
        return value

    @property
    def T(self):
        """Steps: one less than there are words."""
        return len(self.ids) - 1

    def _text(self):
        """The model, its inputs (1, T), its targets (1, T)."""
        ids = np.array(self.ids, dtype=int)[None]
        return _model(self.state()), ids[:, :-1], ids[:, 1:]

    # ---- the numbers

    def gradients(self, k, kind="blocks", carry=True):
        """Of the mean loss over all T steps: by windows, or in blocks, state carried or reset."""
        model, inputs, targets = self._text()
        if kind == "window":
            return model.loss_and_grads(inputs, targets, window=k)[1]
        total, h = dict.fromkeys(RECURRENT + OUTPUT, 0), None
        for start in range(0, self.T, k):
            block = slice(start, start + k)
            h_0 = h if carry else None
            _, grads, h = model.loss_and_grads(inputs[:, block], targets[:, block], h_0)
            share = inputs[:, block].size / self.T
            total = {name: total[name] + share * grads[name] for name in total}
        return total

    def bias(self, k):
        """Cosine and norm ratio to the full gradient: of the recurrent and of the output layer."""
        pair = self.gradients(self.T), self.gradients(k, self.kind, self.carry)
        parts = {"recurrent": RECURRENT, "output": OUTPUT}
        return {part: cosine_and_ratio(*(_flat(g, n) for g in pair)) for part, n in parts.items()}

    def heard(self, k, kind="blocks", carry=True):
        """||dL_question / dx_t|| for every input, an array (T,)."""
        model, inputs, targets = self._text()
        asked = np.arange(self.T)[None] == self.question - 1
        if kind == "window":
            dxs = input_gradients(model, inputs, targets, mask=asked, window=k)
            return np.linalg.norm(dxs[0], axis=1)
        start = (self.question - 1) // k * k
        block, norms = slice(start, start + k), np.zeros(self.T)
        h_0 = model.logits(inputs[:, :start])[1] if carry and start else None
        part = inputs[:, block], targets[:, block]
        dxs = input_gradients(model, *part, h_0=h_0, mask=asked[:, block])
        norms[block] = np.linalg.norm(dxs[0], axis=1)
        return norms

    @property
    def fits(self):
        """At how many of k places in a block cue and question lie together; in a window all or 0.

        Of k places, counted from the border, as in `share_through`.
        """
        span = self.question - self.cue + 1
        if self.kind == "window":
            return self.k if span <= self.k else 0
        return round(self.k * share_through(span, self.k))

    @property
    def steps_back(self):
        """Steps that the way back takes for all T losses: one through each block; w a window."""
        steps = np.arange(1, self.T + 1)
        return int(np.minimum(steps, self.k).sum()) if self.kind == "window" else self.T

    def summary(self):
        full = self.heard(self.T)[self.cue - 1]
        cut = self.heard(self.k, self.kind, self.carry)[self.cue - 1]
        (cosine, ratio), output = self.bias(self.k).values()
        state = t("carried") if self.carry else t("reset")
        how = (
            t("A window of k = {k} steps", k=self.k)
            if self.kind == "window"
            else t("Blocks of k = {k}, state {state}", k=self.k, state=state)
        )
        reached = t(
            "the loss of step {question} reaches input {cue} with {heard} (full {full})",
            question=self.question,
            cue=self.cue,
            heard=t("exactly 0") if cut == 0 else number(cut, 3),
            full=number(full, 3),
        )
        biased = t(
            "gradient of the recurrent layer: cosine {cosine}, norm ratio {ratio}; of the output "
            "layer: {output}",
            cosine=number(cosine),
            ratio=number(ratio),
            output=", ".join(map(number, output)),
        )
        kept = t("{kept} of {all} states kept", kept=self.k + 1, all=self.T + 1)
        return f"{how}: {reached}; {biased}; {kept}."

    def draw(self):
        fig, ax = canvas(760, ROW + 240)
        full, cut = self.heard(self.T), self.heard(self.k, self.kind, self.carry)
        words = self.words[:-1], self.words[1:]
        way = {"carry": self.carry, "window": self.kind == "window"}
        blocks(ax, *words, self.question, self.cue, self.k, full=full, cut=cut, width=760, **way)
        plot = fig.add_axes((0.06, 0.11, 0.66, 0.36))
        ks = range(1, self.T + 1)
        bias = [self.bias(k) for k in ks]
        named = {part: np.array([b[part] for b in bias]) for part in ("recurrent", "output")}
        bias_curves(plot, ks, named, at=self.k)
        values = np.concatenate(list(named.values()))
        plot.set_ylim(min(0, values.min()), 1.04 * max(1.05, values.max()))
        plot.set_xticks(list(ks))
        plot.set_ylabel("")
        if self.kind == "window":
            plot.set_xlabel(t("k, steps in the window"))
        plot.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        return fig


def _flat(grads, names):
    return np.concatenate([grads[name].ravel() for name in names])


def _model(state):
    """The language model of a figure's traits."""
    rnn = RNN(RNNCell(state["W_x"], state["W_h"], state["b"]))
    embedding, affine = np.array(state["embedding"]), (state["affine_W"], state["affine_b"])
    return RNNLM(Embedding(embedding), rnn, Affine(*affine))
