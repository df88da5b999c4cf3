"""The explorables: figures you can take hold of, each an ipywidget.

``from rnn_core.widgets import Unfold`` loads anywidget; ``import rnn_core.widgets`` alone does not.
"""

from importlib import import_module

_HOME = {
    "Explorable": "explorable",
    "Unfold": "unfold.unfold",
    "Backward": "backward.backward",
    "GradientNorms": "gradient_norms.gradient_norms",
    "Truncation": "truncation.truncation",
    "NextWord": "next_word.next_word",
    "Perplexity": "perplexity.perplexity",
    "Reber": "reber.reber",
    "Gate": "gate.gate",
    "Learn": "learn.learn",
    "Guess": "guess.guess",
    "Guesses": "guesses.guesses",
}

__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted([*globals(), *_HOME])
