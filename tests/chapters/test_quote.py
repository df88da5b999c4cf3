"""quote: the code as it stands in its file, whole or in part."""

import numpy as np
import pytest

from rnn_core import RNN, RNNCell, notebook
from rnn_core.data import grammar
from rnn_core.notebook import quote
from rnn_core.rnn import in_blocks


def fenced():
    return "```python\nx = 1\n```"


def documented(x):
    """One line,

    and another.
    """
    return [
        x,
    ]


def test_a_method_is_quoted_from_its_first_column():
    said = repr(quote(RNNCell.forward))
    assert said.startswith("def forward(self, x, h_prev):\n    ")
    assert "a = x @ self.W_x + h_prev @ self.W_h + self.b" in said
    assert not said.endswith("\n")


def test_the_docstring_can_stay_out():
    assert (
        repr(quote(documented, doc=False)) == "def documented(x):\n    return [\n        x,\n    ]"
    )


def test_a_part_goes_from_a_line_to_a_line():
    said = repr(quote(in_blocks, start="for t in reversed", end="dh_next = das[t]"))
    assert said.startswith("for t in reversed(range(len(dhs))):\n    if (t + 1) % k == 0:")
    assert said.endswith("\n    dh_next = das[t] @ W_back")
    assert repr(quote(grammar, start="REBER = {", end="}")).startswith('REBER = {\n    "0"')


def test_a_front_end_gets_a_fence_that_the_code_does_not_close():
    assert quote(documented)._repr_markdown_().startswith("```python\ndef documented(x):\n")
    assert quote(fenced)._repr_markdown_() == f"````python\n{quote(fenced)}\n````"


@pytest.mark.parametrize(
    "options, words",
    [
        ({"start": "no such line"}, "start should be words of a line .*, got 'no such line'"),
        ({"start": "return", "end": "def fenced"}, "end should be .* from 'return"),
        ({"doc": False}, "doc should be True for fenced, got False: it has no docstring"),
    ],
)
def test_a_part_that_is_not_there_is_an_error_that_says_so(options, words):
    with pytest.raises(ValueError, match=words):
        quote(fenced, **options)


def test_what_has_no_source_is_an_error_that_says_so():
    for thing in (3, len, RNN(RNNCell.init(2, 3, np.random.default_rng(0)))):
        with pytest.raises(ValueError, match="thing should be a function, method, class or module"):
            quote(thing)
    assert quote(notebook).source.startswith('"""')
