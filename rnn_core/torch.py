"""The same network in PyTorch: weights carried over both ways, and nothing lost on the way.

Needs PyTorch, which nothing else in the package does: ``pip install "unrolled[torch]"``.

PyTorch keeps each matrix transposed and has two biases where the formula has one.  Here the second
is held at zero, but for the part of a GRU that `GRUCell` calls ``b_h``; so the module has the
model's parameters, no more and no fewer, and its gradients are the model's.
"""

import numpy as np

from .cell import RNNCell
from .gates import GRUCell, LSTMCell
from .layers import Affine, Embedding
from .model import RNNLM
from .rnn import RNN
from .shapes import as_made

try:
    import torch
except ImportError:
    raise ImportError(
        'rnn_core.torch should find PyTorch, got no module of that name: pip install "torch", '
        'or pip install "unrolled[torch]"'
    ) from None

__all__ = ["LanguageModel", "from_torch", "gradients", "to_torch"]

_KINDS = {RNNCell: torch.nn.RNN, LSTMCell: torch.nn.LSTM, GRUCell: torch.nn.GRU}


class LanguageModel(torch.nn.Module):
    """`RNNLM` written with PyTorch's own layers: Embedding, RNN (or LSTM, or GRU), Linear.

    Parameters
    ----------
    vocab_size, embed_size, hidden_size : int
    cell : class
        `RNNCell`, `LSTMCell` or `GRUCell`.
    """

    def __init__(self, vocab_size, embed_size, hidden_size, cell=RNNCell):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocab_size, embed_size)
        self.rnn = _KINDS[cell](embed_size, hidden_size, batch_first=True)
        self.affine = torch.nn.Linear(hidden_size, vocab_size)
        second = self.rnn.bias_hh_l0
        with torch.no_grad():
            second.zero_()
        if cell is GRUCell:
            second.register_hook(_of_new_state_alone)
        else:
            second.requires_grad_(False)

    def forward(self, ids, state=None):
        """Scores (N, T, V) for the word after each of the ids (N, T), and the last state."""
        hs, state = self.rnn(self.embedding(ids), state)
        return self.affine(hs), state


def _of_new_state_alone(grad):
    """The gradient of a GRU's second bias, without the two gates that have one bias already."""
    return torch.cat([torch.zeros_like(grad[: len(grad) // 3 * 2]), grad[len(grad) // 3 * 2 :]])


def to_torch(model, device="cpu"):
    """A `LanguageModel` with the weights of an `RNNLM`, copied.

    Parameters
    ----------
    model : RNNLM
        Over an `RNNCell`, `LSTMCell` or `GRUCell`; its type of numbers is kept.
    device : str or torch.device

    Raises
    ------
    ValueError
        If it is no model, or over another kind of cell.
    """
    model = as_made("model", model, "embedding rnn affine params", "a model, such as an RNNLM")
    kind = type(model.rnn.cell)
    if kind not in _KINDS:
        names = ", ".join(known.__name__ for known in _KINDS)
        raise ValueError(
            f"model should have one of the cells {names}, got {kind.__name__}: "
            f"write a module of your own for it"
        )
    (V, D), H = model.embedding.W.shape, model.rnn.cell.hidden_size
    dtype = torch.from_numpy(np.zeros(1, model.dtype)).dtype
    module = LanguageModel(V, D, H, kind).to(device=device, dtype=dtype)
    _load_weights(module, model)
    return module


def _load_weights(module, model):
    """Copy the weights of an `RNNLM` into a `LanguageModel` of its sizes."""
    p = {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in model.params.items()}
    rnn = module.rnn
    with torch.no_grad():
        module.embedding.weight.copy_(p["embedding.W"])
        rnn.weight_ih_l0.copy_(p["rnn.W_x"].T)
        rnn.weight_hh_l0.copy_(p["rnn.W_h"].T)
        rnn.bias_ih_l0.copy_(p["rnn.b"])
        rnn.bias_hh_l0.zero_()
        if "rnn.b_h" in p:
            rnn.bias_hh_l0[-len(p["rnn.b_h"]) :].copy_(p["rnn.b_h"])
        module.affine.weight.copy_(p["affine.W"].T)
        module.affine.bias.copy_(p["affine.b"])


def from_torch(module):
    """An `RNNLM` with the weights of a PyTorch module, copied.

    Parameters
    ----------
    module : torch.nn.Module
        With one Embedding, one RNN, LSTM or GRU of one layer and one direction, and one Linear,
        whatever their names.

    Raises
    ------
    ValueError
        If it has other layers than these, or more of them.
    """
    if not isinstance(module, torch.nn.Module):
        raise ValueError(
            f"module should be a torch.nn.Module, got {module!r:.60}: pass one, such as to_torch "
            f"gives"
        )
    embedding = _only(module, torch.nn.Embedding, "Embedding")
    rnn = _only(module, tuple(_KINDS.values()), "RNN, LSTM or GRU")
    linear = _only(module, torch.nn.Linear, "Linear")
    _check_layer(rnn)
    p = _arrays(embedding, rnn, linear, lambda parameter: parameter)
    of = {layer: {} for layer in ("embedding", "rnn", "affine")}
    for name, array in p.items():
        layer, short = name.split(".")
        of[layer][short] = array
    cell = next(cell for cell, kind in _KINDS.items() if isinstance(rnn, kind))(**of["rnn"])
    return RNNLM(Embedding(**of["embedding"]), RNN(cell), Affine(**of["affine"]))


def gradients(module):
    """The gradients of a `LanguageModel` after ``backward()``, by the names of `RNNLM.params`."""

    def of(parameter):
        return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad

    return _arrays(module.embedding, module.rnn, module.affine, of)


def _arrays(embedding, rnn, linear, of):
    """The arrays of three layers, in the package's own shapes and by its names."""

    def array(parameter):
        return of(parameter).detach().cpu().numpy().copy()

    first, second = (
        array(getattr(rnn, name)) if rnn.bias else np.zeros(len(rnn.weight_ih_l0), np.float32)
        for name in ("bias_ih_l0", "bias_hh_l0")
    )
    H, more = rnn.hidden_size, {}
    if isinstance(rnn, torch.nn.GRU):
        more, second = {"rnn.b_h": second[2 * H :]}, np.append(second[: 2 * H], np.zeros(H))
    W_x = array(rnn.weight_ih_l0).T
    bias = array(linear.bias) if linear.bias is not None else np.zeros(linear.out_features)
    p = {
        "embedding.W": array(embedding.weight),
        "rnn.W_x": W_x,
        "rnn.W_h": array(rnn.weight_hh_l0).T,
        "rnn.b": first + second,
        **more,
        "affine.W": array(linear.weight).T,
        "affine.b": bias,
    }
    return {name: np.ascontiguousarray(a, dtype=W_x.dtype) for name, a in p.items()}


def _only(module, kind, name):
    found = [layer for layer in module.modules() if isinstance(layer, kind)]
    if len(found) != 1:
        raise ValueError(
            f"module should have one {name}, got {len(found)}: carry the weights over one by one"
        )
    return found[0]


def _check_layer(rnn):
    for name, wanted in (
        ("num_layers", 1), ("bidirectional", False), ("proj_size", 0), ("nonlinearity", "tanh"),
    ):  # fmt: skip
        got = getattr(rnn, name, wanted)
        if got != wanted:
            raise ValueError(
                f"module should have a recurrent layer with {name}={wanted!r}, got {got!r}: "
                f"RNN runs one layer of one cell, forward in time"
            )
