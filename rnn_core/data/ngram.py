"""Language models that count: what an RNN has to beat before its perplexity means anything.

Each gives every word of the vocabulary a probability after any words, and these add up to 1.
Losses are in nats per token, over the tokens that have a token before them: every token of a text
except the first, whatever the order of the model.  So the same tokens count as for an RNN that
reads the text from its start.
"""

import numpy as np

from ..shapes import as_counts, as_flag, as_ids, as_int, as_positive

__all__ = [
    "Bigram",
    "Counts",
    "KneserNey",
    "NGram",
    "Pairs",
    "Unigram",
    "choose_order",
    "discount",
    "discounts",
]


class NGram:
    """What the counting models share; each of them says what `_prob` is.

    Attributes
    ----------
    order : int
        How many words one count spans: the word itself and the order - 1 before it.
    """

    order = 2

    def __init__(self, ids, vocab_size):
        self.vocab_size = as_int("vocab_size", vocab_size)
        self.ids = self._as_ids("ids", ids, "T")
        if len(self.ids) < 2:
            raise ValueError("ids should hold at least 2 tokens, got 1: there is nothing to count")

    def prob(self, before, word):
        """p(word | before).

        Parameters
        ----------
        before : array of ids, or a tuple of such arrays
            The token before `word`; a tuple holds several, the oldest first.  Of a long tuple
            only the last order - 1 are looked at; an empty one asks what may begin a text.
        word : array of ids
            All arrays broadcast.
        """
        before = before if isinstance(before, tuple) else (before,)
        before = tuple(self._as_ids("before", b, "...") for b in before)
        word = self._as_ids("word", word, "...")
        _check_broadcast(word, *before)
        return self._prob(before, word)

    def _prob(self, before, word):
        """`prob` of ids that were checked; in `before`, -1 stands for no token."""
        raise NotImplementedError

    def predict(self, ids):
        """Probabilities (T, V) of the next word after each of the ids (T,); each row sums to 1.

        The ids are read as one text: row t knows ids[: t + 1], or the last order - 1 of them.
        """
        ids = self._as_ids("ids", ids, "T")
        return self._prob(self._before(ids[:, None]), np.arange(self.vocab_size))

    def log_probs(self, ids):
        """log p of each token after those before it, (T - 1,); -inf where p is 0."""
        ids = self._as_ids("ids", ids, "T")
        if len(ids) < 2:
            raise ValueError("ids should hold at least 2 tokens, got 1: nothing comes before it")
        with np.errstate(divide="ignore"):
            return np.log(self._prob(self._before(ids[:-1]), ids[1:]))

    def loss(self, ids):
        """Mean of -log p over all tokens but the first, in nats per token."""
        return float(-self.log_probs(ids).mean()) + 0.0  # not -0.0

    def _as_ids(self, name, ids, axes):
        return as_ids(name, ids, axes, vocab_size=self.vocab_size).astype(np.int64)

    def _before(self, ids):
        """What lies before the word after each of the ids (T, ...): arrays, the oldest first."""
        return tuple(_later(ids, k) for k in reversed(range(max(self.order - 1, 1))))

    def __repr__(self):
        return f"{type(self).__name__} of {len(self.ids)} tokens, V={self.vocab_size}"


def _check_broadcast(word, *before):
    try:
        np.broadcast_shapes(word.shape, *(b.shape for b in before))
    except ValueError:
        got = " and ".join(str(b.shape) for b in before)
        raise ValueError(
            f"word should have a shape that broadcasts with before, {got}, got {word.shape}: "
            f"give one word for each context"
        ) from None


def _later(ids, k):
    """The ids moved k places on; -1 where nothing came yet."""
    return np.concatenate([np.full_like(ids[:k], -1), ids[: max(len(ids) - k, 0)]])


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

    order = 1

    def __init__(self, ids, vocab_size, add=1.0):
        super().__init__(ids, vocab_size)
        counts = np.bincount(self.ids, minlength=vocab_size) + as_positive("add", add, zero=True)
        self.probs = counts / counts.sum()  # (V,)

    def _prob(self, before, word):
        return np.broadcast_to(self.probs[word], np.broadcast(word, *before).shape)


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

    def _prob(self, before, word):
        if not before:
            return np.full(word.shape, 1 / self.vocab_size)
        before = before[-1]
        count = self.pairs._count(before, word) + self.add
        total = (self.pairs.total + self.add * self.vocab_size)[before]
        return np.where(total > 0, count / np.maximum(total, 1e-300), 1 / self.vocab_size)


class KneserNey(NGram):
    """Interpolated Kneser-Ney: counts, less a discount that goes to the next shorter context::

        p(w | u v)  = max(c(u v w) - d, 0) / c(u v .) + left(u v) * p_next(w | v)
        left(u v)   = d n(u v .) / c(u v .), or 1 where u v never came

    c counts in the text and n(u v .) is how many different words follow u v.  The shorter
    contexts have the same formula with n(. v w) in place of c(v w), in how many different places
    v w was seen: "New" is frequent before "York", yet "York" follows little else and is a poor
    guess elsewhere.  The shortest has no words before it, and its rest is shared by all alike,
    1 / V.  Each length has a discount of its own, d = n_1 / (n_1 + 2 n_2), from how many of its
    counts are 1 and 2.  Kneser & Ney 1995; interpolated by Chen & Goodman 1999.

    Parameters
    ----------
    ids : array of ids (T,)
    vocab_size : int
    order : int
        How many words the longest counts span: 2 counts pairs, and sees one word back.
    modified : bool
        Three discounts for each length, for counts of 1, of 2, and of 3 and more (Chen & Goodman
        1999): better on most texts of 100,000 words and more, worse on most short ones.

    Attributes
    ----------
    discount : float, or array (3,) if `modified`
        What the longest counts give up.
    levels : list of Counts
        From no context to the longest.
    """

    def __init__(self, ids, vocab_size, order=2, modified=False):
        super().__init__(ids, vocab_size)
        self.order, modified = as_int("order", order), as_flag("modified", modified)
        grams = _grams(self.ids, self.vocab_size, self.order)
        self.levels = [Counts(*g, self.vocab_size, modified) for g in grams]
        self.discount = self.levels[-1].discount

    def _prob(self, before, word):
        p = np.full(np.broadcast(word, *before).shape, 1 / self.vocab_size)
        for level, context in zip(self.levels, self._contexts(before), strict=False):
            p = level.kept_of(context, word) + level.left[context] * p
        return p

    def _contexts(self, before):
        """Where the last 0, 1, ... order - 1 words of `before` stand in each level; -1: unseen."""
        places = [np.int64(0)]
        for token in before[max(len(before) - self.order + 1, 0) :]:
            found = [level.place(at, token) for level, at in zip(self.levels, places, strict=False)]
            places = [np.int64(0), *found]
        return places

    @property
    def fallback(self):
        """p_next(w) of the shortest context, (V,): what is known before any word was seen."""
        return self._prob((), np.arange(self.vocab_size))

    def __repr__(self):
        return f"{super().__repr__()}, order {self.order}"


class Counts:
    """The counts of one length, and what they keep and give away.

    A sequence of words is named by its place among all that came, so the name of a context times
    V plus a word is one number, however many words the context has.

    Parameters
    ----------
    keys : array (grams,), sorted
        context * V + word for each different sequence that came.
    counts : array (grams,)
    contexts : int
        How many different contexts there are.
    vocab_size : int
    modified : bool

    Attributes
    ----------
    kept : array (grams,)
        (count - discount) / total of the context.
    left : array (contexts + 1,)
        The share that each context passes on; the last entry, which -1 finds too, is 1: a
        context that never came passes on everything.
    """

    def __init__(self, keys, counts, contexts, vocab_size, modified):
        self.keys, self.vocab_size = keys, vocab_size
        self.discount = discounts(counts) if modified else discount(counts)
        by_count = np.append(0, np.broadcast_to(self.discount, 3))  # for 0, 1, 2, 3 and more
        given = by_count[np.minimum(counts, 3)]
        context = keys // vocab_size
        total = np.bincount(context, counts, contexts)
        self.kept = (counts - given) / np.maximum(total, 1)[context]
        self.left = np.ones(contexts + 1)
        given = np.bincount(context, given, contexts)
        np.divide(given, total, out=self.left[:-1], where=total > 0)

    def place(self, context, word):
        """Where the context with the word after it stands among the keys; -1: it never came."""
        key = np.where(word < 0, -1, context * self.vocab_size + word)
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, place, -1)

    def kept_of(self, context, word):
        """What the counts themselves say of the word after the context; 0 if it never came."""
        place = self.place(context, word)
        return np.where(place < 0, 0, self.kept[place])


def _grams(ids, V, order):
    """(keys, counts, contexts) for each length 1 .. order, as `Counts` wants them."""
    grams, ends, contexts = [], None, 1
    context = np.zeros(len(ids), np.int64)  # before a single word there is nothing
    for _ in range(order):
        # ids[i] ends a sequence whose words before that are named by context[i]
        keys, first, place, counts = np.unique(
            context * V + ids, return_index=True, return_inverse=True, return_counts=True
        )
        if ends is not None:  # the shorter ones count in how many different places they stood
            grams[-1][1] = np.bincount(ends[first], minlength=contexts)
        if not len(keys):
            break  # the text is shorter than this
        grams.append([keys, counts, contexts])
        ends, ids = place[1:], ids[1:]
        context, contexts = place[:-1], len(keys)
    return grams


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
        self.vocab_size = vocab_size = as_int("vocab_size", vocab_size)
        ids = as_ids("ids", ids, "T", vocab_size=vocab_size)
        if len(ids) < 2:
            raise ValueError("ids should hold at least 2 tokens, got 1: there is no pair")
        self.keys, self.counts = np.unique(ids[:-1] * vocab_size + ids[1:], return_counts=True)
        self.before, self.after = np.divmod(self.keys, vocab_size)
        self.total = np.bincount(ids[:-1], minlength=vocab_size)

    def count(self, before, word):
        """How often `word` came right after `before`, for two arrays of ids that broadcast."""
        before = as_ids("before", before, "...", vocab_size=self.vocab_size)
        word = as_ids("word", word, "...", vocab_size=self.vocab_size)
        _check_broadcast(word, before)
        return self._count(before, word)

    def _count(self, before, word):
        """`count` of ids that were checked; -1 stands for no token."""
        key = before * self.vocab_size + word
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, self.counts[place], 0)


def discount(counts):
    """n_1 / (n_1 + 2 n_2): what to take off each count (Ney, Essen & Kneser 1994).

    Kept between 0.1 and 0.9, so that in a tiny text too something is left of both the seen and
    the unseen.
    """
    counts = _as_counts(counts)
    n_1, n_2 = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
    return float(np.clip(n_1 / max(n_1 + 2 * n_2, 1), 0.1, 0.9))


def _as_counts(counts):
    none = isinstance(counts, np.ndarray) and not counts.size
    return counts if none else as_counts("counts", counts, "...")


def discounts(counts):
    """What to take off counts of 1, of 2, and of 3 and more, (3,) (Chen & Goodman 1999).

    With Y = n_1 / (n_1 + 2 n_2) they are k - (k + 1) Y n_{k+1} / n_k.  Each is kept between a
    tenth and k - 0.1; where no count is k, any would do, and it is Y.
    """
    counts = _as_counts(counts)
    n = [np.count_nonzero(counts == k) for k in range(5)]
    y = n[1] / max(n[1] + 2 * n[2], 1)
    raw = [k - (k + 1) * y * n[k + 1] / n[k] if n[k] else y for k in (1, 2, 3)]
    return np.clip(raw, 0.1, [0.9, 1.9, 2.9])


def choose_order(ids, valid, vocab_size, orders=range(1, 9), modified=False):
    """The `KneserNey` whose order does best on a part of the text that it did not count.

    Parameters
    ----------
    ids, valid : arrays of ids (T,)
        The part to count in and the part to choose by.
    vocab_size : int
    orders : sequence of int
    modified : bool
        As for `KneserNey`.

    Returns
    -------
    model : KneserNey
        The lowest order among the best.
    losses : dict
        For each order the loss on `valid`, in nats per token.
    """
    if not isinstance(orders, (range, list, tuple)):
        raise ValueError(
            f"orders should be a row of whole numbers, got {orders!r:.60}: try range(1, 9)"
        )
    models = {order: KneserNey(ids, vocab_size, order, modified) for order in orders}
    if not models:
        raise ValueError("orders should hold at least one order, got none: try range(1, 9)")
    losses = {order: model.loss(valid) for order, model in models.items()}
    return models[min(losses, key=losses.get)], losses
