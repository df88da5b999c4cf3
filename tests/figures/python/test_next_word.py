"""NextWord in Python: its numbers are the model's, and a learner may set what it shows."""

import numpy as np
import pytest

from rnn_core import RNNLM, Vocabulary, perplexity, softmax
from rnn_core.data.ngram import Bigram
from rnn_core.plots import canvas
from rnn_core.plots.language import clipped, language_model
from rnn_core.widgets import NextWord
from rnn_core.widgets.next_word.next_word import copied, toy


@pytest.fixture(scope="module")
def trained():
    return toy()


@pytest.fixture
def figure(trained):
    return NextWord(*trained)


def test_each_probability_is_the_trained_model_s(trained, figure):
    checkpoints, vocab, ids = trained
    for place, step in enumerate(sorted(checkpoints)):
        model = RNNLM.init(len(vocab), 4, 8, np.random.default_rng(0))
        for name, p in model.params.items():
            p[...] = checkpoints[step][name]
        figure.checkpoint = place
        for length in range(1, 7):
            figure.prefix = ids[:length].tolist()
            want = softmax(model.logits(ids[None, :length])[0][0, -1])
            np.testing.assert_allclose(figure.probabilities()[0], want, rtol=0, atol=1e-4)
        loss, _ = model.loss(ids[None, :-1], ids[None, 1:])
        assert figure.perplexities()[place] == pytest.approx(perplexity(loss), rel=1e-4)


def test_the_memory_is_seen_after_the_second_say(trained, figure):
    _, vocab, ids = trained
    figure.checkpoint = 11
    for length, word in ((2, "goodbye"), (6, "hello")):
        figure.prefix = ids[:length].tolist()
        rnn, bigram = figure.probabilities()
        assert rnn[vocab.ids[word]] > 0.99
        assert bigram[vocab.ids["goodbye"]] == bigram[vocab.ids["hello"]] == 0.5
        assert f"“{word}” 0.99" in figure.summary() and "0.500" in figure.summary()


def test_the_floor_and_the_curve(figure):
    assert figure.floor == pytest.approx(2 ** (1 / 3))
    assert figure.perplexities()[0] > figure.floor > figure.perplexities()[-1]


def test_with_W_h_switched_off_it_cannot_tell_the_two_apart(trained, figure):
    figure.checkpoint = 11
    figure.W_h = np.zeros_like(figure.W_h)
    seen = []
    for length in (2, 6):
        figure.prefix = trained[2][:length].tolist()
        seen.append(figure.probabilities()[0])
    np.testing.assert_allclose(*seen, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    "traits, why",
    [
        ({"prefix": []}, "1 to 12 ids"),
        ({"prefix": [0] * 13}, "1 to 12 ids"),
        ({"prefix": [6]}, "below 6"),
        ({"prefix": [0.5]}, "whole numbers"),
        ({"prefix": "you"}, "a list of ids"),
        ({"checkpoint": 12}, "below 12"),
        ({"words": ["a", "a"]}, "different strings"),
        ({"words": [1, 2]}, "different strings"),
    ],
)
def test_what_cannot_be_shown_is_an_error_and_changes_nothing(figure, traits, why):
    before = figure.state()
    ((name, value),) = traits.items()
    with pytest.raises(ValueError, match=why):
        setattr(figure, name, value)
    assert figure.state() == before


def test_a_text_with_too_many_words_is_an_error():
    vocab = Vocabulary([f"word{i}" for i in range(41)])
    model = RNNLM.init(41, 2, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="at most 40"):
        NextWord({0: copied(model)}, vocab, np.arange(41))


def test_arguments_that_do_not_fit_are_named(trained):
    checkpoints, vocab, ids = trained
    model = RNNLM.init(6, 2, 3, np.random.default_rng(0))
    wanted = "`checkpoints` should be a dict from training steps to copies of RNNLM.params"
    for args, message in [
        (({0: checkpoints[0]},), "`vocab` should be the Vocabulary of the text, got None: pass"),
        ((model, vocab, ids), f"{wanted}, got .*: pass NextWord"),
        (({}, vocab, ids), f"{wanted}, got {{}}"),
        (({0: {"W": [1]}}, vocab, ids), f"{wanted}: embedding.W, .*, got \\['W'\\] at 0"),
        ((checkpoints, Vocabulary(["a", "b"]), ids), "`vocab` should be the model's, of 6 words"),
        ((checkpoints, vocab), "`ids` should be an array of 2 ids or more, got None: pass vocab"),
        ((checkpoints, vocab, [9, 1]), "ids should hold ids from 0 to 5 .* got 9"),
        ((checkpoints, vocab, ["you"]), "ids should hold whole numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            NextWord(*args)


def test_how_often_five_decimals_change_the_last_digit_shown(trained, figure):
    """What the caption says: never by more than one, and seldom."""
    checkpoints, vocab, ids = trained
    off = []
    for place, step in enumerate(sorted(checkpoints)):
        figure.checkpoint = place
        model = RNNLM.init(len(vocab), 4, 8, np.random.default_rng(0))
        for name, p in model.params.items():
            p[...] = checkpoints[step][name]
        exact = softmax(model.logits(ids[None])[0][0])
        for length in range(1, len(ids) + 1):
            figure.prefix = ids[:length].tolist()
            shown = figure.probabilities()[0].round(3)
            off += abs(shown - exact[length - 1].round(3)).tolist()
    assert max(off) < 0.0015 and np.mean(np.array(off) > 0) < 0.01


def test_words_that_look_like_mathematics_or_markup_are_drawn_as_they_are():
    words = "$x^2$ <b>bold</b> $ $y_3 &amp; a_very_long_word_indeed"
    still = NextWord(*toy(words, updates=10)).still()
    assert "&lt;b&gt;bold&lt;/b&gt;" in still and "<b>" not in still
    assert "$x^2$" in still and clipped("a_very_long_word_indeed") == "a_very_long_w…"


def test_the_bigram_beside_it_is_the_counted_one(trained, figure):
    _, vocab, ids = trained
    want = Bigram(ids, len(vocab)).predict(np.arange(len(vocab)))
    np.testing.assert_array_equal(figure.bigram, want)


@pytest.mark.parametrize("targets", [None, ["say", "goodbye"]])
def test_the_layers_stand_above_each_word(targets):
    _, ax = canvas(400, 420)
    assert language_model(ax, 80, 400, ["you", "say"], targets) is ax
    said = [text.get_text() for text in ax.texts]
    assert said.count("Embedding") == said.count("RNN") == said.count("Affine") == 2
    assert ("mean over all counted tokens" in said) == (targets is not None)
