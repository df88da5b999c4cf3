"""Make a text of the size of the Penn Treebank, whose best possible perplexity is known.

    python tools/like_ptb.py FOLDER

writes like.train.txt, like.valid.txt and like.test.txt: as many tokens, lines and different words
as the usual preprocessed form of the treebank has, already cut.  They are no language.  Each
sentence has a topic, which nobody is told; each word belongs to a class; and how likely a class
is depends on the class before it and on the topic.  Whoever knows these tables can do no better
than to weigh the topics by what the sentence has shown so far: that is the floor, and it is
printed.  A model without memory cannot tell the topics apart.
"""

import argparse
from pathlib import Path

import numpy as np

PARTS = {"train": (929_589, 42_068), "valid": (73_760, 3_370), "test": (82_430, 3_761)}
WORDS, CLASSES, TOPICS = 9_999, 40, 4  # with the end of a sentence 10,000 different tokens


class Source:
    """The tables from which the text is drawn.

    Attributes
    ----------
    first : array (topics, classes)
        How a sentence begins.
    after : array (topics, classes, classes)
        What class follows a class; the sentence may also end, everywhere alike.
    words : array (classes, words)
        Each word belongs to one class, and common words are common in theirs (Zipf).
    """

    def __init__(self, rng, words=WORDS, classes=CLASSES, topics=TOPICS):
        of_class = rng.integers(classes, size=words)
        of_class[:classes] = np.arange(classes)  # none is empty
        common = (np.arange(words) + 3.0) ** -1.2
        common = 0.92 * common / common.sum() + 0.08 / words  # a rare word comes about ten times
        self.words = np.where(of_class == np.arange(classes)[:, None], common, 0)
        self.words /= self.words.sum(axis=1, keepdims=True)
        share = np.bincount(of_class, common, classes)
        alpha = 0.1 * classes * share / share.sum()  # some classes are likely after a class
        self.first = rng.dirichlet(alpha + 0.01, size=topics)
        self.after = rng.dirichlet(alpha + 0.01, size=(topics, classes))
        self.of_class = of_class

    def sample(self, lengths, rng):
        """Sentences of these lengths: ids of words, one array after the other."""
        classes, topics = self.after.shape[1], len(self.first)
        upto = [np.cumsum(rows, axis=-1) for rows in (self.first, self.after)]
        word = [np.flatnonzero(row) for row in self.words]
        word_upto = [np.cumsum(row[ids]) for row, ids in zip(self.words, word, strict=True)]
        sentences = []
        for length in lengths:
            topic, now, sentence = rng.integers(topics), None, []
            for coin, other in rng.random((length, 2)):
                row = upto[0][topic] if now is None else upto[1][topic, now]
                now = min(int(np.searchsorted(row, coin)), classes - 1)
                place = min(int(np.searchsorted(word_upto[now], other)), len(word[now]) - 1)
                sentence.append(word[now][place])
            sentences.append(np.array(sentence))
        return sentences

    def loss(self, sentences, end):
        """The least possible mean loss in nats per token; `end` is the chance to end anywhere."""
        total, tokens = 0.0, 0
        for sentence in sentences:
            c = self.of_class[sentence]
            topics = np.full(len(self.first), 1 / len(self.first))
            for t, (word, k) in enumerate(zip(sentence, c, strict=True)):
                p = self.first[:, k] if t == 0 else self.after[:, c[t - 1], k]
                chance = topics @ p
                total -= np.log(chance * self.words[k, word]) + (np.log(1 - end) if t else 0)
                topics = topics * p / chance
            total -= np.log(end)
            tokens += len(sentence) + 1
        return total / tokens


def lengths(tokens, lines, rng):
    """Words in each of the lines: at least one, geometric; with the ends `tokens` in all."""
    words = rng.geometric(lines / (tokens - lines), size=lines)
    while (spare := tokens - lines - words.sum()) != 0:
        some = rng.integers(lines, size=min(abs(int(spare)), lines))
        np.add.at(words, some, np.sign(spare))
        words = np.maximum(words, 1)
    return words


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("folder", type=Path, help="where the three files go")
    folder = p.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2012)
    source = Source(rng)
    names = np.array(["<unk>", "N", *(f"w{i}" for i in range(2, WORDS))])
    for part, (tokens, lines) in PARTS.items():
        sentences = source.sample(lengths(tokens, lines, rng), rng)
        text = "".join(" " + " ".join(names[sentence]) + " \n" for sentence in sentences)
        (folder / f"like.{part}.txt").write_text(text, encoding="utf-8")
        best = source.loss(sentences, lines / (tokens - lines))
        kinds = len(np.unique(np.concatenate(sentences))) + 1
        print(f"{part:6}{tokens:9,} tokens, {kinds:6,} different; floor: perplexity "
              f"{np.exp(best):.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
