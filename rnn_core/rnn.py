"""A recurrent layer over a whole sequence: T times the same cell, and the way back through time."""

import numpy as np

from .shapes import as_array, as_int


class RNN:
    """`RNNCell` repeated over time with one and the same weights.

    It gives what T calls of the cell give, with fewer and larger matrix products: all inputs are
    projected in one product, and each weight gradient is formed in one product.

    Parameters
    ----------
    cell : RNNCell
    """

    def __init__(self, cell):
        self.cell = cell

    @property
    def params(self):
        """The cell's arrays by name: there are no others, however long the sequence."""
        return self.cell.params

    def forward(self, xs, h_0):
        """Inputs xs (N, T, D) and first state h_0 (N, H) give all states hs (N, T, H).

        The cache holds the inputs and the T + 1 states: that is the memory that
        back-propagation through time costs.
        """
        cell = self.cell
        xs = as_array("xs", xs, "N T D", D=cell.input_size)
        (N, T, D), H = xs.shape, cell.hidden_size
        h_0 = as_array("h_0", h_0, "N H", N=N, H=H)
        xs = time_first(xs)  # (T, N, D)
        from_x = (xs.reshape(T * N, D) @ cell.W_x + cell.b).reshape(T, N, H)
        hs = np.empty((T + 1, N, H), np.result_type(from_x, h_0, cell.W_h))
        hs[0] = h_0  # hs[t] goes into step t, hs[t + 1] comes out of it
        for t in range(T):
            hs[t + 1] = np.tanh(from_x[t] + hs[t] @ cell.W_h)
        return batch_first(hs[1:]), (xs, hs)

    def backward(self, dhs, cache, block_len=None):
        """Back-propagation through time (Werbos 1990), truncated if `block_len` is given.

        Parameters
        ----------
        dhs : array (N, T, H)
            For each step the gradient that reaches h_t from its own output.
        cache
            What `forward` returned.
        block_len : int, optional
            Cut the backward flow every `block_len` steps, counted from the first step: truncated
            BPTT.  None, or T and above, cuts nothing.

        Returns
        -------
        dxs : array (N, T, D)
        dh_0 : array (N, H)
        grads : dict
            ``"W_x"`` (D, H), ``"W_h"`` (H, H), ``"b"`` (H,): sums over all sequences and steps.
        """
        cell, (xs, hs) = self.cell, cache
        (T, N, D), H = xs.shape, cell.hidden_size
        dhs = time_first(as_array("dhs", dhs, "N T H", N=N, T=T, H=H))
        k = T if block_len is None else as_int("block_len", block_len)
        das = np.empty((T, N, H), np.result_type(dhs, hs))
        dh_next = np.zeros((N, H), das.dtype)  # nothing comes back from beyond the last step
        for t in reversed(range(T)):
            if (t + 1) % k == 0:
                dh_next = np.zeros_like(dh_next)  # the cut: step t hears nothing of step t + 1
            dh = dhs[t] + dh_next  # two gradients meet at h_t
            das[t] = dh * (1 - hs[t + 1] ** 2)
            dh_next = das[t] @ cell.W_h.T
        da = das.reshape(T * N, H)
        dxs = (da @ cell.W_x.T).reshape(T, N, D)
        h_prev, x = hs[:-1].reshape(T * N, H), xs.reshape(T * N, D)
        grads = {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
        return batch_first(dxs), dh_next, grads

    def __repr__(self):
        return f"RNN({self.cell!r})"


def time_first(zs):
    """(N, T, ...) to (T, N, ...): inside the layer one step is one unbroken piece of memory."""
    return np.ascontiguousarray(zs.swapaxes(0, 1))


batch_first = time_first  # the same exchange of axes brings it back
