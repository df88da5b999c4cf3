"""A word-level language model: Embedding -> RNN -> Affine -> softmax cross-entropy."""

import numpy as np

from .cell import RNNCell
from .layers import Affine, Embedding
from .loss import softmax_cross_entropy
from .rnn import RNN, on_each, output, zero_state
from .shapes import LARGEST, SIDE, as_int, check_room

__all__ = ["RNNLM"]


class RNNLM:
    """Reads ids, predicts the next id at every step (Mikolov et al. 2010).

    Parameters
    ----------
    embedding : Embedding
    rnn : RNN
    affine : Affine

    Raises
    ------
    ValueError
        If the sizes of neighboring layers differ.
    """

    def __init__(self, embedding, rnn, affine):
        for name, layer, kind in (
            ("embedding", embedding, Embedding), ("rnn", rnn, RNN), ("affine", affine, Affine),
        ):  # fmt: skip
            if not isinstance(layer, kind):
                raise ValueError(
                    f"{name} should be an {kind.__name__} object, got {layer!r:.60}: "
                    f"make one, or use RNNLM.init(...)"
                )
        D, H, V = rnn.cell.input_size, rnn.cell.hidden_size, len(embedding.W)
        if embedding.W.shape[1] != D:
            raise ValueError(
                f"embedding.W should have shape (V, D={D}), got {embedding.W.shape}: "
                f"the embedding feeds the cell, so its rows hold D={D} numbers"
            )
        if affine.W.shape != (H, V):
            raise ValueError(
                f"affine.W should have shape (H={H}, V={V}), got {affine.W.shape}: "
                f"it turns each state into one score for each word"
            )
        self.embedding, self.rnn, self.affine = embedding, rnn, affine

    @classmethod
    def init(cls, vocab_size, embed_size, hidden_size, rng, dtype=np.float64, cell=RNNCell):
        """A model with random weights; `dtype` float64, or float32 where speed matters.

        `cell` is the kind of cell: `RNNCell`, `LSTMCell`, `GRUCell`, or any class with their
        `init`.
        """
        if not isinstance(cell, type) or not hasattr(cell, "init"):
            raise ValueError(
                f"cell should be a kind of cell, got {cell!r:.60}: pass the class, such as LSTMCell"
            )
        as_int("vocab_size", vocab_size), as_int("embed_size", embed_size)
        as_int("hidden_size", hidden_size, most=SIDE)  # before the first number is drawn
        check_room(hidden_size=hidden_size, vocab_size=vocab_size)
        check_room(embed_size=embed_size, hidden_size=hidden_size)
        return cls(
            Embedding.init(vocab_size, embed_size, rng, dtype),
            RNN(cell.init(embed_size, hidden_size, rng, dtype)),
            Affine.init(hidden_size, vocab_size, rng, dtype),
        )

    @property
    def params(self):
        """Every array of the model by its full name, such as ``"rnn.W_h"``."""
        layers = {"embedding": self.embedding, "rnn": self.rnn, "affine": self.affine}
        return {f"{a}.{b}": p for a, layer in layers.items() for b, p in layer.params.items()}

    @property
    def vocab_size(self):
        """V: how many words the model knows."""
        return len(self.embedding.W)

    @property
    def dtype(self):
        return self.embedding.W.dtype

    def zero_state(self, batch_size):
        """The state before anything was read: zeros (N, H), or a tuple of them (`LSTMState`)."""
        N = as_int("batch_size", batch_size, most=LARGEST // self.rnn.cell.hidden_size)
        return on_each(lambda z: z.astype(self.dtype), zero_state(self.rnn.cell, N))

    def logits(self, ids, h_0=None):
        """Scores (N, T, V) for the word after each of the ids (N, T), and the last state h_T.

        `h_0` (N, H) is the state before the first id; None stands for zeros.
        """
        logits, h_T, _ = self._forward(ids, h_0)
        return logits, h_T

    def loss(self, ids, targets, h_0=None, mask=None):
        """Mean loss in nats per counted token, and the last state; no gradients."""
        logits, h_T, _ = self._forward(ids, h_0)
        return softmax_cross_entropy(logits, targets, mask)[0], h_T

    def loss_and_grads(
        self, ids, targets, h_0=None, mask=None, block_len=None, window=None
    ):
        """One pass forward and back.

        Parameters
        ----------
        ids, targets : arrays of ids (N, T)
        h_0 : array (N, H), optional
            The state to start from: zeros, or the h_T of the block before.
        mask : array (N, T) of 0 and 1, optional
            Which targets count.
        block_len : int, optional
            Cut the backward flow inside the block too, every `block_len` steps.
        window : int, optional
            Or let each step's loss travel back over `window` steps.

        Returns
        -------
        loss : float
            Nats per counted token.
        grads : dict
            One array for each name in `params`.
        h_T : array (N, H)
            The last state, a copy: keep it and drop the rest, and that is truncated BPTT.
        """
        logits, h_T, (of_embedding, of_rnn, of_affine) = self._forward(ids, h_0)
        loss, dlogits = softmax_cross_entropy(logits, targets, mask, out=logits)
        dhs, d_affine = self.affine.backward(dlogits, of_affine)
        dxs, _, d_rnn = self.rnn.backward(dhs, of_rnn, block_len, window)
        d_embedding = self.embedding.backward(dxs, of_embedding)
        layers = {"embedding": d_embedding, "rnn": d_rnn, "affine": d_affine}
        grads = {f"{a}.{b}": g for a, layer in layers.items() for b, g in layer.items()}
        return loss, grads, h_T

    def _forward(self, ids, h_0):
        xs, of_embedding = self.embedding.forward(ids)
        hs, of_rnn = self.rnn.forward(xs, self.zero_state(len(xs)) if h_0 is None else h_0)
        logits, of_affine = self.affine.forward(output(hs))
        h_T = on_each(lambda z: z[:, -1].copy(), hs)
        return logits, h_T, (of_embedding, of_rnn, of_affine)

    def __repr__(self):
        (V, D), H = self.embedding.W.shape, self.rnn.cell.hidden_size
        kind = type(self.rnn.cell)
        cell = "" if kind is RNNCell else f", cell={kind.__name__}"
        return f"RNNLM(vocab_size={V}, embed_size={D}, hidden_size={H}{cell})"
