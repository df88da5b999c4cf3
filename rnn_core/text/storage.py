"""A language model in one .npz file, its vocabulary with it; no pickle, so loading runs no code.

A file from elsewhere is not trusted.  Before anything of it is unpacked its table of contents and
the heads of its arrays are read: they must announce no more than the file can hold, so that a
small file cannot ask for a large memory.
"""

import io
import json
import math
import os
import stat
import zipfile
from pathlib import Path

import numpy as np

from ..cell import RNNCell
from ..data.vocabulary import Vocabulary
from ..gates import GRUCell, LSTMCell
from ..layers import Affine, Embedding
from ..model import RNNLM
from ..rnn import RNN
from ..shapes import as_made
from .files import reason, write_whole

__all__ = ["FORMAT", "LARGEST", "load", "save"]

FORMAT = 1
LARGEST = 4 * 2**30  # bytes: a thousand million weights of 4 bytes
_ARRAYS = {  # name: axes; G is H for each of the cell's blocks of columns
    "embedding.W": "V D", "rnn.W_x": "D G", "rnn.W_h": "H G", "rnn.b": "G",
    "affine.W": "H V", "affine.b": "V",
}  # fmt: skip
_MORE = {"rnn.b_h": "H"}  # what some cells have besides
_CELLS = {"RNNCell": (RNNCell, 1), "LSTMCell": (LSTMCell, 4), "GRUCell": (GRUCell, 3)}  # and blocks


def save(path, model, vocab, **about):
    """Write a model and its vocabulary, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Should end in ``.npz``.  A file that is there is replaced, a link is followed.
    model : RNNLM
    vocab : Vocabulary
        As many tokens as the model knows; any Unicode.
    **about
        What else belongs to the model, such as ``unit="words"``: anything JSON can hold.

    Raises
    ------
    ValueError
        If the path does not end in ``.npz``, the vocabulary is another one, or the cell is none
        of the package's.
    OSError
        With the path in it, if the disk is full or the folder cannot be written.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(f"path should be a path that ends in .npz, got {path!r:.60}: give one")
    as_made("model", model, "params vocab_size", "a model, such as an RNNLM")
    as_made("vocab", vocab, "tokens encode", "a Vocabulary")
    if Path(path).suffix != ".npz":
        raise ValueError(f"path should end in .npz, got {path}: that is what the file is")
    if len(vocab) != model.vocab_size:
        raise ValueError(
            f"vocab should hold V={model.vocab_size} tokens, got {len(vocab)}: "
            f"save the vocabulary that the model was made for"
        )
    kind = type(model.rnn.cell)
    if kind not in [known for known, _ in _CELLS.values()]:
        raise ValueError(
            f"model should have one of the cells {', '.join(_CELLS)}, got {kind.__name__}: "
            f"save its arrays with np.savez"
        )
    told = {"format": FORMAT, "tokens": vocab.tokens, "about": about}
    if kind is not RNNCell:
        told["cell"] = kind.__name__
    told = np.frombuffer(json.dumps(told).encode("ascii"), dtype=np.uint8)  # any text, as bytes
    file = io.BytesIO()
    np.savez(file, **model.params, json=told)
    write_whole(path, file.getvalue())


def load(path, largest=LARGEST):
    """A saved model: ``model, vocab, about = load("model.npz")``.

    Parameters
    ----------
    path : str or Path
    largest : int
        The most bytes that the file may have.

    Raises
    ------
    ValueError
        If there is no such file, or it is not one that `save` wrote, or too large.
    """
    try:
        with open(os.fspath(path), "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            _check_file(status, largest)
            with zipfile.ZipFile(file) as archive:
                p = _read(archive, status.st_size)
        told = json.loads(p.pop("json").tobytes())
        number, tokens, about = told["format"], told["tokens"], dict(told["about"])
        kind = told.get("cell", "RNNCell")
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: check the path") from None
    except PermissionError as error:
        raise ValueError(f"{path} cannot be read ({reason(error)}): check the path") from None
    except Exception as error:  # what bytes can do to zipfile, NumPy and json has no end
        why = f" ({error})" if isinstance(error, _Damaged) else ""
        raise ValueError(
            f"{path} is not a saved model{why}: give a file that save() wrote"
        ) from error
    if number != FORMAT:
        raise ValueError(f"{path} has format {number}, not {FORMAT}: use the version that saved it")
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise ValueError(f"{path} is not a saved model: its tokens are not a list of words")
    try:
        return _build(p, tokens, kind), Vocabulary(tokens), about
    except ValueError as error:
        raise ValueError(f"{path} is not a saved model: {error}") from None


class _Damaged(Exception):
    """What is wrong with a file, in words."""


def _check_file(about, largest):
    if not stat.S_ISREG(about.st_mode):
        raise _Damaged("it is not a file on a disk")
    if about.st_size > largest:
        raise _Damaged(f"it has {about.st_size:,} bytes, more than {largest:,}")


def _without_waiting(path, flags):
    """Open a pipe without waiting for somebody to write into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _read(archive, size):
    """The arrays by name, read only when all that they announce has been seen to be true."""
    members = archive.infolist()
    infos = {info.filename.removesuffix(".npy"): info for info in members}
    if len(infos) < len(members):
        raise _Damaged("it holds two arrays of one name")
    more = [name for name in _MORE if name in infos]
    wanted = {name: infos[name] for name in (*_ARRAYS, *more, "json")}
    if any(info.compress_type != zipfile.ZIP_STORED for info in wanted.values()):
        raise _Damaged("it is compressed, which a saved model never is")
    if sum(info.file_size for info in wanted.values()) > size:
        raise _Damaged("it announces more than it holds")
    return {name: _array(archive, info, name) for name, info in wanted.items()}


def _array(archive, info, name):
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        head = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = head(member)
        kinds = ("u1",) if name == "json" else ("f2", "f4", "f8")
        axes = {**_ARRAYS, **_MORE}.get(name, "T").split()
        if dtype.newbyteorder("=") not in map(np.dtype, kinds) or len(shape) != len(axes):
            raise _Damaged(f"{name} has shape {shape} of {dtype}")
        if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize > info.file_size:
            raise _Damaged(f"{name} announces shape {shape}, more than the file holds")
        data = member.read()
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise _Damaged(f"{name} should have {math.prod(shape)} numbers")
    array = np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))  # a copy, free to change
    return np.ascontiguousarray(array.reshape(shape, order="F" if fortran else "C"))


def _build(p, tokens, kind):
    if kind not in _CELLS:
        raise ValueError(f"its cell is {kind!r:.40}, none of {', '.join(_CELLS)}")
    cell, blocks = _CELLS[kind]
    H = len(p["affine.W"])
    sizes = {"H": H, "G": blocks * H}
    for name, array in p.items():
        axes = {**_ARRAYS, **_MORE}[name]
        for axis, size in zip(axes.split(), array.shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise ValueError(
                    f"{name} should have shape ({axes.replace(' ', ', ')}), with "
                    f"{axis}={sizes[axis]}, got {array.shape}"
                )
    if len({array.dtype for array in p.values()}) > 1:
        raise ValueError("its arrays should all be of one type")
    if len(tokens) != sizes["V"]:
        raise ValueError(f"{len(tokens)} tokens, V={sizes['V']}")
    of_cell = {name.removeprefix("rnn."): p[name] for name in p if name.startswith("rnn.")}
    if len(of_cell) != 3 + (cell is GRUCell):
        raise ValueError(f"a {kind} has other arrays than {', '.join(of_cell)}")
    affine = Affine(p["affine.W"], p["affine.b"])
    return RNNLM(Embedding(p["embedding.W"]), RNN(cell(**of_cell)), affine)
