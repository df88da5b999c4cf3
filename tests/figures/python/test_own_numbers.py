"""The page "Figures with your own numbers": what it shows runs, and it leaves no argument out."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import rnn_core.widgets

PAGE = (Path(__file__).parents[3] / "book" / "figures.md").read_text(encoding="utf-8")
FIGURES = re.findall(r"^### (\w+)$", PAGE, re.M)


def blocks(language, inside=PAGE):
    return re.findall(rf"```{language}\n(.*?)```", inside, re.S)


def test_every_block_of_the_page_runs_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    ran = [block for block in blocks("python") if not block.startswith("# fading.py")]
    for block in ran:
        exec(block, names)
    assert len(ran) > 10 and (tmp_path / "unfold.pdf").stat().st_size > 1000
    (asked,) = blocks("text")
    call, answer = re.match(r">>> (.*)\nValueError: (.*)", asked, re.S).groups()
    with pytest.raises(ValueError) as error:
        exec(call, names)
    assert " ".join(answer.split()) == str(error.value)


@pytest.mark.parametrize("name", FIGURES)
def test_every_argument_of_a_figure_is_named(name):
    section = re.search(rf"^### {name}$(.*?)^##", PAGE, re.M | re.S)[1]
    (call, *_) = blocks("python", section)
    told = section.replace(call, "")
    for argument in inspect.signature(getattr(rnn_core.widgets, name)).parameters.values():
        if argument.kind is not argument.VAR_KEYWORD:
            assert re.search(rf"`{argument.name}`", told), argument.name


def test_the_page_shows_the_figures_that_take_numbers():
    told = "Unfold Backward GradientNorms Truncation NextWord Perplexity Reber Gate"
    assert set(told.split()) <= set(FIGURES) <= set(rnn_core.widgets.__all__)


WRONG = ["abc", -1, [], {}, [[1], [2, 3]], [float("nan")], object(), np.zeros((2, 2, 2)), [1j]]


@pytest.mark.parametrize("name", ["Unfold", "Backward", "GradientNorms", "Gate", "Perplexity"])
@pytest.mark.filterwarnings("error")
def test_whatever_comes_for_an_argument_is_taken_or_answered_in_the_one_voice(name):
    make, answers = getattr(rnn_core.widgets, name), []
    for argument in inspect.signature(make).parameters.values():
        if argument.kind is argument.VAR_KEYWORD:
            continue
        for value in WRONG:
            try:
                make(**{argument.name: value})
            except ValueError as error:
                answers.append(str(error))
    assert len(answers) >= 5 * len(WRONG)
    assert [said for said in answers if not re.search(r" should .*, got .*: ", said)] == []
