"""Truncation: slide k, and see what is cut, what is zero, what is biased, what must be kept."""

from functools import cache

import numpy as np
import traitlets

from rnn_core.cell import RNNCell
from rnn_core.data import Vocabulary, stream_batches
from rnn_core.diagnostics import cosine_and_ratio, input_gradients
from rnn_core.layers import Affine, Embedding
from rnn_core.model import RNNLM
from rnn_core.optim import Adam
from rnn_core.plots import canvas, number
from rnn_core.plots.truncation import ROW, bias_curves, blocks
from rnn_core.rnn import RNN
from rnn_core.train import train

from ..explorable import Explorable, Flag, Numbers, Whole, brief, fail
from ..next_word.next_word import PARAMS

LINES = "every evening she lit the lamp", "every morning she put out the lamp"
SENTENCE = " ".join(LINES).split()
RECURRENT, OUTPUT = ("rnn.W_x", "rnn.W_h", "rnn.b"), ("affine.W", "affine.b")


@cache
def example():
    """A small model after 25 updates on `SENTENCE`, read over and over; and its vocabulary."""
    vocab = Vocabulary.from_tokens(SENTENCE)
    model = RNNLM.init(len(vocab), embed_size=3, hidden_size=6, rng=np.random.default_rng(0))
    text = vocab.encode(SENTENCE * 100)
    train(model, stream_batches(text, 4, 13), Adam(0.02), max_norm=1.0)
    return model, vocab


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
    vocab : Vocabulary, optional
    **traits
        ``k``: steps in a block; ``question``: the step whose loss is followed; ``cue``: the input
        it is followed to; ``carry``: False resets the state at each border.
    """

    claim = (
        "Truncation cuts only the way back: the states stay as they are and the output layer's "
        "gradient is exact, but what an earlier block said is exactly zero. A reset state is "
        "another thing."
    )
    shows = (
        "Each bar is the gradient of the marked loss at that input, its outline the same without "
        "cuts. The curves compare the truncated gradient with the full one, for every k."
    )

    embedding = Numbers(2)
    W_x = Numbers(2)
    W_h = Numbers(2)
    b = Numbers(1)
    affine_W = Numbers(2)
    affine_b = Numbers(1)
    ids = Numbers(1)
    words = Words([]).tag(sync=True)
    k = Whole(6, low=1)
    question = Whole(7, low=1)
    cue = Whole(2, low=1)
    carry = Flag(True)

    def __init__(self, model=None, words=None, vocab=None, **traits):
        if "ids" not in traits:
            if model is None:
                model, vocab = example()
            words = SENTENCE if words is None else list(words)
            made = {trait: np.round(model.params[name], 4) for trait, name in PARAMS.items()}
            T = len(words) - 1
            made |= {"ids": vocab.encode(words), "k": min(6, T), "question": min(7, T), "cue": 2}
            traits = {**made, **traits}
        super().__init__(words=words, **traits)

    @traitlets.validate(*PARAMS, "ids", "words")
    def _fit(self, proposal):
        now = {**self.state(), proposal["trait"].name: proposal["value"]}
        if not 3 <= len(now["ids"]) <= 17:
            fail("ids", "3 to 17 of them", len(now["ids"]), "more do not fit on a page")
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

    def gradients(self, k, carry=True):
        """Of the mean loss over all T steps, block by block; the state carried or reset."""
        model, inputs, targets = self._text()
        total, h = dict.fromkeys(RECURRENT + OUTPUT, 0), None
        for t in range(0, self.T, k):
            s = slice(t, t + k)
            _, grads, h = model.loss_and_grads(inputs[:, s], targets[:, s], h if carry else None)
            share = inputs[:, s].size / self.T
            total = {name: total[name] + share * grads[name] for name in total}
        return total

    def bias(self, k):
        """Cosine and norm ratio to the full gradient: of the recurrent and of the output layer."""
        pair = self.gradients(self.T), self.gradients(k, self.carry)
        parts = {"recurrent": RECURRENT, "output": OUTPUT}
        return {part: cosine_and_ratio(*(_flat(g, n) for g in pair)) for part, n in parts.items()}

    def heard(self, k, carry=True):
        """||dL_question / dx_t|| for every input, an array (T,)."""
        model, inputs, targets = self._text()
        start = (self.question - 1) // k * k
        s, norms = slice(start, start + k), np.zeros(self.T)
        h = model.logits(inputs[:, :start])[1] if carry and start else None
        asked = np.arange(self.T)[None, s] == self.question - 1
        dxs = input_gradients(model, inputs[:, s], targets[:, s], h_0=h, mask=asked)
        norms[s] = np.linalg.norm(dxs[0], axis=1)
        return norms

    def summary(self):
        full = self.heard(self.T)[self.cue - 1]
        cut = self.heard(self.k, self.carry)[self.cue - 1]
        heard = "exactly 0" if cut == 0 else number(cut, 3)
        (cosine, ratio), output = self.bias(self.k).values()
        return (
            f"Blocks of k = {self.k}, state {'carried' if self.carry else 'reset'}: the loss of "
            f"step {self.question} reaches input {self.cue} with {heard} (full {number(full, 3)}); "
            f"gradient of the recurrent layer: cosine {number(cosine)}, norm ratio "
            f"{number(ratio)}; of the output layer: {', '.join(map(number, output))}; "
            f"{self.k + 1} of {self.T + 1} states kept."
        )

    def draw(self):
        fig, ax = canvas(760, ROW + 240)
        full, cut = self.heard(self.T), self.heard(self.k, self.carry)
        words = self.words[:-1], self.words[1:]
        blocks(ax, *words, self.question, self.cue, self.k, self.carry, full, cut, width=760)
        plot = fig.add_axes((0.06, 0.11, 0.66, 0.36))
        ks = range(1, self.T + 1)
        bias = [self.bias(k) for k in ks]
        named = {part: np.array([b[part] for b in bias]) for part in ("recurrent", "output")}
        bias_curves(plot, ks, named, at=self.k)
        values = np.concatenate(list(named.values()))
        plot.set_ylim(min(0, values.min()), 1.04 * max(1.05, values.max()))
        plot.set_xticks(list(ks))
        plot.set_ylabel("")
        plot.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        return fig


def _flat(grads, names):
    return np.concatenate([grads[name].ravel() for name in names])


def _model(state):
    """The language model of a figure's traits."""
    rnn = RNN(RNNCell(state["W_x"], state["W_h"], state["b"]))
    embedding, affine = np.array(state["embedding"]), (state["affine_W"], state["affine_b"])
    return RNNLM(Embedding(embedding), rnn, Affine(*affine))
