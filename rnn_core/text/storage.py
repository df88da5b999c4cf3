"""A language model in one .npz file, its vocabulary with it; no pickle, so loading runs no code."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from ..cell import RNNCell
from ..data.vocabulary import Vocabulary
from ..layers import Affine, Embedding
from ..model import RNNLM
from ..rnn import RNN
from .corpus import write_whole

FORMAT = 1
_BROKEN = (  # RuntimeError: a zip of a version or with a password that zipfile does not know
    OSError, KeyError, TypeError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile,
)  # fmt: skip
_ARRAYS = ("embedding.W", "rnn.W_x", "rnn.W_h", "rnn.b", "affine.W", "affine.b")


def save(path, model, vocab, **about):
    """Write a model and its vocabulary, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Should end in ``.npz``.
    model : RNNLM
    vocab : Vocabulary
        As many tokens as the model knows; any Unicode.
    **about
        What else belongs to the model, such as ``unit="words"``: anything JSON can hold.
    """
    if Path(path).suffix != ".npz":
        raise ValueError(f"path should end in .npz, got {path}: that is what the file is")
    if len(vocab) != model.vocab_size:
        raise ValueError(
            f"vocab should hold V={model.vocab_size} tokens, got {len(vocab)}: "
            f"save the vocabulary that the model was made for"
        )
    told = {"format": FORMAT, "tokens": vocab.tokens, "about": about}
    told = np.frombuffer(json.dumps(told).encode("ascii"), dtype=np.uint8)  # any text, as bytes
    file = io.BytesIO()
    np.savez(file, **model.params, json=told)
    write_whole(path, file.getvalue())


def load(path):
    """A saved model: ``model, vocab, about = load("model.npz")``.

    Raises
    ------
    ValueError
        If there is no such file, or it is not one that `save` wrote.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            p = {name: file[name] for name in _ARRAYS}
            told = json.loads(file["json"].tobytes())
        vocab, about, number = Vocabulary(told["tokens"]), dict(told["about"]), told["format"]
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: check the path") from None
    except _BROKEN as error:
        raise ValueError(f"{path} is not a saved model: give a file that save() wrote") from error
    if number != FORMAT:
        raise ValueError(f"{path} has format {number}, not {FORMAT}: use the version that saved it")
    cell = RNNCell(p["rnn.W_x"], p["rnn.W_h"], p["rnn.b"])
    affine = Affine(p["affine.W"], p["affine.b"])
    model = RNNLM(Embedding(p["embedding.W"]), RNN(cell), affine)
    if len(vocab) != model.vocab_size:
        raise ValueError(f"{path} is not a saved model: {len(vocab)} tokens, V={model.vocab_size}")
    return model, vocab, about
