"""Learn: a run in Python, the way back from the page, and what does not fit is named."""

import numpy as np
import pytest

from rnn_core import RNNLM, SGD, train
from rnn_core.data.batches import stream_batches
from rnn_core.widgets import Learn
from rnn_core.widgets.learn.learn import names, smooth
from rnn_core.widgets.learn.runs import start


def test_a_run_is_what_train_does():
    figure = Learn(k=2, lr=0.3, optimizer="sgd")
    run, plan = figure.run(), figure.plan()
    model = figure.model
    blocks = list(stream_batches(np.array(plan["ids"]), 1, 2))
    history = train(model, blocks, SGD(0.3), epochs=5, max_norm=1.0)
    for loss, norm in zip(history["loss"], history["norm"], strict=True):
        assert run.update()[:2] == (loss, norm)
    for name, p in run.model.params.items():
        assert np.array_equal(p, model.params[name])


def test_it_begins_with_an_even_guess_and_an_orthogonal_state():
    model = start(7, 5, 12, np.random.default_rng(0))
    W_h = model.rnn.cell.W_h
    assert np.allclose(W_h @ W_h.T, np.eye(12), atol=1e-12)
    loss, _ = model.loss(np.arange(7)[None, :6], np.arange(7)[None, 1:])
    assert abs(loss - np.log(7)) < 0.1


def test_the_still_is_the_run_that_play_makes():
    figure = Learn()
    history = figure.shown()
    run = figure.run()
    assert [[s, *run.update()[:2]] for s in (1, 2, 3)] == history[:3]
    assert "optimum 1.000, without memory 1.260, even guess 6.000" in figure.summary()
    assert "It has reached the optimum." in figure.summary()
    assert figure.still().count("<path") > 3


def test_what_the_page_has_learned_comes_back():
    figure, run = Learn(), Learn(seed=5).run()
    run.update()
    figure.weights = {name: p.tolist() for name, p in run.model.params.items()}
    figure.history = [[1, 1.7, 0.4]]
    for name, p in figure.model.params.items():
        assert np.array_equal(p, run.model.params[name])
    assert figure.summary().startswith("After 1 updates the perplexity is 5.474.")


def test_smooth_is_a_mean_over_what_lies_back():
    history = [[2 * i, float(i), 0.0] for i in range(1, 7)]
    steps, losses = smooth(history, 4)  # two stretches
    assert list(steps) == [2, 4, 6, 8, 10, 12] and list(losses) == [1, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert len(set(names("embedded")) - set(names("toy"))) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Learn("poem"), "'toy', 'reber', 'embedded', 'recall', 'text'"),
        (lambda: Learn(hidden=1), "between 2 and 64"),
        (lambda: Learn(lr=9), "between 0.0001 and 3"),
        (lambda: Learn(model=3), "an RNNLM, got 3"),
        (lambda: Learn(model=RNNLM.init(9, 4, 8, np.random.default_rng(0))), "one of 6 symbols"),
        (lambda: Learn("text", text="short").run(), "at least 40 characters, got 5"),
        (lambda: Learn("text", text="a" * 100_001), "at most 100000 characters"),
    ],
)
def test_what_does_not_fit_is_named(make, words):
    with pytest.raises(ValueError) as caught:
        make()
    assert words in str(caught.value)
