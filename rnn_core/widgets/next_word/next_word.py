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
from rnn_core.shapes import as_ids
from rnn_core.words import t

from ..explorable import PARAMS, Explorable, Numbers, Real, Whole, brief, fail

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
    prefix : list of ids, optional
        What the model has read, 1 to 12 words; the first two of the text unless said otherwise.
    checkpoint : int
        Which of the steps: 0, 1, ...
    **state
        What the state of another figure holds besides.

    The weights are rounded to five decimals, here and on the page.

    Raises
    ------
    ValueError
        If checkpoints, vocabulary and ids do not fit together.
    """

    claim = (
        "A model that sees one word must split its bets where that word has two followers. "
        "A model with a state need not."
    )
    shows = (
        "Bars: how likely each word is to come next. Curve: the RNN's perplexity on the whole "
        "text. Play the training or drag the point; press a word to add it. Weights are kept to "
        "five decimals: a last digit can be one off."
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

    def __init__(
        self, checkpoints=None, vocab=None, ids=None, *, prefix=None, checkpoint=0, **state
    ):
        if checkpoints is None and vocab is None and ids is None:
            checkpoints, vocab, ids = toy()
        made = {**text_and_weights(*checked(checkpoints, vocab, ids)), **state}
        prefix = made["text"][:2] if prefix is None else prefix
        super().__init__(prefix=prefix, checkpoint=checkpoint, **made)

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
        expected = {}
        for name, probs in zip(("rnn", "bigram"), self.probabilities(), strict=True):
            best = np.argsort(-probs, kind="stable")[:2]
            words = [f"“{self.words[i]}” {probs[i]:.3f}" for i in best]
            expected[name] = f" {t('and')} ".join(words)
        after = t(
            "After “{prefix}”, {step} training steps: the RNN gives {rnn}, the bigram model gives "
            "{bigram}.",
            prefix=" ".join(self.words[i] for i in self.prefix),
            step=self.steps[self.checkpoint],
            **expected,
        )
        reached = t(
            "Perplexity on the text {perplexity}; without memory at best {floor}.",
            perplexity=f"{self.perplexities()[self.checkpoint]:.3f}",
            floor=f"{self.floor:.3f}",
        )
        return f"{after} {reached}"

    def draw(self):
        prefix = " ".join(self.words[i] for i in self.prefix)
        height = max(3.2, 0.45 * len(self.words) + 0.9)
        fig, (left, right) = plt.subplots(1, 2, figsize=(7.6, height), width_ratios=(3, 2))
        next_word_bars(left, self.words, *self.probabilities())
        left.set_title(t("after “{prefix}”", prefix=prefix), parse_math=False)
        left.legend(loc="lower right")
        learning_curve(right, self.steps, self.perplexities(), self.floor, self.checkpoint)
        right.set_title(t("on the whole text"))
        return fig


def checked(checkpoints, vocab, ids):
    """The three arguments, if they fit together."""
    call = "pass NextWord({0: params, 100: params}, vocab, ids)"
    should = "a dict from training steps to copies of RNNLM.params"
    if not isinstance(checkpoints, dict) or not checkpoints:
        fail("checkpoints", should, brief(checkpoints), call)
    for step, params in checkpoints.items():
        if not isinstance(params, dict) or set(params) != set(PARAMS.values()):
            names = list(params) if isinstance(params, dict) else params
            got = f"{brief(names)} at {brief(step)}"
            fail("checkpoints", f"{should}: {', '.join(PARAMS.values())}", got, call)
    if not isinstance(vocab, Vocabulary):
        fail("vocab", "the Vocabulary of the text", brief(vocab), call)
    for V in {len(params["embedding.W"]) for params in checkpoints.values()} - {len(vocab)}:
        why = "pass the one that the model was trained with"
        fail("vocab", f"the model's, of {V} words", f"one of {len(vocab)}", why)
    if ids is None or len(ids := as_ids("ids", ids, "T", vocab_size=len(vocab))) < 2:
        why = "pass vocab.encode(words) of the text that the model was trained on"
        fail("ids", "an array of 2 ids or more", brief(ids), why)
    return checkpoints, vocab, ids


def text_and_weights(checkpoints, vocab, ids):
    """What the figure holds of a text and of a model's training on it, by the names of traits."""
    steps = sorted(checkpoints)
    bigram = Bigram(ids, len(vocab))
    stacked = {
        trait: np.round([checkpoints[step][name] for step in steps], 5)
        for trait, name in PARAMS.items()
    }
    return {
        "words": list(vocab.tokens),
        "text": ids.tolist(),
        "steps": steps,
        **stacked,
        "bigram": bigram.predict(np.arange(len(vocab))),
        "floor": perplexity(bigram.loss(ids)),
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
