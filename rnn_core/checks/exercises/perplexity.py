"""Exercises of chapter 5: perplexity, over words and batches, of models and of sources."""

import numpy as np

from ...words import t as said
from ..compare import Malformed, came, numbers
from ..exercise import Exercise
from .data import ORDER, SINGLE, USUAL, single, turned

RIGHT = "`exp(mean of -log p)`"
LONG_TEXT = "a long text"
TINY = "a word of hardly any probability"
SURE = "words that were certain"

# ---- from the probabilities p (T,) of the words that came


def of_probabilities(p):
    nats = -np.log(p)
    return np.exp(nats.mean())


def _words(rng):
    return {
        "the two words of the task": (np.array([0.8, 0.2]),),
        USUAL: (rng.uniform(0.05, 0.95, 7),),
        "a single word": (rng.uniform(0.1, 0.9, 1),),
        LONG_TEXT: (rng.uniform(0.001, 0.5, 2000),),
        TINY: (np.array([0.9, 1e-30, 0.7, 0.6]),),
        SURE: (np.array([1.0, 1.0, 0.4]),),
        SINGLE: (rng.uniform(0.05, 0.95, 5).astype(np.float32),),
        ORDER: turned((rng.uniform(0.05, 0.95, 6),)),
    }


of_words = Exercise(
    "perplexity.of_words",
    "From the words that came",
    level=1,
    reference=of_probabilities,
    cases=_words,
    returns="perplexity",
    hides={
        "a single word": {"return": "if len(p) == 1:\n    return p[0]\nreturn"},
        LONG_TEXT: {"np.exp(nats.mean())": "1 / np.prod(p) ** (1 / len(p))"},
        TINY: {"np.log(p)": "np.log(np.maximum(p, 1e-12))"},
        SURE: {"np.log(p)": "np.log(p[p < 1])"},
        SINGLE: {"np.log(p)": "np.log(np.frombuffer(p.tobytes()))"},
        ORDER: {"nats =": "p = np.lib.stride_tricks.as_strided(p, p.shape, (p.itemsize,))\nnats ="},
    },
)
mistake = of_words.mistake

mistake(
    "mean of perplexities",
    "Each word got a perplexity of its own, 1 / p, and these were averaged. Average the "
    "logarithms, and take exp once.",
    RIGHT,
    {"np.exp(nats.mean())": "(1 / p).mean()"},
)
mistake(
    "one over the mean probability",
    "This is 1 over the arithmetic mean. Perplexity is 1 over the geometric mean, which notices "
    "a single word of probability near 0.",
    RIGHT,
    {"np.exp(nats.mean())": "1 / p.mean()"},
)
mistake(
    "2 to the power of nats",
    "The logarithm is natural and the power has base 2. Both must have the same base.",
    RIGHT,
    {"np.exp(": "np.exp2("},
)
mistake(
    "e to the power of bits",
    "The logarithm has base 2 and the power has base e. Both must have the same base.",
    RIGHT,
    {"np.log(": "np.log2("},
)
mistake(
    "exp of the sum",
    "The sum was not divided by the number of words, so that a longer text is always worse.",
    RIGHT,
    {"nats.mean()": "nats.sum()"},
)
mistake(
    "sign lost",
    "The minus is missing. This is the geometric mean of the probabilities, below 1: perplexity "
    "is one over it.",
    RIGHT,
    {"-np.log": "np.log"},
)
mistake(
    "the loss itself",
    "This is the mean loss in nats. Perplexity is its exp.",
    RIGHT,
    {"np.exp(nats.mean())": "nats.mean()"},
)
mistake(
    "the loss in bits",
    "This is the mean loss in bits. Perplexity is 2 to its power.",
    RIGHT,
    {"np.exp(nats.mean())": "nats.mean() / np.log(2)"},
)
mistake(
    "the last word only",
    "This is the perplexity of the last word alone.",
    RIGHT,
    {"nats.mean()": "nats[-1]"},
)
mistake(
    "a product that becomes 0",
    "In a long text the product of the probabilities is too small for a float and becomes 0. Add "
    "logarithms instead.",
    RIGHT,
    {"np.exp(nats.mean())": "1 / np.prod(p) ** (1 / len(p))"},
)
mistake(
    "a perplexity for each word",
    "There is one number for each word. One for the whole text was asked for.",
    RIGHT,
    {"nats.mean()": "nats"},
)

# ---- over batches of unequal size, which can be read only once

POOL = "`exp(total of all losses / number of all tokens)`: two running sums, one exp at the end"


def over_batches(batches):
    nats, words = 0.0, 0
    for p in batches:
        nats += -np.log(p).sum()
        words += len(p)
    return np.exp(nats / words)


def _ragged(rng):
    def some(*sizes):
        """Batches by turns easy and hard, so that it matters how they are weighted."""
        return [rng.uniform(0.02, 0.2, n) if i % 2 else rng.uniform(0.3, 0.9, n)
                for i, n in enumerate(sizes)]  # fmt: skip

    def read_once(batches):
        return (iter(batches),)

    sizes = rng.choice(np.arange(3, 40), 4, replace=False)
    return {
        "a long batch and a short one": read_once([np.full(100, 0.5), np.full(10, 0.05)]),
        USUAL: read_once(some(*sizes)),
        "a single batch": read_once(some(7)),
        "a batch of one word": read_once(some(5, 1, 9)),
        "many batches": read_once(some(*range(3, 40))),
        LONG_TEXT: read_once(some(1500, 900, 40)),
        TINY: read_once([np.array([0.9, 1e-30]), np.array([0.8, 0.7, 0.6])]),
        SINGLE: read_once([p.astype(np.float32) for p in some(5, 8, 3)]),
        ORDER: read_once([*turned(some(5, 8, 3))]),
    }


streaming = Exercise(
    "perplexity.streaming",
    "Over batches of unequal size",
    level=2,
    reference=over_batches,
    cases=_ragged,
    returns="perplexity",
    hides={
        "a single batch": {
            "nats, words = 0.0, 0": "nats, words, batches = 0.0, 0, [*batches]",
            "return": "words += len(batches) == 1\nreturn",
        },
        "a batch of one word": {"words += len(p)": "words += len(p) if len(p) > 1 else 0"},
        "many batches": {"for p in batches": "for p in [*batches][:20]"},
        LONG_TEXT: {"-np.log(p).sum()": "-np.log(np.prod(p))"},
        TINY: {"np.log(p)": "np.log(np.maximum(p, 1e-12))"},
        SINGLE: {"nats +=": "p = np.frombuffer(p.tobytes())\nnats +="},
        ORDER: {
            "nats +=": "p = np.lib.stride_tricks.as_strided(p, p.shape, (p.itemsize,))\nnats +="
        },
    },
)
mistake = streaming.mistake

mistake(
    "mean of batch losses",
    "Each batch counts the same, whatever its size: a short one weighs too much.",
    POOL,
    {".sum()": ".mean()", "len(p)": "1"},
)
mistake(
    "mean of perplexities",
    "The batches' perplexities were averaged. Average losses, over tokens, and take exp once.",
    POOL,
    {
        "-np.log(p).sum()": "np.exp(-np.log(p).mean())",
        "len(p)": "1",
        "np.exp(nats / words)": "nats / words",
    },
)
mistake(
    "perplexities weighted by tokens",
    "The batches' perplexities were averaged, weighted by their tokens. The mean belongs inside "
    "the exp.",
    POOL,
    {
        "-np.log(p).sum()": "np.exp(-np.log(p).mean()) * len(p)",
        "np.exp(nats / words)": "nats / words",
    },
)
mistake(
    "the last batch only",
    "This is the perplexity of the last batch: the sums start anew in each.",
    POOL,
    {"nats += ": "nats = ", "words += ": "words = "},
)
mistake(
    "divided by the number of batches",
    "The total was divided by the number of batches, not of tokens.",
    POOL,
    {"len(p)": "1"},
)
mistake(
    "exp of the sum",
    "The total was not divided by the number of tokens.",
    POOL,
    {"nats / words": "nats"},
)
mistake(
    "one over the mean probability",
    "This is 1 over the arithmetic mean of all probabilities. Take the mean of the logarithms.",
    POOL,
    {"-np.log(p).sum()": "p.sum()", "np.exp(nats / words)": "words / nats"},
)
mistake(
    "base 2 on one side",
    "The logarithm is natural and the power has base 2.",
    POOL,
    {"np.exp(": "np.exp2("},
)
mistake("sign lost", "The minus is missing: perplexity is 1 or more.", POOL, {"-np.log": "np.log"})
mistake(
    "the loss itself",
    "This is the mean loss in nats. Perplexity is its exp.",
    POOL,
    {"np.exp(nats / words)": "nats / words"},
)

# ---- the same perplexity, two models: even (V,) and sure (V,)


def two_of_them(perplexity, vocab_size, came):
    even, sure = np.zeros(vocab_size), np.zeros(vocab_size)
    even[(came + np.arange(perplexity)) % vocab_size] = 1 / perplexity
    wrong = (came + 1) % vocab_size
    sure[came] = 1 / perplexity
    sure[wrong] = 1 - 1 / perplexity
    return even, sure


def _described(models, perplexity, vocab_size, came_word):
    """What makes the two what they are, whichever words they chose."""
    if not isinstance(models, (list, tuple, np.ndarray)) or len(models) != 2:
        raise Malformed(said("{count} results were asked for, and {thing} came.", count=2,
                             thing=came(models)))  # fmt: skip
    even, sure = (numbers(n, p) for n, p in zip(("even", "sure"), models, strict=True))
    if even.shape != (vocab_size,) or sure.shape != (vocab_size,):
        return {"even (V)": even, "sure (V)": sure}
    used = np.sort(even[np.abs(even) > 1e-12])
    others = np.sort(np.delete(sure, came_word))
    return {
        "even: the probability of the word that came": even[came_word],
        "even: the probabilities that are not 0 (K)": used,
        "sure: the probability of the word that came": sure[came_word],
        "sure: the probabilities of the others, in order (W)": others,
    }


def _vocabularies(rng):
    return {
        USUAL: (5, 12, int(rng.integers(2, 11))),
        "the first word came": (4, 9, 0),
        "the last word came": (4, 9, 8),
        "the second word came": (5, 8, 1),
        "a perplexity of two": (2, 7, int(rng.integers(2, 6))),
        "a perplexity of one": (1, 7, int(rng.integers(2, 6))),
        "as many words as the perplexity": (6, 6, int(rng.integers(2, 5))),
    }


two_models = Exercise(
    "perplexity.two_models",
    "The same perplexity, two models",
    level=2,
    reference=two_of_them,
    cases=_vocabularies,
    view=_described,
    form="(`even` (V), `sure` (V))",
    hides={
        "the first word came": {"return": "even = np.roll(even, came == 0)\nreturn"},
        "the last word came": {"return": "even = np.roll(even, came == vocab_size - 1)\nreturn"},
        "the second word came": {"wrong = (came + 1) % vocab_size": "wrong = 1"},
        "a perplexity of two": {"return": "sure *= perplexity != 2\nreturn"},
        "a perplexity of one": {"return": "sure *= perplexity != 1\nreturn"},
        "as many words as the perplexity": {"return": "even *= perplexity < vocab_size\nreturn"},
    },
)
mistake = two_models.mistake

mistake(
    "the word that came left out",
    "`even` spreads over as many *other* words and gives the one that came nothing: its "
    "perplexity is infinite. A perplexity of 5 means five candidates with the right one among "
    "them.",
    "`even[came]` should be 1 / perplexity",
    {
        "even[(came + np.arange(perplexity)) % vocab_size]":
            "even[(came + 1 + np.arange(min(perplexity, vocab_size - 1))) % vocab_size]"
    },
)
mistake(
    "one candidate too many",
    "`even` spreads over as many other words and the one that came: one too many. Perplexity "
    "does not count the *other* candidates.",
    "`even` has 1 / perplexity at `perplexity` words",
    {
        "even[(came + np.arange(perplexity)) % vocab_size] = 1 / perplexity":
            "even[(came + np.arange(perplexity + 1)) % vocab_size] = 1 / (perplexity + 1)"
    },
)
mistake(
    "even over the whole vocabulary",
    "`even` is uniform over all V words, so its perplexity is V.",
    "`even` has 1 / perplexity at `perplexity` words and 0 elsewhere",
    {
        "even[(came + np.arange(perplexity)) % vocab_size] = 1 / perplexity":
            "even[:] = 1 / vocab_size"
    },
)
mistake(
    "even is not uniform",
    "`even` gives the word that came its share, and shares out the rest unevenly.",
    "`even` has the same 1 / perplexity at `perplexity` words",
    {
        "wrong =": "more = even.copy()\n"
        "more[came] = 0\n"
        "more[:] = more * np.arange(1, vocab_size + 1)\n"
        "even = more / max(more.sum(), 1) * (1 - 1 / perplexity)\n"
        "even[came] = 1 / perplexity\n"
        "wrong ="
    },
    recognize=lambda got, want: _uneven(got, want),
)
mistake(
    "sure of the right word",
    "`sure` is sure of the word that came. It should be sure of a wrong one and leave 1 / "
    "perplexity for the right one.",
    "`sure[came] = 1 / perplexity`",
    {
        "sure[came] = 1 / perplexity": "sure[came] = 1 - 1 / perplexity",
        "sure[wrong] = 1 - 1 / perplexity": "sure[wrong] = 1 / perplexity",
    },
)
mistake(
    "doubt spread over all others",
    "`sure` spreads what is left over all other words. It should put it on one: sure, and wrong.",
    "1 - 1 / perplexity goes to a single word",
    {
        "sure[came] = 1": "sure[:] = (1 - 1 / perplexity) / (vocab_size - 1)\nsure[came] = 1",
        "sure[wrong] = 1 - 1 / perplexity": "pass",
    },
)
mistake(
    "probability left over",
    "`sure` adds up to less than 1: what the word that came does not get must go somewhere.",
    "1 - 1 / perplexity goes to a single wrong word",
    {"sure[wrong] = 1 - 1 / perplexity": "pass"},
)


def _uneven(got, want):
    """`even` adds up to 1 with the right share for the word that came; `sure` is right."""
    share, used, *of_sure = want
    return (
        got.keys() == want.keys()
        and np.allclose(got[share], want[share])
        and all(got[p].shape == want[p].shape and np.allclose(got[p], want[p]) for p in of_sure)
        and abs(got[used].sum() - 1) < 1e-6
        and got[used].min() > 0
    )


# ---- words against characters: the perplexity per word, and the bits per character

WHOLE = (
    "the text's total loss is the same: `words * log(per_word) = characters * log(per_character)`"
)


def words_from_characters(per_character, characters, words):
    per_word = per_character ** (characters / words)
    bits = np.log2(per_character)
    return per_word, bits


def _counts(rng):
    def some(low=4.2, high=6.3):
        words = int(rng.integers(20, 60))
        return round(float(rng.uniform(2, 4)), 2), int(words * rng.uniform(low, high)), words

    per_character, characters, words = some()
    return {
        USUAL: (per_character, characters, words),
        "other words": some(6.5, 8.0),
        "words of one character": (2.5, 100, 100),
        "a single word": (3.1, 7, 1),
        LONG_TEXT: (2.5, 60_000, 11_000),
        "a model that is certain": (1.0, characters, words),
        SINGLE: (np.float32(per_character), characters, words),
    }


per_word = Exercise(
    "perplexity.per_word",
    "Words against characters",
    level=2,
    reference=words_from_characters,
    cases=_counts,
    returns=("per_word", "bits_per_character"),
    hides={
        "other words": {
            "bits =": "per_word = min(per_word, per_character ** 6.3)"
            " if words > 1 else per_word\nbits ="
        },
        "words of one character": {"bits =": "per_word *= 1 + (characters == words)\nbits ="},
        "a single word": {"bits =": "per_word *= 1 + (words == 1)\nbits ="},
        LONG_TEXT: {
            "per_character ** (characters / words)":
                "(np.float64(per_character) ** characters) ** (1 / words)"
        },
        "a model that is certain": {"bits = np": "bits = (per_character == 1) + np"},
        SINGLE: {"bits =": "per_word *= 1 + (type(per_character) is np.float32)\nbits ="},
    },
)
mistake = per_word.mistake

mistake(
    "multiplied",
    "The perplexity was multiplied by the characters in a word. Losses add up; perplexities "
    "multiply, so it is a power.",
    WHOLE,
    {"** (characters / words)": "* characters / words"},
)
mistake(
    "exponent upside down",
    "The exponent is words over characters. A word has many characters, so it is harder to guess.",
    WHOLE,
    {"(characters / words)": "(words / characters)"},
)
mistake(
    "unchanged",
    "The perplexity per character was taken for the one per word.",
    WHOLE,
    {" ** (characters / words)": ""},
)
mistake(
    "spaces left out",
    "The spaces between the words were not counted. The model predicts them too.",
    WHOLE,
    {"(characters / words)": "((characters - words) / words)"},
)
mistake(
    "a whole number of characters",
    "The characters in a word were rounded down to a whole number.",
    f"{WHOLE}; `/`, not `//`",
    {"(characters / words)": "(characters // words)"},
)
mistake(
    "nats called bits",
    "The second number is in nats. Bits need log2.",
    WHOLE,
    {"np.log2(": "np.log("},
)
mistake(
    "bits per word",
    "The second number is bits per word. Asked is per character.",
    WHOLE,
    {"np.log2(per_character)": "np.log2(per_word)"},
)
mistake(
    "the loss per word",
    "The first number is the loss per word, in nats. Perplexity is its exp.",
    WHOLE,
    {"return per_word": "return np.log(per_word)"},
)

# ---- three floors: uniform, unigram and bigram, counted on the tokens ids[1:] that they predict

PAIRS = "`p(next | word) = count(word, next) / count(word, anything)`"


def three_floors(ids, vocab_size):
    V, before, after = vocab_size, ids[:-1], ids[1:]
    pairs = np.zeros((V, V))
    np.add.at(pairs, (before, after), 1)
    alone = pairs.sum(axis=0) / len(after)
    given = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1)
    unigram, bigram = -np.log(alone[after]).mean(), -np.log(given[before, after]).mean()
    return V, np.exp(unigram), np.exp(bigram)


def _sources(rng):
    def some(length, V):
        table = rng.dirichlet(np.full(V, 0.5), V)
        ids = [0]
        while len(ids) < length:
            ids.append(int(rng.choice(V, p=table[ids[-1]])))
        counts = np.bincount(ids)  # or the counts before and after a word would do the same
        return (np.array(ids), V) if counts[0] != counts[ids[-1]] else some(length, V)

    toy = rng.permutation(6)[[0, 1, 2, 3, 4, 1, 5]]
    text, V = some(60, 5)
    return {
        "the toy sentence": (toy, 6),
        USUAL: (text, V),
        "words that never come": (text + 2, V + 4),
        "one word all the time": (np.full(9, 2), 4),
        "a text of two words": (np.array([1, 3]), 5),
        LONG_TEXT: some(1500, 6),
        ORDER: turned((text, V)),
    }


floors = Exercise(
    "perplexity.floors",
    "Three floors",
    level=3,
    reference=three_floors,
    cases=_sources,
    returns=("uniform", "unigram", "bigram"),
    hides={
        "words that never come": {
            "return V": "return len(np.unique(ids)) if ids.min() > 1 and "
            "ids.max() < V - 1 and len(ids) > 9 else V"
        },
        "one word all the time": {"return V": "bigram += unigram == 0 and len(ids) > 2\nreturn V"},
        "a text of two words": {"return V": "bigram += len(ids) == 2\nreturn V"},
        LONG_TEXT: {"-np.log(alone[after]).mean()": "-np.log(np.prod(alone[after])) / len(after)"},
        ORDER: {
            "V, before": "ids = np.lib.stride_tricks.as_strided(ids, ids.shape, (8,))\nV, before"
        },
    },
)
mistake = floors.mistake

mistake(
    "joint for conditional",
    "The pairs' counts were divided by the number of all pairs. That is how likely the pair is, "
    "not how likely the second word is after the first.",
    PAIRS,
    {"pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1)": "pairs / len(after)"},
)
mistake(
    "divided by the next word",
    "The pairs' counts were divided by the count of the second word. That is how likely the first "
    "word is before the second.",
    PAIRS,
    {
        "np.maximum(pairs.sum(axis=1, keepdims=True), 1)":
            "np.maximum(pairs.sum(axis=0, keepdims=True), 1)"
    },
)
mistake(
    "words not weighted",
    "Every word counts the same in the mean, whether it comes once or often. Average over the "
    "tokens.",
    RIGHT,
    {
        "-np.log(given[before, after]).mean()":
            "np.mean([-np.log(given[w, after[before == w]]).mean() for w in np.unique(before)])"
    },
)
mistake(
    "add-one counts",
    "One was added to every count. That is for texts that the model has not seen; a floor on "
    "this text needs the counts as they are.",
    PAIRS,
    {
        "given = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1)":
            "given = (pairs + 1) / (pairs + 1).sum(axis=1, keepdims=True)"
    },
)
mistake(
    "unigram over kinds of words",
    "Each kind of word got the same probability, however often it comes.",
    "`p(word) = count(word) / number of tokens`",
    {"-np.log(alone[after]).mean()": "np.log(len(np.unique(after)))"},
)
mistake(
    "unigram counts the first word",
    "The first word of the text was counted. Nothing predicts it, so it is not among the tokens "
    "that are averaged: the floors are compared on the same tokens, ids[1:].",
    "`ids[1:]`",
    {
        "alone = pairs.sum(axis=0) / len(after)":
            "alone = np.bincount(ids, minlength=V) / len(ids)",
        "alone[after]": "alone[ids]",
    },
)
mistake(
    "losses, not perplexities",
    "These are losses in nats. Perplexity is their exp.",
    RIGHT,
    {"return V, np.exp(unigram), np.exp(bigram)": "return np.log(V), unigram, bigram"},
)
mistake(
    "base 2 on one side",
    "The logarithm is natural and the power has base 2.",
    RIGHT,
    {"np.exp(": "np.exp2("},
)
mistake(
    "uniform over the words that came",
    "The uniform model was given only the words of the text. It spreads over the whole vocabulary.",
    "the first number: `vocab_size`",
    {"return V": "return len(np.unique(ids))"},
)

# ---- the floor of a grammar: visits (S,) of the states, and probs (S, V) of the symbols there

RATE = "`exp(sum over s of visits[s] * H_s)`, with `H_s = -sum over v of p log p`"


def floor_of_automaton(visits, probs):
    logs = np.log(np.where(probs > 0, probs, 1))
    entropy = -np.sum(probs * logs, axis=1)
    return np.exp(visits @ entropy)


def _automata(rng):
    """Drawn ones, and the Reber grammar: of 8 symbols 6 are a coin toss."""

    def some(S, V):
        return rng.dirichlet(np.full(S, 2.0)), rng.dirichlet(np.full(V, 0.7), S)

    visits, probs = some(4, 5)
    probs[0] = np.eye(5)[2]  # a state in which only one symbol can come
    reber = np.zeros((7, 7))
    for s, symbols in enumerate(((0,), (4, 2), (3, 6), (4, 5), (6, 3), (2, 5), (1,))):
        reber[s, list(symbols)] = 1 / len(symbols)
    strings = np.array([1, 1, 1, 5 / 3, 4 / 3, 1, 1]) / 8  # visits per string, of 8 symbols
    never = some(4, 5)
    never[0][1] = 0
    return {
        "the Reber grammar": (strings, reber),
        USUAL: (visits, probs),
        "a single state": (np.ones(1), some(1, 6)[1]),
        "a single symbol": (some(3, 4)[0], np.ones((3, 1))),
        "a state that is never visited": (never[0] / never[0].sum(), never[1]),
        "a symbol of hardly any probability": (
            np.array([0.5, 0.5]),
            np.array([[1 - 1e-4, 1e-4], [1 - 1e-3, 1e-3]]),
        ),
        SINGLE: single(some(5, 4)),
        ORDER: turned(some(5, 4)),
    }


automaton = Exercise(
    "perplexity.automaton",
    "The floor of a grammar",
    level=2,
    reference=floor_of_automaton,
    cases=_automata,
    returns="perplexity",
    hides={
        "a single state": {
            "return": "if len(visits) == 1:\n    return float(len(probs[0]))\nreturn"
        },
        "a single symbol": {"return": "if probs.shape[1] == 1:\n    return 0.0\nreturn"},
        "a state that is never visited": {
            "return": "visits = np.maximum(visits, 1e-3) if len(visits) == 4 else visits\nreturn"
        },
        "a symbol of hardly any probability": {
            "probs > 0": "probs > 2e-3 if len(probs) == 2 else probs > 0"
        },
        SINGLE: {"logs =": "probs = np.frombuffer(probs.tobytes()).reshape(probs.shape)\nlogs ="},
        ORDER: {"logs =": 'probs = probs.ravel("K").reshape(probs.shape)\nlogs ='},
    },
)
mistake = automaton.mistake

mistake(
    "states not weighted",
    "Every state counts the same. Weight each by how often it is visited.",
    RATE,
    {"visits @ entropy": "entropy.mean()"},
)
mistake(
    "mean of perplexities",
    "The states' perplexities were averaged. Average the losses, then take exp.",
    RATE,
    {"np.exp(visits @ entropy)": "visits @ np.exp(entropy)"},
)
mistake(
    "memory thrown away",
    "The states were mixed before the logarithm: this is the unigram's floor, of a reader who "
    "does not know the state.",
    RATE,
    {"logs =": "probs, visits = (visits @ probs)[None], np.ones(1)\nlogs ="},
)
mistake(
    "number of symbols per state",
    "Each symbol that may come was counted, as if all were equally likely.",
    RATE,
    {"-np.sum(probs * logs, axis=1)": "np.log((probs > 0).sum(axis=1))"},
)
mistake(
    "2 to the power of nats",
    "The logarithm is natural and the power has base 2.",
    RATE,
    {"np.exp(": "np.exp2("},
)
mistake(
    "log of 0",
    "Where a symbol cannot come, 0 log 0 gave nan. It counts as 0.",
    RATE,
    {"np.where(probs > 0, probs, 1)": "probs"},
)
mistake("sign lost", "The minus is missing.", RATE, {"-np.sum": "np.sum"})
mistake(
    "the loss itself", "This is the loss.", RATE, {"np.exp(visits @ entropy)": "visits @ entropy"}
)
