"""Words to numbers and back."""

from collections import Counter

import numpy as np

from ..shapes import as_ids, as_int, as_numpy, as_words

__all__ = ["UNK", "Vocabulary"]

UNK = "<unk>"


class Vocabulary:
    """A list of different tokens; the place in the list is the id.

    If the list holds ``<unk>``, unknown tokens are encoded as that; otherwise they are an error.

    Parameters
    ----------
    tokens : sequence of str
        Each at most once, at least one.
    """

    def __init__(self, tokens):
        self.tokens = tuple(_each(tokens))
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if not self.tokens:
            raise ValueError("tokens should hold at least one token, got none: give it a text")
        if len(self.ids) < len(self.tokens):
            twice = next(t for t, n in Counter(self.tokens).items() if n > 1)
            raise ValueError(
                f"tokens should all differ, got {twice!r} twice: use Vocabulary.from_tokens"
            )

    @classmethod
    def from_tokens(cls, tokens, max_size=None, min_count=1):
        """The vocabulary of a text, in order of first appearance.

        Parameters
        ----------
        tokens : iterable of str
            The text: each token as often as it comes.
        max_size : int, optional
            Keep only the most frequent tokens, so that with ``<unk>`` there are `max_size`.
        min_count : int
            Keep only tokens that come at least this often.

        If tokens were left out, ``<unk>`` is among those kept.
        """
        counts = Counter(_each(tokens))
        min_count = as_int("min_count", min_count)
        max_size = None if max_size is None else as_int("max_size", max_size)
        if not counts:
            raise ValueError("tokens should hold at least one token, got none: give it a text")
        kept = [t for t, n in counts.items() if n >= min_count]
        if max_size is not None and len(kept) > max_size:
            room = max_size - (UNK not in kept)
            ranked = sorted(kept, key=lambda t: (t != UNK, -counts[t]))  # stable: ties by position
            chosen = set(ranked[:room])
            kept = [t for t in kept if t in chosen]
        if len(kept) < len(counts) and UNK not in kept:
            kept.append(UNK)
            if max_size is not None and len(kept) > max_size:
                kept.remove(min(kept[:-1], key=lambda t: counts[t]))
        return cls(kept)

    def encode(self, tokens):
        """Tokens to an array of ids (T,).

        Raises
        ------
        ValueError
            For an unknown token, if the vocabulary has no ``<unk>``, and for anything but a row.
        """
        unknown = self.ids.get(UNK)
        if isinstance(tokens, str) and any(len(t) > 1 for t in self.tokens if t != UNK):
            # letter by letter, as Python goes through it, is right for letters alone
            raise ValueError(
                f"tokens should be one row of strings, got the string {tokens!r:.60}: "
                f"cut it first, with .split(), or with list() into characters"
            )
        tokens = list(tokens) if isinstance(tokens, str) else as_words("tokens", tokens)
        ids = [self.ids.get(token, unknown) for token in tokens]
        if None in ids:
            raise ValueError(
                f"tokens should be in the vocabulary (V={len(self)}, no {UNK}), "
                f"got {tokens[ids.index(None)]!r}: "
                f"build the vocabulary from this text too, or add {UNK} to it"
            )
        return np.array(ids, dtype=np.int64)

    def decode(self, ids):
        """Ids (T,) to a list of tokens."""
        ids = as_numpy("ids", ids, "T")
        if ids.size == 0:
            return []
        return [self.tokens[i] for i in as_ids("ids", ids, "T", vocab_size=len(self))]

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self.ids

    def __repr__(self):
        return f"Vocabulary of {len(self)} tokens"


def _each(tokens):
    """Tokens as a list; a string without a space is a row of characters, any other is uncut."""
    letters = isinstance(tokens, str) and tokens.split() == [tokens]
    return list(tokens) if letters else as_words("tokens", tokens)
