"""Cells with gates: what is remembered is added to, and gates say how much of it stays.

Both are arrangements of one idea, ``kept = f * kept_before + i * new``, whose Jacobian along
the way from step to step is the diagonal matrix of f.  Their arrays hold one block of H columns
for each gate, G columns in all, in the order in which PyTorch has them.
"""

from typing import NamedTuple

import numpy as np

from .shapes import SIDE, as_array, as_cache, as_float_type, as_int, as_rng, check_room

__all__ = ["GRUCell", "LSTMCell", "LSTMState", "sigmoid"]


def sigmoid(a):
    """1 / (1 + e^-a), as (1 + tanh(a/2)) / 2: it overflows nowhere, and takes complex numbers."""
    return 0.5 * (1 + np.tanh(0.5 * a))


class _Sized:
    """What cells of several blocks say of their sizes."""

    @property
    def input_size(self):
        """D: how many numbers one input holds."""
        return self.W_x.shape[0]

    @property
    def hidden_size(self):
        """H: how many numbers h holds (and an LSTM's c)."""
        return self.W_h.shape[0]

    def __repr__(self):
        name = type(self).__name__
        return f"{name}(input_size={self.input_size}, hidden_size={self.hidden_size})"


class LSTMState(NamedTuple):
    """What an `LSTMCell` hands from step to step: h, which others see, and c, which it keeps."""

    h: np.ndarray
    c: np.ndarray


class LSTMCell(_Sized):
    """Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000).

        i, f, o = sigmoid(x W_x + h_prev W_h + b)     three of the four blocks
              g = tanh(x W_x + h_prev W_h + b)        the third block
              c = f * c_prev + i * g
              h = o * tanh(c)

    Parameters
    ----------
    W_x : array (D, 4 H)
        Four blocks of H columns, in PyTorch's order: i, f, g, o.
    W_h : array (H, 4 H)
    b : array (4 H,)

    Raises
    ------
    ValueError
        If the three do not fit each other or hold NaN or infinity.
    """

    def __init__(self, W_x, W_h, b):
        self.W_x, self.W_h, self.b = _of_blocks(4, W_x, W_h, b)

    @classmethod
    def init(cls, input_size, hidden_size, rng, dtype=np.float64, forget_bias=1.0):
        """A cell with random weights: Gaussian, of variance 1/D and 1/H.

        The bias is zero but for the forget gate, which starts at `forget_bias`: at 1 it keeps
        73 % of c from step to step, at 0 it would keep half (Gers et al. 2000; Jozefowicz et
        al. 2015).
        """
        forget_bias = as_array("forget_bias", [forget_bias], "H", real=True)
        W_x, W_h, b = _drawn(4, input_size, hidden_size, rng, dtype)
        b[hidden_size : 2 * hidden_size] = forget_bias
        return cls(W_x, W_h, b)

    @property
    def params(self):
        """The three arrays by name; change one in place and the cell has changed."""
        return {"W_x": self.W_x, "W_h": self.W_h, "b": self.b}

    def zero_state(self, batch_size):
        """The state before anything was read: h and c of zeros (N, H)."""
        zeros = _zeros(batch_size, self.W_h)
        return LSTMState(zeros, zeros.copy())

    def forward(self, x, state):
        """One step: x (N, D) and a state of two (N, H) give the next state, and a cache."""
        x = as_array("x", x, "N D", D=self.input_size)
        h_prev, c_prev = self._state(state, len(x), "h_prev", "c_prev")
        a = x @ self.W_x + h_prev @ self.W_h + self.b  # (N, 4 H)
        a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        c = f * c_prev + i * g
        return LSTMState(o * np.tanh(c), c), (x, h_prev, c_prev, i, f, g, o, c)

    def backward(self, dstate, cache):
        """Given dL/dh and dL/dc: dL/dx (N, D), dL/d(state before), and the three dL/dW by name.

        `dstate` is a pair of arrays (N, H), or dL/dh alone where nothing comes back to c.
        """
        axes = "N D", *["N H"] * 7
        x, h_prev, c_prev, i, f, g, o, c = as_cache(
            cache, *axes, D=self.input_size, H=self.hidden_size
        )
        dh, dc = self._dstate(dstate, c)
        tanh_c = np.tanh(c)
        dc = dc + dh * o * (1 - tanh_c**2)  # what comes along c, and what comes through h
        da = np.concatenate(
            (
                dc * g * i * (1 - i),  # sigmoid'(a) = sigmoid(a) (1 - sigmoid(a))
                dc * c_prev * f * (1 - f),
                dc * i * (1 - g**2),
                dh * tanh_c * o * (1 - o),
            ),
            axis=1,
        )
        grads = {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
        return da @ self.W_x.T, LSTMState(da @ self.W_h.T, dc * f), grads

    def _state(self, state, N, *names):
        if not isinstance(state, tuple) or len(state) != 2:
            raise ValueError(
                f"state should be a pair (h, c), got {type(state).__name__}: "
                f"pass an LSTMState, such as cell.zero_state({N})"
            )
        return [
            as_array(name, z, "N H", N=N, H=self.hidden_size)
            for name, z in zip(names, state, strict=True)
        ]

    def _dstate(self, dstate, c):
        if not isinstance(dstate, tuple):
            dstate = dstate, np.zeros_like(c)
        return self._state(dstate, len(c), "dh", "dc")


class GRUCell(_Sized):
    """The gated recurrent unit (Cho et al. 2014), in the form that PyTorch and cuDNN compute.

        r, z = sigmoid(x W_x + b + h_prev W_h)               the first two of the three blocks
           n = tanh(x W_x + b + r * (h_prev W_h + b_h))      the third block
           h = (1 - z) * n + z * h_prev

    Two conventions meet in the literature.  Here r multiplies the product h_prev W_h; in Cho et
    al. it multiplies h_prev before the product.  Here, as there, z says how much of the old
    state stays; in Chung et al. (2014) it says how much is replaced.

    Parameters
    ----------
    W_x : array (D, 3 H)
        Three blocks of H columns, in PyTorch's order: r, z, n.
    W_h : array (H, 3 H)
    b : array (3 H,)
    b_h : array (H,)
        The bias that r multiplies; for r and z a second bias would add nothing.

    Raises
    ------
    ValueError
        If the four do not fit each other or hold NaN or infinity.
    """

    def __init__(self, W_x, W_h, b, b_h):
        self.W_x, self.W_h, self.b = _of_blocks(3, W_x, W_h, b)
        self.b_h = as_array("b_h", b_h, "H", H=len(self.W_h))

    @classmethod
    def init(cls, input_size, hidden_size, rng, dtype=np.float64):
        """A cell with random weights: Gaussian, of variance 1/D and 1/H, and zero biases."""
        W_x, W_h, b = _drawn(3, input_size, hidden_size, rng, dtype)
        return cls(W_x, W_h, b, np.zeros(len(W_h), W_h.dtype))

    @property
    def params(self):
        """The four arrays by name; change one in place and the cell has changed."""
        return {"W_x": self.W_x, "W_h": self.W_h, "b": self.b, "b_h": self.b_h}

    def zero_state(self, batch_size):
        """The state before anything was read: zeros (N, H)."""
        return _zeros(batch_size, self.W_h)

    def forward(self, x, h_prev):
        """One step: x (N, D) and h_prev (N, H) give h (N, H), and a cache for the way back."""
        x = as_array("x", x, "N D", D=self.input_size)
        h_prev = as_array("h_prev", h_prev, "N H", N=len(x), H=self.hidden_size)
        x_r, x_z, x_n = np.split(x @ self.W_x + self.b, 3, axis=1)
        h_r, h_z, h_n = np.split(h_prev @ self.W_h, 3, axis=1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        m = h_n + self.b_h  # what the reset gate lets through
        n = np.tanh(x_n + r * m)
        return (1 - z) * n + z * h_prev, (x, h_prev, r, z, m, n)

    def backward(self, dh, cache):
        """Given dL/dh (N, H): dL/dx (N, D), dL/dh_prev (N, H) and the four dL/dW, by name."""
        axes = "N D", *["N H"] * 5
        x, h_prev, r, z, m, n = as_cache(cache, *axes, D=self.input_size, H=self.hidden_size)
        dh = as_array("dh", dh, "N H", N=len(n), H=self.hidden_size)
        dn = dh * (1 - z) * (1 - n**2)
        dz = dh * (h_prev - n) * z * (1 - z)
        dr = dn * m * r * (1 - r)
        from_x = np.concatenate((dr, dz, dn), axis=1)
        from_h = np.concatenate((dr, dz, dn * r), axis=1)
        grads = {
            "W_x": x.T @ from_x,
            "W_h": h_prev.T @ from_h,
            "b": from_x.sum(axis=0),
            "b_h": (dn * r).sum(axis=0),
        }
        return from_x @ self.W_x.T, dh * z + from_h @ self.W_h.T, grads


def _of_blocks(blocks, W_x, W_h, b):
    """The three arrays, each with `blocks` times H columns."""
    W_h = as_array("W_h", W_h, "H G")
    G = blocks * len(W_h)  # all gates' columns
    W_h = as_array("W_h", W_h, "H G", G=G)
    return as_array("W_x", W_x, "D G", G=G), W_h, as_array("b", b, "G", G=G)


def _zeros(batch_size, W_h):
    N, H = as_int("batch_size", batch_size), len(W_h)
    check_room(batch_size=N, hidden_size=H)
    return np.zeros((N, H), W_h.dtype)


def _drawn(blocks, input_size, hidden_size, rng, dtype):
    D, H = as_int("input_size", input_size), as_int("hidden_size", hidden_size, most=SIDE)
    check_room(blocks=blocks, input_size=D, hidden_size=H)
    check_room(blocks=blocks, rows=H, hidden_size=H)
    rng, dtype = as_rng(rng), as_float_type(dtype)
    W_x = rng.normal(0, D**-0.5, (D, blocks * H)).astype(dtype)
    W_h = rng.normal(0, H**-0.5, (H, blocks * H)).astype(dtype)
    return W_x, W_h, np.zeros(blocks * H, dtype)
