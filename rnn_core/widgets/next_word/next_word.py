"""NextWord: what a language model expects after a prefix, at each stage of its training."""

from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import traitlets

from rnn_core import RNNLM, Adam, Vocabulary, perplexity, softmax, stream_batches, train
from rnn_core.cell import RNNCell
from rnn_core.data.ngram import Bigram
from rnn_core.layers import Affine, Embedding
from rnn_core.plots.language import learning_curve, next_word_bars
from rnn_core.rnn import RNN

from ..explorable import Explorable, Numbers, Real, Whole, brief, fail

# trait: name in RNNLM.params
PARAMS = {
    "embedding": "embedding.W",
    "W_x": "rnn.W_x",
    "W_h": "rnn.W_h",
    "b": "rnn.b",
    "affine_W": "affine.W",
    "affine_b": "affine.b",
}
MAX_WORDS, MAX_PREFIX = 40, 12


class Words(traitlets.TraitType):
    """A list of different strings; whatever they hold, the page shows them as text."""

    def __init__(self, **kwargs):
        super().__init__([], **kwargs)
        self.tag(sync=True)

    def validate(self, obj, value):
        good = isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value)
        if not good or len(set(value)) < len(value) or len(value) > MAX_WORDS:
            fail(
                self.name,
                f"a list of at most {MAX_WORDS} different strings",
                brief(value),
                "each is a row of bars",
            )
        return list(value)


class Ids(traitlets.TraitType):
    """A list of whole numbers, 0 or more."""

    def __init__(self, **kwargs):
        super().__init__([], **kwargs)
        self.tag(sync=True)

    def validate(self, obj, value):
        try:
            ids = np.array(value, dtype=np.float64)
        except (TypeError, ValueError):
            ids = np.array(-1.0)
        if ids.ndim != 1 or not np.isfinite(ids).all() or (ids < 0).any() or (ids % 1).any():
            fail(self.name, "a list of ids", brief(value), "ids are whole numbers, 0 or more")
        return ids.astype(int).tolist()


class NextWord(Explorable):
    """Probabilities of the next word after a prefix, RNN beside bigram, over the training.

    Parameters
    ----------
    checkpoints : dict, optional
        From each training step to the model's params at that step (copies of `RNNLM.params`).
        Without it the figure trains a small model on "you say goodbye and I say hello".
    vocab : Vocabulary
        At most 40 words.
    ids : array of ids (T,)
        The text that the model was trained on, for the perplexity.
    **traits
        ``prefix`` (a list of ids) and ``checkpoint`` (which of the steps: 0, 1, ...).

    The weights are rounded to five decimals, here and on the page.
    """

    claim = (
        "A model that sees one word must split its bets where that word has two followers. "
        "A model with a state need not."
    )
    shows = (
        "The probabilities of the next word from the RNN and from a bigram model, and the "
        "perplexity of the RNN on the whole text as it trains."
    )

    words = Words()
    text = Ids()
    prefix = Ids()
    steps = Ids()
    checkpoint = Whole(0, low=0)
    embedding, W_x, W_h, affine_W = Numbers(3), Numbers(3), Numbers(3), Numbers(3)
    b, affine_b = Numbers(2), Numbers(2)
    bigram = Numbers(2)
    floor = Real(1.0, low=1)

    def __init__(self, checkpoints=None, vocab=None, ids=None, **traits):
        if "words" not in traits:  # else: from the state of another one
            if checkpoints is None:
                checkpoints, vocab, ids = toy()
            traits = {**_traits(checkpoints, vocab, ids), **traits}
        super().__init__(**traits)

    @traitlets.validate("prefix", "text")
    def _check_ids(self, proposal):
        name, ids = proposal["trait"].name, proposal["value"]
        if ids and self.words and max(ids) >= len(self.words):
            fail(
                name,
                f"a list of ids below {len(self.words)}",
                brief(ids),
                "that is how many words there are",
            )
        if name == "prefix" and not 1 <= len(ids) <= MAX_PREFIX:
            fail(
                name,
                f"1 to {MAX_PREFIX} ids",
                brief(ids),
                "the model has to read a word before it expects one",
            )
        return ids

    @traitlets.validate("checkpoint")
    def _check_checkpoint(self, proposal):
        if self.steps and proposal["value"] >= len(self.steps):
            fail(
                "checkpoint",
                f"below {len(self.steps)}",
                proposal["value"],
                "that is how many checkpoints there are",
            )
        return proposal["value"]

    # ---- the numbers of the figure

    def model(self, checkpoint=None):
        """The RNNLM at a checkpoint, the present one unless said otherwise."""
        i = self.checkpoint if checkpoint is None else checkpoint
        p = {trait: np.array(getattr(self, trait)[i]) for trait in PARAMS}
        rnn = RNN(RNNCell(p["W_x"], p["W_h"], p["b"]))
        return RNNLM(Embedding(p["embedding"]), rnn, Affine(p["affine_W"], p["affine_b"]))

    def probabilities(self):
        """(V,) for the RNN and (V,) for the bigram model, after the prefix."""
        logits, _ = self.model().logits(np.array([self.prefix]))
        return softmax(logits[0, -1]), np.array(self.bigram[self.prefix[-1]])

    def perplexities(self):
        """Of the model on the text at every checkpoint."""
        ids = np.array([self.text])
        losses = [self.model(i).loss(ids[:, :-1], ids[:, 1:])[0] for i in range(len(self.steps))]
        return [perplexity(loss) for loss in losses]

    def summary(self):
        rnn, bigram = self.probabilities()
        said = []
        for name, probs in (("the RNN", rnn), ("the bigram model", bigram)):
            best = np.argsort(-probs, kind="stable")[:2]
            said.append(
                f"{name} gives " + " and ".join(f"“{self.words[i]}” {probs[i]:.3f}" for i in best)
            )
        prefix = " ".join(self.words[i] for i in self.prefix)
        step, reached = self.steps[self.checkpoint], self.perplexities()[self.checkpoint]
        return (
            f"After “{prefix}”, {step} training steps: {', '.join(said)}. "
            f"Perplexity on the text {reached:.3f}; without memory at best {self.floor:.3f}."
        )

    def draw(self):
        prefix = " ".join(self.words[i] for i in self.prefix)
        height = max(3.2, 0.45 * len(self.words) + 0.9)
        fig, (left, right) = plt.subplots(1, 2, figsize=(7.6, height), width_ratios=(3, 2))
        next_word_bars(left, self.words, *self.probabilities())
        left.set_title(f"after “{prefix}”", parse_math=False)
        left.legend(loc="lower right")
        learning_curve(right, self.steps, self.perplexities(), self.floor, self.checkpoint)
        right.set_title("on the whole text")
        return fig


def _traits(checkpoints, vocab, ids):
    steps = sorted(checkpoints)
    ids = np.asarray(ids)
    bigram = Bigram(ids, len(vocab))
    stacked = {
        trait: np.round([checkpoints[step][name] for step in steps], 5)
        for trait, name in PARAMS.items()
    }
    return {
        "words": list(vocab.tokens),
        "text": ids.tolist(),
        "prefix": ids[:2].tolist(),
        "steps": steps,
        **stacked,
        "bigram": bigram.predict(np.arange(len(vocab))),
        "floor": perplexity(bigram.loss(ids)),
        "checkpoint": len(steps) - 1,
    }


@cache
def toy(sentence="you say goodbye and I say hello", seed=0, updates=400):
    """A small model trained on one sentence: its checkpoints, its vocabulary, the ids."""
    vocab = Vocabulary.from_tokens(sentence.split())
    ids = vocab.encode(sentence.split())
    model = RNNLM.init(len(vocab), 4, 8, np.random.default_rng(seed))
    checkpoints = {0: copied(model)}

    def keep(step, loss):
        if step in (10, 20, 30, 40, 60, 80, 100, 150, 200, 300, updates):
            checkpoints[step] = copied(model)

    train(model, stream_batches(ids, 1, 3), Adam(0.02), epochs=updates // 2, on_step=keep)
    return checkpoints, vocab, ids


def copied(model):
    """The model's params as they are now."""
    return {name: p.copy() for name, p in model.params.items()}
