"""Exercises of chapter 5: perplexity, over words and batches, of models and of sources."""

import numpy as np

from ..exercise import Exercise

RIGHT = "`exp(mean of -log p)`"


def nats(p):
    return -np.log(p)


# ---- from the probabilities of the words that came


def _from_probabilities(p):
    return np.exp(nats(p).mean())


def _words(rng):
    cases = [(np.array([0.8, 0.2]),)]
    for T in (5, 7):
        cases.append((rng.uniform(0.05, 0.95, T),))
    return cases


of_words = Exercise(
    "perplexity.of_words",
    "From the words that came",
    level=1,
    reference=_from_probabilities,
    cases=_words,
    returns="perplexity",
)


def _formula(exercise, name, words, function, look=RIGHT):
    exercise.mistake(name, words, look)(function)


_formula(
    of_words,
    "mean of perplexities",
    "Each word got a perplexity of its own, 1 / p, and these were averaged. Average the "
    "logarithms, and take exp once.",
    lambda p: (1 / p).mean(),
)
_formula(
    of_words,
    "one over the mean probability",
    "This is 1 over the arithmetic mean. Perplexity is 1 over the geometric mean, which notices "
    "a single word of probability near 0.",
    lambda p: 1 / p.mean(),
)
_formula(
    of_words,
    "2 to the power of nats",
    "The logarithm is natural and the power has base 2. Both must have the same base.",
    lambda p: 2 ** nats(p).mean(),
)
_formula(
    of_words,
    "e to the power of bits",
    "The logarithm has base 2 and the power has base e. Both must have the same base.",
    lambda p: np.exp(nats(p).mean() / np.log(2)),
)
_formula(
    of_words,
    "exp of the sum",
    "The sum was not divided by the number of words, so that a longer text is always worse.",
    lambda p: np.exp(nats(p).sum()),
)
_formula(
    of_words,
    "sign lost",
    "The minus is missing. This is the geometric mean of the probabilities, below 1: perplexity "
    "is one over it.",
    lambda p: np.exp(-nats(p).mean()),
)
_formula(
    of_words,
    "the loss itself",
    "This is the mean loss in nats. Perplexity is its exp.",
    lambda p: nats(p).mean(),
)
_formula(
    of_words,
    "the loss in bits",
    "This is the mean loss in bits. Perplexity is 2 to its power.",
    lambda p: nats(p).mean() / np.log(2),
)
_formula(
    of_words,
    "the last word only",
    "This is the perplexity of the last word alone.",
    lambda p: 1 / p[-1],
)

# ---- over batches of unequal size


def _pooled(batches):
    total = tokens = 0
    for p in batches:
        total, tokens = total + nats(p).sum(), tokens + len(p)
    return np.exp(total / tokens)


def _ragged(rng):
    known = [np.full(100, 0.5), np.full(10, 0.05)]
    sizes = rng.choice(np.arange(3, 40), 4, replace=False)
    drawn = [rng.uniform(0.02, 0.2, n) if i % 2 else rng.uniform(0.3, 0.9, n)
             for i, n in enumerate(sizes)]  # fmt: skip
    return [(iter(known),), (iter(drawn),)]


streaming = Exercise(
    "perplexity.streaming",
    "Over batches of unequal size",
    level=2,
    reference=_pooled,
    cases=_ragged,
    returns="perplexity",
)
POOL = "`exp(total of all losses / number of all tokens)`: two running sums, one exp at the end"


def _batched(name, words, function):
    _formula(streaming, name, words, lambda batches: function(list(batches)), POOL)


_batched(
    "mean of batch losses",
    "Each batch counts the same, whatever its size: a short one weighs too much.",
    lambda batches: np.exp(np.mean([nats(p).mean() for p in batches])),
)
_batched(
    "mean of perplexities",
    "The batches' perplexities were averaged. Average losses, over tokens, and take exp once.",
    lambda batches: np.mean([_from_probabilities(p) for p in batches]),
)
_batched(
    "perplexities weighted by tokens",
    "The batches' perplexities were averaged, weighted by their tokens. The mean belongs inside "
    "the exp.",
    lambda batches: np.average(
        [_from_probabilities(p) for p in batches], weights=[len(p) for p in batches]
    ),
)
_batched(
    "the last batch only",
    "This is the perplexity of the last batch: the sums start anew in each.",
    lambda batches: _from_probabilities(batches[-1]),
)
_batched(
    "divided by the number of batches",
    "The total was divided by the number of batches, not of tokens.",
    lambda batches: np.exp(sum(nats(p).sum() for p in batches) / len(batches)),
)
_batched(
    "one over the mean probability",
    "This is 1 over the arithmetic mean of all probabilities. Take the mean of the logarithms.",
    lambda batches: 1 / np.concatenate(batches).mean(),
)
_batched(
    "base 2 on one side",
    "The logarithm is natural and the power has base 2.",
    lambda batches: 2 ** nats(np.concatenate(batches)).mean(),
)
_batched(
    "sign lost",
    "The minus is missing: perplexity is 1 or more.",
    lambda batches: np.exp(-nats(np.concatenate(batches)).mean()),
)

# ---- the same perplexity, two models


def _two_models(perplexity, vocab_size, came):
    even, sure = np.zeros(vocab_size), np.zeros(vocab_size)
    even[(came + np.arange(perplexity)) % vocab_size] = 1 / perplexity
    sure[came], sure[(came + 1) % vocab_size] = 1 / perplexity, 1 - 1 / perplexity
    return even, sure


def _described(models, perplexity, vocab_size, came):
    """What makes the two what they are, whichever words they chose."""
    even, sure = (np.asarray(p, dtype=float) for p in models)
    if even.shape != (vocab_size,) or sure.shape != (vocab_size,):
        return {"even (V)": even, "sure (V)": sure}
    return {
        "the sums": np.array([even.sum(), sure.sum()]),
        "the smallest probabilities": np.minimum([even.min(), sure.min()], 0),
        "even: the perplexity of the word that came": 1 / even[came],
        "even: how many words it thinks possible": int((even > 0).sum()),
        "sure: the perplexity of the word that came": 1 / sure[came],
        "sure: the probability of its favorite": sure.max(),
        "sure: its favorite is the word that came": int(np.argmax(sure) == came),
    }


def _vocabularies(rng):
    return [(5, 12, int(rng.integers(12))), (4, 9, int(rng.integers(9)))]


two_models = Exercise(
    "perplexity.two_models",
    "The same perplexity, two models",
    level=2,
    reference=_two_models,
    cases=_vocabularies,
    view=_described,
)


@two_models.mistake(
    "the word that came left out",
    "`even` spreads over as many *other* words and gives the one that came nothing: its "
    "perplexity is infinite. A perplexity of 5 means five candidates with the right one among "
    "them.",
    look="`even[came]` should be 1 / perplexity",
)
def _(perplexity, vocab_size, came):
    even, sure = _two_models(perplexity, vocab_size, came)
    return np.roll(even, 1), sure


@two_models.mistake(
    "one candidate too many",
    "`even` spreads over as many other words and the one that came: one too many. Perplexity "
    "does not count the *other* candidates.",
    look="`even` has 1 / perplexity at `perplexity` words",
)
def _(perplexity, vocab_size, came):
    _, sure = _two_models(perplexity, vocab_size, came)
    return _two_models(perplexity + 1, vocab_size, came)[0], sure


@two_models.mistake(
    "even over the whole vocabulary",
    "`even` is uniform over all V words, so its perplexity is V.",
    look="`even` has 1 / perplexity at `perplexity` words and 0 elsewhere",
)
def _(perplexity, vocab_size, came):
    even = np.full(vocab_size, 1 / vocab_size)
    return even, _two_models(perplexity, vocab_size, came)[1]


@two_models.mistake(
    "sure of the right word",
    "`sure` is sure of the word that came. It should be sure of a wrong one and leave 1 / "
    "perplexity for the right one.",
    look="`sure[came] = 1 / perplexity`",
)
def _(perplexity, vocab_size, came):
    even, sure = _two_models(perplexity, vocab_size, came)
    wrong = (came + 1) % vocab_size
    sure[came], sure[wrong] = sure[wrong], sure[came]
    return even, sure


@two_models.mistake(
    "doubt spread over all others",
    "`sure` spreads what is left over all other words. It should put it on one: sure, and wrong.",
    look="1 - 1 / perplexity goes to a single word",
)
def _(perplexity, vocab_size, came):
    sure = np.full(vocab_size, (1 - 1 / perplexity) / (vocab_size - 1))
    sure[came] = 1 / perplexity
    return _two_models(perplexity, vocab_size, came)[0], sure


@two_models.mistake(
    "probability left over",
    "`sure` adds up to less than 1: what the word that came does not get must go somewhere.",
    look="1 - 1 / perplexity goes to a single wrong word",
)
def _(perplexity, vocab_size, came):
    even, sure = _two_models(perplexity, vocab_size, came)
    sure[(came + 1) % vocab_size] = 0
    return even, sure


# ---- words against characters


def _per_word(per_character, characters, words):
    return per_character ** (characters / words), np.log2(per_character)


def _counts(rng):
    cases = []
    for _ in range(3):
        words = int(rng.integers(80, 200))
        characters = int(words * rng.uniform(4.2, 6.3))
        cases.append((round(float(rng.uniform(2, 4)), 2), characters, words))
    return cases


per_word = Exercise(
    "perplexity.per_word",
    "Words against characters",
    level=2,
    reference=_per_word,
    cases=_counts,
    returns=("per_word", "bits_per_character"),
)
WHOLE = (
    "the text's total loss is the same: `words * log(per_word) = characters * log(per_character)`"
)


def _converted(name, words, function):
    _formula(per_word, name, words, function, WHOLE)


_converted(
    "multiplied",
    "The perplexity was multiplied by the characters in a word. Losses add up; perplexities "
    "multiply, so it is a power.",
    lambda per_character, characters, words:
        (per_character * characters / words, np.log2(per_character)),
)  # fmt: skip
_converted(
    "exponent upside down",
    "The exponent is words over characters. A word has many characters, so it is harder to guess.",
    lambda per_character, characters, words:
        (per_character ** (words / characters), np.log2(per_character)),
)  # fmt: skip
_converted(
    "unchanged",
    "The perplexity per character was taken for the one per word.",
    lambda per_character, characters, words: (per_character, np.log2(per_character)),
)
_converted(
    "spaces left out",
    "The spaces between the words were not counted. The model predicts them too.",
    lambda per_character, characters, words:
        (per_character ** ((characters - words) / words), np.log2(per_character)),
)  # fmt: skip
_converted(
    "nats called bits",
    "The second number is in nats. Bits need log2.",
    lambda per_character, characters, words:
        (_per_word(per_character, characters, words)[0], np.log(per_character)),
)  # fmt: skip
_converted(
    "bits per word",
    "The second number is bits per word. Asked is per character.",
    lambda per_character, characters, words:
        (_per_word(per_character, characters, words)[0],
         np.log2(per_character) * characters / words),
)  # fmt: skip

# ---- floors: counting


def _floors(ids, vocab_size):
    before, after = ids[:-1], ids[1:]
    pairs = np.zeros((vocab_size, vocab_size))
    np.add.at(pairs, (before, after), 1)
    alone = pairs.sum(axis=0) / pairs.sum()
    given = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1)
    return vocab_size, _from_probabilities(alone[after]), _from_probabilities(given[before, after])


def _source(rng):
    number = rng.permutation(6)
    V = 5
    ids = [0]
    table = rng.dirichlet(np.full(V, 0.5), V)
    while len(ids) < 60:
        ids.append(int(rng.choice(V, p=table[ids[-1]])))
    return [(number[[0, 1, 2, 3, 4, 1, 5]], 6), (np.array(ids), V)]


floors = Exercise(
    "perplexity.floors",
    "Three floors",
    level=3,
    reference=_floors,
    cases=_source,
    returns=("uniform", "unigram", "bigram"),
)
PAIRS = "`p(next | word) = count(word, next) / count(word, anything)`"


def _with(place, function):
    def answer(ids, vocab_size):
        result = list(_floors(ids, vocab_size))
        result[place] = function(ids, vocab_size, result[place])
        return tuple(result)

    return answer


def _joint(ids, vocab_size, _):
    pairs = np.zeros((vocab_size, vocab_size))
    np.add.at(pairs, (ids[:-1], ids[1:]), 1)
    return _from_probabilities((pairs / pairs.sum())[ids[:-1], ids[1:]])


def _unweighted(ids, vocab_size, _):
    words = np.unique(ids[:-1])
    means = []
    for word in words:
        after = ids[1:][ids[:-1] == word]
        means.append(np.mean(nats(np.array([(after == w).mean() for w in after]))))
    return np.exp(np.mean(means))


def _add_one(ids, vocab_size, _):
    pairs = np.ones((vocab_size, vocab_size))
    np.add.at(pairs, (ids[:-1], ids[1:]), 1)
    given = pairs / pairs.sum(axis=1, keepdims=True)
    return _from_probabilities(given[ids[:-1], ids[1:]])


_formula(
    floors,
    "joint for conditional",
    "The pairs' counts were divided by the number of all pairs. That is how likely the pair is, "
    "not how likely the second word is after the first.",
    _with(2, _joint),
    PAIRS,
)
_formula(
    floors,
    "words not weighted",
    "Every word counts the same in the mean, whether it comes once or often. Average over the "
    "tokens.",
    _with(2, _unweighted),
    RIGHT,
)
_formula(
    floors,
    "add-one counts",
    "One was added to every count. That is for texts that the model has not seen; a floor on "
    "this text needs the counts as they are.",
    _with(2, _add_one),
    PAIRS,
)
_formula(
    floors,
    "unigram over kinds of words",
    "Each kind of word got the same probability, however often it comes.",
    _with(1, lambda ids, vocab_size, _: float(len(np.unique(ids[1:])))),
    "`p(word) = count(word) / number of tokens`",
)
_formula(
    floors,
    "unigram counts the first word",
    "The first word of the text was counted. Nothing predicts it, so it is not among the tokens "
    "that are averaged: the floors are compared on the same tokens, ids[1:].",
    _with(1, lambda ids, vocab_size, _: _from_probabilities(
        (np.bincount(ids, minlength=vocab_size) / len(ids))[ids])),
    "`ids[1:]`",
)  # fmt: skip
_formula(
    floors,
    "losses, not perplexities",
    "These are losses in nats. Perplexity is their exp.",
    lambda ids, vocab_size: tuple(np.log(_floors(ids, vocab_size))),
)
_formula(
    floors,
    "base 2 on one side",
    "The logarithm is natural and the power has base 2.",
    lambda ids, vocab_size: (vocab_size, *(2 ** np.log(_floors(ids, vocab_size)[1:]))),
)

# ---- floors: an automaton


def _automaton(visits, probs):
    surprise = -np.sum(probs * np.log(np.where(probs > 0, probs, 1)), axis=1)
    return np.exp(visits @ surprise)


def _automata(rng):
    """A drawn automaton, and the Reber grammar: of 8 symbols 6 are a coin toss."""
    S, V = 4, 5
    probs = rng.dirichlet(np.full(V, 0.7), S)
    probs[0] = np.eye(V)[2]  # a state in which only one symbol can come
    reber = np.zeros((7, 7))
    for s, symbols in enumerate(((0,), (4, 2), (3, 6), (4, 5), (6, 3), (2, 5), (1,))):
        reber[s, list(symbols)] = 1 / len(symbols)
    strings = np.array([1, 1, 1, 5 / 3, 4 / 3, 1, 1]) / 8  # visits per string, of 8 symbols
    visits = rng.dirichlet(np.full(S, 2.0))
    return [(strings, reber), (visits, probs)]


automaton = Exercise(
    "perplexity.automaton",
    "The floor of a grammar",
    level=2,
    reference=_automaton,
    cases=_automata,
    returns="perplexity",
)
RATE = "`exp(sum over s of visits[s] * H_s)`, with `H_s = -sum over v of p log p`"


def _rate(name, words, function):
    _formula(automaton, name, words, function, RATE)


def _surprise(probs):
    return -np.sum(probs * np.log(np.where(probs > 0, probs, 1)), axis=1)


_rate(
    "states not weighted",
    "Every state counts the same. Weight each by how often it is visited.",
    lambda visits, probs: np.exp(_surprise(probs).mean()),
)
_rate(
    "mean of perplexities",
    "The states' perplexities were averaged. Average the losses, then take exp.",
    lambda visits, probs: visits @ np.exp(_surprise(probs)),
)
_rate(
    "memory thrown away",
    "The states were mixed before the logarithm: this is the unigram's floor, of a reader who "
    "does not know the state.",
    lambda visits, probs: np.exp(_surprise((visits @ probs)[None])[0]),
)
_rate(
    "number of symbols per state",
    "Each symbol that may come was counted, as if all were equally likely.",
    lambda visits, probs: np.exp(visits @ np.log((probs > 0).sum(axis=1))),
)
_rate(
    "2 to the power of nats",
    "The logarithm is natural and the power has base 2.",
    lambda visits, probs: 2 ** (visits @ _surprise(probs)),
)
_rate(
    "log of 0",
    "Where a symbol cannot come, 0 log 0 gave nan. It counts as 0.",
    lambda visits, probs: np.exp(visits @ -np.sum(probs * np.log(probs), axis=1)),
)
_rate("sign lost", "The minus is missing.", lambda visits, probs: 1 / _automaton(visits, probs))
_rate("the loss itself", "This is the loss.", lambda visits, probs: visits @ _surprise(probs))
