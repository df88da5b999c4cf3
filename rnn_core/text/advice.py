"""What the numbers of a text and of a training mean, in words."""

import re
import unicodedata

import numpy as np

from ..loss import perplexity
from .fetch import is_html
from .screen import printable

__all__ = ["advice", "after", "before", "joined", "name_of", "spaceless", "visible"]

# Scripts that put no space between words: Han, kana, Thai, Lao, Tibetan, Burmese, Khmer, Javanese
_SPACELESS = re.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3040-\u30ff\u31f0-\u31ff"
    "\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff\u1000-\u109f\uaa60-\uaa7f\u1780-\u17ff\ua980-\ua9df]+"
)

# The joiner, skin tones, the letters of flags and their tags
_JOINS = re.compile("[\u200d\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff\U000e0020-\U000e007f]")


def before(corpus, text, graphemes, max_vocab, min_count):
    """Warnings about a corpus, a list of sentences; empty for most texts.

    Parameters
    ----------
    corpus : Corpus
    text : str
        What it was made from.
    graphemes : bool
        Whether characters that are joined from several are kept together.
    max_vocab, min_count : int
        What kept tokens out of the vocabulary.
    """
    said, unit = [], corpus.unit
    if is_html(text):
        said.append("this is the source of a web page: its tags are part of the text")
    if unit == "words" and spaceless(text):
        said.append(
            "most of this text is in a script that puts no spaces between words, so what is taken "
            "for a word is half a sentence: use --characters"
        )
    share = max(corpus.unknown(corpus.valid), corpus.unknown(corpus.test))
    if share > 0.1:
        ways = ["a longer text"]
        ways += ["a larger --max-vocab"] if len(corpus.vocab) >= max_vocab else []
        ways += [f"--min-count {min_count - 1}"] if min_count > 1 else []
        ways += ["--characters"] if unit == "words" else []
        said.append(
            f"{share:.0%} of the {unit} to predict are unknown and count as <unk>, which is easy "
            f"to guess, so every perplexity below looks better than it is. What helps is "
            + " or ".join(ways)
        )
    if unit == "characters" and not graphemes and joined(text):
        said.append(
            "this text has characters that are joined from several, such as accents or emoji, and "
            "they are cut into their parts: `pip install regex` keeps them whole"
        )
    return said


def spaceless(text):
    """True if most letters belong to scripts without spaces, and are written without them."""
    runs = _SPACELESS.findall(text)
    letters = sum(map(len, runs))
    return letters > 0.3 * sum(map(str.isalpha, text)) and letters > 6 * len(runs)


def joined(text):
    """True if something in the text is shown as one character and is several code points."""
    return any(unicodedata.category(c)[0] == "M" or _JOINS.match(c) for c in set(text))


def visible(token):
    """A token on one line, white space by its name."""
    token = printable(token).replace("\n", "\\n").replace("\t", "\\t")
    return "␣" if token == " " else token if token.strip() else ascii(token)[1:-1]


def name_of(key):
    """How a model is called in a table: its key in `Run.valid` and `Run.test`."""
    names = {"uniform": "all alike", "bigram": "bigram (Kneser-Ney)"}
    return names.get(key, f"{key} (Kneser-Ney)" if key.endswith("-gram") else key)


def after(run, corpus, again="python -m rnn_core resume MODEL"):
    """What the result means and what would help, a list of sentences.

    Parameters
    ----------
    run : Run
    corpus : Corpus
    again : str
        How the training is gone on with.
    """
    counting = {key: loss for key, loss in run.test.items() if key not in ("uniform", "RNN")}
    best = min(counting, key=counting.get)
    ours, theirs = perplexity(run.test["RNN"]), perplexity(counting[best])
    share = corpus.unknown(corpus.test)
    if share > 0.25:
        ways = ", --min-count 1, or --characters" if corpus.unit == "words" else ""
        return [
            f"{share:.0%} of the test part is unknown and counts as <unk>. So these numbers say "
            f"how well <unk> is guessed, and little else. Have more of the text known before you "
            f"compare models: a longer text{ways} would do that."
        ]
    if abs(ours / theirs - 1) < 0.01:
        said = (
            f"On the test part the RNN and the best of the models that count do equally well, to "
            f"within 1 %: {ours:.2f} against {theirs:.2f} of the {best}."
        )
    elif ours < theirs:
        said = f"On the test part the RNN does best: {ours:.2f} against {theirs:.2f} of the {best}."
    else:
        said = (
            f"On the test part counting does best: {theirs:.2f} of the {best} against {ours:.2f} "
            f"of the RNN. A model that counts knows a phrase exactly after one reading, and in a "
            f"text of this length enough of them come again; the RNN has to fit them all into "
            f"{run.model.rnn.cell.hidden_size} numbers, by small steps."
        )
    return [said, *advice(run, again)]


def advice(run, again):
    """Would more time help, or more text, or a larger state?"""
    epochs = {epoch: (seen, loss) for epoch, seen, loss in run.history}
    last = max(epochs)
    if run.best not in epochs or epochs[run.best][0] is None:
        return []  # an epoch that was broken off
    said = []
    seen, loss = epochs[run.best]
    fell = epochs[run.best - 1][1] - loss if run.best - 1 in epochs else 0.0
    if run.best == last and fell > 0.005:
        said.append(
            f"More time would help: the last epoch still took {1 - np.exp(-fell):.1%} off the "
            f"perplexity. Go on with: {again}"
        )
    if loss - np.log(seen) > 0.3:
        said.append(
            f"More text would help: the model has a perplexity of {seen:.1f} on the part that it "
            f"learns from and {perplexity(loss):.1f} on the validation part, so it has learned "
            f"much that holds for that part alone."
        )
    if not said and run.best < last:
        said.append(
            "More epochs of the same would not help, and the model does as well on the validation "
            "part as on its own: a larger state (--hidden) is what could."
        )
    return said
