"""Recurrent neural networks in NumPy, small enough to read: the code behind the book *Unrolled*.

Floors, each importing only from those below:

    5  widgets  plots                       (need anywidget and matplotlib; imported by name only)
       notebook                            (the package's own code, quoted in a chapter)
       torch                               (the same network in PyTorch; needs it)
       text                                (the command ``python -m rnn_core FILE``)
    4  train  sample  diagnostics  checks
    3  model  checkpoint
    2  rnn
    1  cell  gates  layers  loss  optim  gradcheck  data
    0  shapes  norms  words
"""

from . import gradcheck
from .cell import RNNCell
from .data import Vocabulary, stream_batches
from .gates import GRUCell, LSTMCell, LSTMState
from .layers import Affine, Embedding
from .loss import perplexity, softmax, softmax_cross_entropy
from .model import RNNLM
from .optim import SGD, Adam, clip_by_global_norm
from .rnn import RNN
from .sample import sample
from .train import evaluate, train

__all__ = [
    "RNN",
    "RNNLM",
    "SGD",
    "Adam",
    "Affine",
    "Embedding",
    "GRUCell",
    "LSTMCell",
    "LSTMState",
    "RNNCell",
    "Vocabulary",
    "clip_by_global_norm",
    "evaluate",
    "gradcheck",
    "perplexity",
    "sample",
    "softmax",
    "softmax_cross_entropy",
    "stream_batches",
    "train",
]


def __getattr__(name):
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # the one number is pyproject.toml's

    return version("unrolled")
