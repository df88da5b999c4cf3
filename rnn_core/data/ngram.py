"""Language models that count: what an RNN has to beat before its perplexity means anything.

Each gives every word of the vocabulary a probability after every word, and these add up to 1.
Losses are in nats per token, over the tokens that have a token before them: every token of a text
except the first.  So the same tokens count as for an RNN that reads the text from its start.
"""

import numpy as np

from ..shapes import as_ids, as_int, as_positive


class NGram:
    """What the counting models share; each of them says what `prob` is."""

    def __init__(self, ids, vocab_size):
        self.vocab_size = as_int("vocab_size", vocab_size)
        self.ids = as_ids("ids", ids, "T", vocab_size=self.vocab_size).astype(np.int64)
        if len(self.ids) < 2:
            raise ValueError("ids should hold at least 2 tokens, got 1: there is nothing to count")

    def prob(self, before, word):
        """p(word | before), for two arrays of ids that broadcast."""
        raise NotImplementedError

    def predict(self, ids):
        """Probabilities (T, V) of the next word after each of the ids (T,); each row sums to 1."""
        ids = as_ids("ids", ids, "T", vocab_size=self.vocab_size).astype(np.int64)
        return self.prob(ids[:, None], np.arange(self.vocab_size))

    def log_probs(self, ids):
        """log p of each token after the one before it, (T - 1,); -inf where p is 0."""
        ids = as_ids("ids", ids, "T", vocab_size=self.vocab_size).astype(np.int64)
        if len(ids) < 2:
            raise ValueError("ids should hold at least 2 tokens, got 1: nothing comes before it")
        with np.errstate(divide="ignore"):
            return np.log(self.prob(ids[:-1], ids[1:]))

    def loss(self, ids):
        """Mean of -log p over all tokens but the first, in nats per token."""
        return float(-self.log_probs(ids).mean()) + 0.0  # not -0.0

    def __repr__(self):
        return f"{type(self).__name__} of {len(self.ids)} tokens, V={self.vocab_size}"


class Unigram(NGram):
    """p(w) = (count(w) + add) / (tokens + add V): how common the word is, whatever came before.

    Parameters
    ----------
    ids : array of ids (T,)
        The text to count in.
    vocab_size : int
    add : float
        Added to every count (Laplace): with 0 a word that never came is impossible.
    """

    def __init__(self, ids, vocab_size, add=1.0):
        super().__init__(ids, vocab_size)
        counts = np.bincount(self.ids, minlength=vocab_size) + as_positive("add", add, zero=True)
        self.probs = counts / counts.sum()  # (V,)

    def prob(self, before, word):
        return np.broadcast_to(self.probs[word], np.broadcast_shapes(before.shape, word.shape))


class Bigram(NGram):
    """p(w | v) = (count(v w) + add) / (count(v .) + add V): the table of what follows what.

    With `add` 0 it is the best that a model can do on the counted text if it sees one word only:
    the memoryless floor.  On another text a pair that never came then costs an infinite loss.
    After a word that nothing ever followed, all words are equally likely.

    Parameters as `Unigram`.
    """

    def __init__(self, ids, vocab_size, add=0.0):
        super().__init__(ids, vocab_size)
        self.add = as_positive("add", add, zero=True)
        self.pairs = Pairs(self.ids, vocab_size)

    def prob(self, before, word):
        count = self.pairs.count(before, word) + self.add
        total = (self.pairs.total + self.add * self.vocab_size)[before]
        return np.where(total > 0, count / np.maximum(total, 1e-300), 1 / self.vocab_size)


class KneserNey(NGram):
    """The interpolated Kneser-Ney bigram: counts, less a discount that goes to a fallback::

        p(w | v)    = max(count(v w) - d, 0) / count(v .) + d n(v .) / count(v .) * p_next(w)
        p_next(w)   = max(n(. w) - e, 0) / n(. .)         + e n(.) / n(. .)       * 1 / V

    n(v .) is how many different words follow v, n(. w) how many different words w follows: "New"
    is frequent before "York", yet "York" follows little else and is a poor guess elsewhere.
    n(. .) counts the different pairs and n(.) the words that follow anything.  The discounts are
    d = n_1 / (n_1 + 2 n_2), from how many pairs come once and twice (and e likewise from n(. w)).
    Kneser & Ney 1995; interpolated by Chen & Goodman 1999.

    Parameters
    ----------
    ids : array of ids (T,)
    vocab_size : int
    """

    def __init__(self, ids, vocab_size):
        super().__init__(ids, vocab_size)
        self.pairs = pairs = Pairs(self.ids, vocab_size)
        self.discount = discount(pairs.counts)
        different = len(pairs.counts)
        follows = np.bincount(pairs.after, minlength=vocab_size)  # n(. w)
        e = discount(follows)
        spare = e * np.count_nonzero(follows) / different
        self.fallback = np.maximum(follows - e, 0) / different + spare / vocab_size  # (V,)
        n_after = np.bincount(pairs.before, minlength=vocab_size)  # n(v .)
        self.left = self.discount * n_after / np.maximum(pairs.total, 1)  # what was taken off
        self.left[pairs.total == 0] = 1

    def prob(self, before, word):
        kept = np.maximum(self.pairs.count(before, word) - self.discount, 0)
        kept = kept / np.maximum(self.pairs.total, 1)[before]
        return kept + self.left[before] * self.fallback[word]


class Pairs:
    """How often each pair of neighbors comes in a text; only the pairs that come take memory.

    Attributes
    ----------
    before, after, counts : arrays (pairs,)
        The different pairs, and how often each comes.
    total : array (V,)
        How many pairs begin with each word.
    """

    def __init__(self, ids, vocab_size):
        self.vocab_size = vocab_size
        self.keys, self.counts = np.unique(ids[:-1] * vocab_size + ids[1:], return_counts=True)
        self.before, self.after = np.divmod(self.keys, vocab_size)
        self.total = np.bincount(ids[:-1], minlength=vocab_size)

    def count(self, before, word):
        """How often `word` came right after `before`, for two arrays of ids that broadcast."""
        key = np.asarray(before) * self.vocab_size + word
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, self.counts[place], 0)


def discount(counts):
    """n_1 / (n_1 + 2 n_2): what to take off each count (Ney, Essen & Kneser 1994).

    Kept between 0.1 and 0.9, so that in a tiny text too something is left of both the seen and
    the unseen.
    """
    n_1, n_2 = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
    return float(np.clip(n_1 / max(n_1 + 2 * n_2, 1), 0.1, 0.9))
