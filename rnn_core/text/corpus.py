"""Any text becomes a corpus: read, cut into tokens, split into parts, numbered.

The parts are honest.  They are pieces of the text in order (a shuffled text would let the model
read the neighbors of what it is tested on), and the vocabulary is made from the training part
alone: what only the others hold is ``<unk>``.
"""

import importlib.util
import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from ..data.vocabulary import UNK, Vocabulary
from ..shapes import as_flag, as_ids, as_int, as_text, as_words
from .fetch import cache_folder, decode, is_url, read_text
from .files import write_whole

__all__ = [
    "EOS",
    "JOINERS",
    "UNITS",
    "Corpus",
    "build_corpus",
    "cache_folder",
    "decode",
    "graphemes_known",
    "is_url",
    "join",
    "read_text",
    "tokenize",
    "write_whole",
]  # a text's whole way from a file to its numbers

EOS = "<eos>"
UNITS = ("words", "characters", "tokens")
JOINERS = "\u200c\u200d"  # keep two letters apart, or bring them together, inside a word
_BEFORE = re.escape(",.;:!?)]}’”،؛؟।॥。，、；：！？）」』】》")  # no space comes before these
_AFTER = re.escape("([{‘“（「『【《")


# ---- from text to tokens and back


def tokenize(text, unit="words", graphemes=None):
    """The tokens of a text, a list of str.

    Parameters
    ----------
    text : str
    unit : str
        ``"words"``: words and single punctuation marks; an apostrophe or a hyphen inside a word
        belongs to it, and so does every accent or vowel sign of its script, and the joiners
        (U+200C, U+200D) that Persian, Hindi or Malayalam write inside words.  An emoji that is
        joined from several is one mark.  White space is lost.
        ``"characters"``: what a reader takes for one character, white space too; joined, they
        give the text again.
        ``"tokens"``: what stands between white space, and ``<eos>`` at the end of each line: for
        texts that come already cut, such as the Penn Treebank.
    graphemes : bool, optional
        For characters: True keeps together what is shown as one (Unicode's grapheme clusters: a
        letter with its accents, an emoji with its joiners) and needs the package regex; False
        takes every code point alone.  By default True where regex is installed.
    """
    text, unit = as_text("text", text, empty=True), _as_unit(unit)
    graphemes = None if graphemes is None else as_flag("graphemes", graphemes)
    if unit == "characters":
        whole = graphemes_known() if graphemes is None else graphemes
        return list(text) if not whole or text.isascii() else _regex().findall(r"\X", text)
    if unit == "tokens":
        lines = text.removesuffix("\n").split("\n") if text else []
        return [token for line in lines for token in (*line.split(), EOS)]
    marks = "".join(c for c in set(text) if unicodedata.category(c)[0] == "M")  # accents on letters
    signs = re.escape(marks)
    letter = rf"[\w{signs}][\w{signs}{JOINERS}]*"
    flag = r"[\U0001F1E6-\U0001F1FF]{2}"
    dressed = rf"\S[{signs}\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]*"  # skin tones, flags' tags
    symbol = rf"{dressed}(?:\u200d{dressed})*"
    return re.findall(rf"<\w+>|{letter}(?:['’\-]{letter})*|{flag}|{symbol}", text)


def _as_unit(unit):
    if unit not in UNITS:
        raise ValueError(f"unit should be one of {', '.join(UNITS)}, got {unit!r:.60}: choose one")
    return unit


def graphemes_known():
    """True if the package regex is installed, which knows what is shown as one character."""
    return importlib.util.find_spec("regex") is not None


def _regex():
    try:
        import regex
    except ImportError:
        raise ValueError(
            "characters that are joined from several (grapheme clusters) need the package regex: "
            "pip install regex"
        ) from None
    return regex


def join(tokens, unit="words"):
    """Tokens as a text to look at: for words without a space before , . ; : ! ? ) and the like."""
    tokens, unit = as_words("tokens", tokens), _as_unit(unit)
    if unit == "characters":
        return "".join(tokens)
    text = " ".join("\n" if token == EOS else token for token in tokens)
    text = re.sub(r" ?\n ?", "\n", text)
    return text if unit == "tokens" else re.sub(rf" (?=[{_BEFORE}])|(?<=[{_AFTER}]) ", "", text)


# ---- from tokens to a corpus


@dataclass(frozen=True)
class Corpus:
    """A text in numbers: three parts, and the vocabulary of the first.

    Attributes
    ----------
    vocab : Vocabulary
        Of the training part, with ``<unk>``.
    train, valid, test : arrays of ids
    unit : str
        What a token is: see `tokenize`.
    """

    vocab: Vocabulary
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    unit: str = "words"

    def unknown(self, ids):
        """The share of ``<unk>`` in a part: words whose spelling the model is not asked for."""
        ids = as_ids("ids", ids, "T", vocab_size=len(self.vocab))
        return float(np.mean(ids == self.vocab.ids[UNK]))


def build_corpus(
    text, valid=None, test=None, unit="words", max_size=10_000, min_count=None, least=10,
    graphemes=None, vocab=None,
):  # fmt: skip
    """A text as a `Corpus`: the first 80 % to train, then 10 % to validate and 10 % to test.

    Parameters
    ----------
    text : str
    valid, test : str, optional
        Parts of their own, for corpora that come in parts.  Nothing is cut off for those.
    unit : str
        See `tokenize`.
    max_size, min_count : int
        The vocabulary holds at most `max_size` tokens, each seen at least `min_count` times in
        the training part: 2 for words unless said otherwise, 1 for characters and tokens.
    least : int
        The fewest tokens a part may have.
    graphemes : bool, optional
        See `tokenize`.
    vocab : Vocabulary, optional
        Of a model that was trained before; without it one is made from the training part.
    """
    for name, part in {"valid": valid, "test": test}.items():
        if part is not None:
            as_text(name, part, empty=True)
    max_size, least = as_int("max_size", max_size, 2), as_int("least", least)
    min_count = None if min_count is None else as_int("min_count", min_count)
    if vocab is not None and not isinstance(vocab, Vocabulary):
        raise ValueError(
            f"vocab should be a Vocabulary, got {vocab!r:.60}: pass the one that load() gives"
        )
    tokens = tokenize(text, unit, graphemes)
    parts = {"valid": valid, "test": test}
    own = {name: tokenize(part, unit, graphemes) for name, part in parts.items() if part}
    share = len(tokens) // 10
    for name in ("test", "valid"):  # from the end: train, valid, test
        if name not in own:
            own[name], tokens = tokens[len(tokens) - share :], tokens[: len(tokens) - share]
    for name, part in {"train": tokens, **own}.items():
        if len(part) < least:
            raise ValueError(
                f"the text is too short: its {name} part has {len(part)} {unit}, at least {least} "
                f"are needed; give a longer text"
                + (", or read it by characters (--characters)" if unit != "characters" else "")
            )
    if min_count is None:
        min_count = 2 if unit == "words" else 1
    if vocab is None:  # <unk> once more: then there is a place for it, whatever the text holds
        vocab = Vocabulary.from_tokens([*tokens, UNK], max_size, min_count)
    return Corpus(vocab, *(vocab.encode(p) for p in (tokens, own["valid"], own["test"])), unit)
