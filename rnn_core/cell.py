"""One step of a recurrent layer: h_t = tanh(x_t W_x + h_{t-1} W_h + b)."""

import numpy as np

from .shapes import SIDE, as_array, as_cache, as_float_type, as_int, as_rng, check_room

__all__ = ["RNNCell"]


class RNNCell:
    """The Elman cell (Elman 1990): one layer, one step of time.

    Parameters
    ----------
    W_x : array (D, H)
        Carries the input into the state.
    W_h : array (H, H)
        Carries the previous state into the state.
    b : array (H,)

    Raises
    ------
    ValueError
        If the three do not fit each other or hold NaN or infinity.
    """

    def __init__(self, W_x, W_h, b):
        self.W_x = as_array("W_x", W_x, "D H")
        self.W_h = as_array("W_h", W_h, "H H", H=self.W_x.shape[1])
        self.b = as_array("b", b, "H", H=self.W_x.shape[1])

    @classmethod
    def init(cls, input_size, hidden_size, rng, dtype=np.float64):
        """A cell with random weights: Gaussian, of variance 1/D and 1/H, and a zero bias.

        With these scales a unit's input neither grows nor shrinks with the size of the layer.
        """
        D, H = as_int("input_size", input_size), as_int("hidden_size", hidden_size, most=SIDE)
        rng, dtype = as_rng(rng), as_float_type(dtype)
        check_room(input_size=D, hidden_size=H)
        W_x = rng.normal(0, D**-0.5, (D, H)).astype(dtype)
        W_h = rng.normal(0, H**-0.5, (H, H)).astype(dtype)
        return cls(W_x, W_h, np.zeros(H, dtype))

    @property
    def params(self):
        """The three arrays by name; change one in place and the cell has changed."""
        return {"W_x": self.W_x, "W_h": self.W_h, "b": self.b}

    @property
    def input_size(self):
        """D: how many numbers one input holds."""
        return self.W_x.shape[0]

    @property
    def hidden_size(self):
        """H: how many numbers one state holds."""
        return self.W_x.shape[1]

    def forward(self, x, h_prev):
        """One step: x (N, D) and h_prev (N, H) give h (N, H), and a cache for the way back."""
        x = as_array("x", x, "N D", D=self.input_size)
        h_prev = as_array("h_prev", h_prev, "N H", N=len(x), H=self.hidden_size)
        a = x @ self.W_x + h_prev @ self.W_h + self.b  # (N, H)
        h = np.tanh(a)
        return h, (x, h_prev, h)

    def backward(self, dh, cache):
        """Given dL/dh (N, H): dL/dx (N, D), dL/dh_prev (N, H) and the three dL/dW, by name."""
        D, H = self.input_size, self.hidden_size
        x, h_prev, h = as_cache(cache, "N D", "N H", "N H", D=D, H=H)
        dh = as_array("dh", dh, "N H", N=len(h), H=H)
        da = dh * (1 - h**2)  # tanh'(a) = 1 - tanh(a)^2
        dx = da @ self.W_x.T
        dh_prev = da @ self.W_h.T
        grads = {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
        return dx, dh_prev, grads

    def __repr__(self):
        return f"RNNCell(input_size={self.input_size}, hidden_size={self.hidden_size})"
