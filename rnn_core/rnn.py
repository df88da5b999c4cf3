"""A recurrent layer over a whole sequence: T times the same cell, and the way back through time."""

import numpy as np

from .cell import RNNCell
from .shapes import as_array, as_cache, as_int, as_made

__all__ = [
    "RNN",
    "StepByStep",
    "as_state",
    "batch_first",
    "in_blocks",
    "in_windows",
    "on_each",
    "output",
    "time_first",
    "zero_state",
]


class RNN:
    """`RNNCell` repeated over time with one and the same weights.

    It gives what T calls of the cell give, with fewer and larger matrix products: all inputs are
    projected in one product, and each weight gradient is formed in one product.

    Parameters
    ----------
    cell : RNNCell
        Or any other cell, such as `LSTMCell` or `GRUCell`: then the layer is a `StepByStep`,
        with the same methods.

    Raises
    ------
    ValueError
        If what came is no cell.
    """

    def __new__(cls, cell=None):
        plain = cls is not RNN or cell is None or type(cell) is RNNCell
        return super().__new__(cls if plain else StepByStep)

    def __init__(self, cell):
        can = "forward backward params input_size hidden_size"
        self.cell = as_made("cell", cell, can, "a cell, such as RNNCell.init(2, 3, rng)")

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

    def backward(self, dhs, cache, block_len=None, window=None):
        """Back-propagation through time (Werbos 1990), truncated if one of the two is given.

        Parameters
        ----------
        dhs : array (N, T, H)
            For each step the gradient that reaches h_t from its own output.
        cache
            What `forward` returned.
        block_len : int, optional
            Cut the backward flow every `block_len` steps, counted from the first step: truncated
            BPTT in blocks.  None, or T and above, cuts nothing.
        window : int, optional
            Let the gradient of each step's output travel back over `window` steps, its own
            included: truncated BPTT with a sliding window (Williams & Peng 1990, with h = window
            and h' = 1).  T and above cuts nothing.

        Returns
        -------
        dxs : array (N, T, D)
        dh_0 : array (N, H)
        grads : dict
            ``"W_x"`` (D, H), ``"W_h"`` (H, H), ``"b"`` (H,): sums over all sequences and steps.

        Raises
        ------
        ValueError
            If dhs does not fit, or both `block_len` and `window` are given.
        """
        cell, D, H = self.cell, self.cell.input_size, self.cell.hidden_size
        xs, hs = as_cache(cache, "T N D", "T+1 N H", D=D, H=H)
        T, N, _ = xs.shape
        dhs = time_first(as_array("dhs", dhs, "N T H", N=N, T=T, H=H))
        way_back, steps = _truncation(block_len, window, T)
        das = way_back(dhs, hs, cell.W_h, steps)  # (T, N, H)
        da = das.reshape(T * N, H)
        dxs = (da @ cell.W_x.T).reshape(T, N, D)
        h_prev, x = hs[:-1].reshape(T * N, H), xs.reshape(T * N, D)
        grads = {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
        return batch_first(dxs), das[0] @ cell.W_h.T, grads

    def __repr__(self):
        return f"RNN({self.cell!r})"


class StepByStep(RNN):
    """A layer over any cell: T calls of the cell, and T calls of its way back.

    A cell has ``forward(x, state) -> state, cache``, ``backward(dstate, cache) -> dx, dstate
    before, grads``, ``params``, ``input_size`` and ``hidden_size``; ``zero_state(N)`` too, if its
    state is not one array.  A state is an array (N, H) or a tuple of them, of which the first is
    h, what the next layer sees.
    """

    def forward(self, xs, state_0):
        """Inputs xs (N, T, D) and a first state give all states, and a cache for the way back.

        The states come as the first one did, each array with an axis for time: (N, T, H), or a
        tuple of such.
        """
        xs = time_first(as_array("xs", xs, "N T D", D=self.cell.input_size))  # (T, N, D)
        state, states, caches = state_0, [], []
        for x in xs:
            state, cache = self.cell.forward(x, state)
            states.append(state)
            caches.append(cache)
        return on_each(lambda *hs: np.stack(hs, axis=1), *states), (xs, caches)

    def backward(self, dhs, cache, block_len=None, window=None):
        """As `RNN.backward`; `dhs` may be a tuple of arrays, one for each array of the state.

        Returns
        -------
        dxs : array (N, T, D)
        dstate_0
            As the first state: one array (N, H) or a tuple of them.
        grads : dict
            One array for each of `params`: sums over all sequences and steps.
        """
        cell, (xs, caches) = self.cell, self._opened(cache)
        T, N, _ = xs.shape
        zero = zero_state(cell, N)
        dstates = self._by_step(dhs, zero, N, T)
        way_back, steps = _truncation(block_len, window, T)
        if way_back is in_windows:
            dstates, steps = _heard(cell, dstates, caches, steps), 1
        dxs, total = [None] * T, dict.fromkeys(cell.params, 0)
        dstate_next = zero  # nothing comes back from beyond the last step
        for t in reversed(range(T)):
            if (t + 1) % steps == 0:
                dstate_next = zero  # the cut
            dstate = on_each(np.add, dstates[t], dstate_next)
            dxs[t], dstate_next, grads = cell.backward(dstate, caches[t])
            total = {name: total[name] + grad for name, grad in grads.items()}
        return np.stack(dxs, axis=1), dstate_next, total

    def _opened(self, cache):
        """The inputs and the T caches of the cell's own, each of which the cell looks at."""
        whole = type(cache) is tuple and len(cache) == 2 and type(cache[1]) is list
        (xs,) = as_cache(cache[:1] if whole else None, "T N D", D=self.cell.input_size)
        if len(cache[1]) != len(xs):
            raise ValueError(
                f"cache should hold one cache of the cell for each of T={len(xs)} steps, got "
                f"{len(cache[1])}: pass the last value of the forward before"
            )
        return xs, cache[1]

    def _by_step(self, dhs, zero, N, T):
        """The gradients that reach each step's state from its own output: T of them."""
        many = isinstance(zero, tuple)
        parts = dhs if many and isinstance(dhs, tuple) else (dhs,)
        if many and len(parts) not in (1, len(zero)):
            raise ValueError(
                f"dhs should be one array or {len(zero)}, got {len(parts)}: "
                f"pass one for each array of the state, or that of h alone"
            )
        sizes = {"N": N, "T": T, "H": self.cell.hidden_size}
        parts = [time_first(as_array("dhs", part, "N T H", **sizes)) for part in parts]
        if not many:
            return parts[0]
        parts += [np.zeros_like(parts[0])] * (len(zero) - len(parts))
        return [as_state(zero, at_t) for at_t in zip(*parts, strict=True)]


def _heard(cell, dstates, caches, w):
    """What each state hears of its own loss and of those of the w - 1 steps after it."""
    T, heard, messages = len(dstates), list(dstates), list(dstates)
    for lag in range(1, min(w, T)):  # all messages go one step further back
        messages = [
            cell.backward(message, caches[t + 1])[1] for t, message in enumerate(messages[1:])
        ]
        heard[: T - lag] = [
            on_each(np.add, *two) for two in zip(heard[: T - lag], messages, strict=True)
        ]
    return heard


def zero_state(cell, batch_size):
    """The state of a cell before anything was read: zeros (N, H), or what the cell says."""
    batch_size = as_int("batch_size", batch_size)
    if hasattr(cell, "zero_state"):
        return cell.zero_state(batch_size)
    dtype = next(iter(cell.params.values())).dtype
    return np.zeros((batch_size, cell.hidden_size), dtype)


def on_each(f, *states):
    """`f` of arrays, or of the arrays of several states, one kind after the other."""
    if not isinstance(states[0], tuple):
        return f(*states)
    return as_state(states[0], [f(*arrays) for arrays in zip(*states, strict=True)])


def as_state(like, arrays):
    """`arrays` as a tuple of the kind of `like`, a named one if that is what it is."""
    kind = type(like)
    return kind(*arrays) if hasattr(kind, "_fields") else kind(arrays)


def output(states):
    """h of a state, or hs of states: the one array, or the first of several."""
    return states[0] if isinstance(states, tuple) else states


def in_blocks(dhs, hs, W_h, k):
    """da_t of all steps (T, N, H), the way back cut every k steps."""
    das = np.empty(dhs.shape, np.result_type(dhs, hs))
    dh_next = np.zeros_like(das[0])  # nothing comes back from beyond the last step
    W_back = np.ascontiguousarray(W_h.T)  # once: in the loop a transposed view takes twice as long
    for t in reversed(range(len(dhs))):
        if (t + 1) % k == 0:
            dh_next = np.zeros_like(dh_next)  # the cut: step t hears nothing of step t + 1
        dh = dhs[t] + dh_next  # two gradients meet at h_t
        das[t] = dh * (1 - hs[t + 1] ** 2)
        dh_next = das[t] @ W_back
    return das


def in_windows(dhs, hs, W_h, w):
    """da_t of all steps (T, N, H), each step heard by itself and the w - 1 steps before it."""
    T, slopes = len(dhs), 1 - hs[1:] ** 2
    dh, message = dhs.astype(np.result_type(dhs, hs)), dhs
    for lag in range(1, min(w, T)):  # all messages go one step further back
        message = (message[1:] * slopes[1 : T - lag + 1]) @ W_h.T
        dh[: T - lag] += message
    return dh * slopes


def _truncation(block_len, window, T):
    """Which of the two ways back, and over how many steps."""
    if block_len is not None and window is not None:
        raise ValueError(
            f"block_len and window should not both be given, got {block_len!r} and {window!r}: "
            f"choose one way to truncate"
        )
    if window is not None:
        return in_windows, as_int("window", window)
    return in_blocks, T if block_len is None else as_int("block_len", block_len)


def time_first(zs):
    """(N, T, ...) to (T, N, ...): inside the layer one step is one unbroken piece of memory."""
    return np.ascontiguousarray(zs.swapaxes(0, 1))


batch_first = time_first  # the same exchange of axes brings it back
