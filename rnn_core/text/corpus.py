"""Any text becomes a corpus: read, cut into tokens, split into parts, numbered.

The parts are honest.  They are pieces of the text in order (a shuffled text would let the model
read the neighbors of what it is tested on), and the vocabulary is made from the training part
alone: what only the others hold is ``<unk>``.
"""

import hashlib
import importlib.util
import os
import re
import unicodedata
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from ..data.vocabulary import UNK, Vocabulary
from ..shapes import as_int
from .files import reason, write_whole

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
    if unit == "characters":
        whole = graphemes_known() if graphemes is None else graphemes
        return list(text) if not whole or text.isascii() else _regex().findall(r"\X", text)
    if unit == "tokens":
        lines = text.removesuffix("\n").split("\n") if text else []
        return [token for line in lines for token in (*line.split(), EOS)]
    if unit != "words":
        raise ValueError(f"unit should be one of {', '.join(UNITS)}, got {unit!r}: choose one")
    marks = "".join(c for c in set(text) if unicodedata.category(c)[0] == "M")  # accents on letters
    signs = re.escape(marks)
    letter = rf"[\w{signs}][\w{signs}{JOINERS}]*"
    flag = r"[\U0001F1E6-\U0001F1FF]{2}"
    dressed = rf"\S[{signs}\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]*"  # skin tones, flags' tags
    symbol = rf"{dressed}(?:\u200d{dressed})*"
    return re.findall(rf"<\w+>|{letter}(?:['’\-]{letter})*|{flag}|{symbol}", text)


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
    if unit == "characters":
        return "".join(tokens)
    text = " ".join("\n" if token == EOS else token for token in tokens)
    text = re.sub(r" ?\n ?", "\n", text)
    return text if unit == "tokens" else re.sub(rf" (?=[{_BEFORE}])|(?<=[{_AFTER}]) ", "", text)


# ---- from a path or an address to text


def read_text(source, sha256=None, cache=None):
    """The text of a file, or of a page if `source` begins with ``http://`` or ``https://``.

    A page is downloaded once, into the cache folder, and read from there the next time.  A
    download that breaks off or has the wrong checksum leaves nothing behind.

    Parameters
    ----------
    source : str or Path
        Of UTF-8 text, with or without byte order mark; line ends of any kind become ``\\n``.
    sha256 : str, optional
        What the checksum of the bytes must be, 64 hexadecimal digits.
    cache : str or Path, optional
        The folder for downloads; without it `cache_folder()`.

    Raises
    ------
    ValueError
        With one line that says what is wrong and what to do: there is no such file, it is empty
        or no UTF-8 text, the checksum differs, the page cannot be had.
    """
    return decode(read_bytes(source, sha256, cache), source)


def read_bytes(source, sha256=None, cache=None):
    """The bytes of a file or page: see `read_text`."""
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(
            f"sha256 should be 64 hexadecimal digits, got {len(sha256)} characters: "
            f"run sha256sum on the file that you trust"
        )
    if is_url(source):
        return _from_cache(str(source), sha256, Path(cache or cache_folder()).expanduser())
    data = _from_file(Path(source).expanduser())
    _check_sha256(data, sha256, source)
    return data


def decode(data, name="the text"):
    """Bytes of UTF-8 as a str, line ends as ``\\n``; ValueError if they are anything else."""
    if not data.strip():
        raise ValueError(f"{name} is empty: give a text with words in it")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{name} is UTF-16, not UTF-8: save it as UTF-8")
    if b"\0" in data:
        raise ValueError(f"{name} is not a text (it holds zero bytes): give a plain text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}): "
            f"save it as UTF-8"
        ) from None
    if not text.strip():
        raise ValueError(f"{name} is empty: give a text with words in it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_url(source):
    """True for an address that begins with ``http://`` or ``https://``."""
    return str(source).lower().startswith(("http://", "https://"))


def cache_folder():
    """Where downloads go: $UNROLLED_CACHE, or ``unrolled`` in the user's cache folder."""
    own, users = os.environ.get("UNROLLED_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else Path(users or Path.home() / ".cache") / "unrolled"


def _from_file(path):
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the path of a text file")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: check the path") from None
    except (OSError, ValueError) as error:  # no permission; a zero in the path
        raise ValueError(f"{path} cannot be read ({reason(error)}): check the path") from None


def _from_cache(url, sha256, folder):
    name = unquote(re.split("[?#]", url)[0].rsplit("/", 1)[-1]) or "text"
    name = re.sub(r"[^A-Za-z0-9.\-]", "_", name)[-80:]
    path = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{name}"
    if path.is_file():
        data = path.read_bytes()
        if sha256 is None or _sha256(data) == sha256.lower():
            return data
    data = _download(url)
    _check_sha256(data, sha256, url)
    try:
        write_whole(path, data)
    except OSError as error:
        raise ValueError(
            f"the cache folder {folder} cannot be written ({reason(error)}): choose another"
        ) from None
    return data


def _download(url, seconds=30):
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "unrolled"})
        with urllib.request.urlopen(request, timeout=seconds) as page:
            data = page.read()
            announced = page.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        raise ValueError(f"{url} answered {error.code} {error.reason}: check the address") from None
    except HTTPException as error:
        raise ValueError(f"the download of {url} broke off ({reason(error)}): try again") from None
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{url} cannot be reached ({reason(error)}): check the address and the network"
        ) from None
    if announced is not None and announced.isdigit() and len(data) != int(announced):
        raise ValueError(
            f"the download of {url} broke off at {len(data)} of {announced} bytes: try again"
        )
    return data


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _check_sha256(data, sha256, name):
    if sha256 is not None and _sha256(data) != sha256.lower():
        raise ValueError(
            f"{name} should have the sha256 {sha256.lower()}, got {_sha256(data)}: "
            f"it is not the file that you expect"
        )


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
        """The share of ``<unk>`` in a part: what the model is not asked about."""
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
    tokens = tokenize(text, unit, graphemes)
    parts = {"valid": valid, "test": test}
    own = {name: tokenize(part, unit, graphemes) for name, part in parts.items() if part}
    share = len(tokens) // 10
    for name in ("test", "valid"):  # from the end: train, valid, test
        if name not in own:
            own[name], tokens = tokens[len(tokens) - share :], tokens[: len(tokens) - share]
    for name, part in {"train": tokens, **own}.items():
        if len(part) < as_int("least", least):
            raise ValueError(
                f"the text is too short: its {name} part has {len(part)} {unit}, at least {least} "
                f"are needed; give a longer text"
                + (", or read it by characters (--characters)" if unit != "characters" else "")
            )
    if min_count is None:
        min_count = 2 if unit == "words" else 1
    if vocab is None:  # <unk> once more: then there is a place for it, whatever the text holds
        vocab = Vocabulary.from_tokens([*tokens, UNK], as_int("max_size", max_size, 2), min_count)
    return Corpus(vocab, *(vocab.encode(p) for p in (tokens, own["valid"], own["test"])), unit)
