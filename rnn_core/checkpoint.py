"""Back-propagation through time that keeps few states and computes the others again."""

import math

import numpy as np

from .rnn import as_state, on_each, output
from .shapes import as_array, as_function, as_int, as_made

__all__ = ["best_segment", "checkpointed_backward"]


def checkpointed_backward(rnn, xs, h_0, dhs_of, segment_len=None):
    """The gradients of `RNN.backward`, in memory that grows with the root of T.

    The way forward keeps the state at the start of each segment.  The way back takes the segments
    last to first: it computes the states of one again, and hands dh to the segment before
    (Chen et al. 2016, section 3; Gruslys et al. 2016 for recurrent layers).

    Parameters
    ----------
    rnn : RNN
    xs : array (N, T, D)
    h_0 : array (N, H), or a tuple of them
    dhs_of : callable
        ``dhs_of(hs, start)`` is given the states (N, k, H) of the steps start .. start + k - 1
        and returns the gradient of their own losses, of the same shape.  The whole of hs never
        exists, so neither can the whole of dhs.
    segment_len : int, optional
        k; by default `best_segment`, a number of the order of the root of T.

    Returns
    -------
    dxs, dh_0, grads
        As from `RNN.backward`.  xs and dxs are the only arrays as long as the sequence.
    """
    as_made("rnn", rnn, "forward backward cell params", "an RNN object")
    as_function("dhs_of", dhs_of, "lambda hs, start: hs")
    xs = as_array("xs", xs, "N T D", D=rnn.cell.input_size)
    T = xs.shape[1]
    k = best_segment(T) if segment_len is None else as_int("segment_len", segment_len)
    sizes = {"N": len(xs), "H": rnn.cell.hidden_size}
    kept = [on_each(lambda h: as_array("h_0", h, "N H", **sizes), h_0)]
    for s in range(0, T - k, k):
        hs, _ = rnn.forward(xs[:, s : s + k], kept[-1])
        kept.append(on_each(lambda z: z[:, -1].copy(), hs))  # a view would keep all of hs alive
        del hs
    dxs = np.empty(xs.shape, np.result_type(xs, output(kept[0]), *rnn.params.values()))
    dh_next, total = None, dict.fromkeys(rnn.params, 0)
    while kept:
        s, h = (len(kept) - 1) * k, kept.pop()  # the last segment first
        dx, dh_next, grads = _segment(rnn, xs[:, s : s + k], h, dhs_of, s, dh_next)
        dxs[:, s : s + k] = dx
        total = {name: total[name] + grad for name, grad in grads.items()}
    return dxs, dh_next, total


def _segment(rnn, xs, h, dhs_of, start, dh_next):
    """Forward again from the kept state, then back; nothing but the result outlives the call."""
    hs, cache = rnn.forward(xs, h)
    (N, k, _), H = xs.shape, rnn.cell.hidden_size
    dhs = np.array(as_array("dhs", dhs_of(output(hs), start), "N T H", N=N, T=k, H=H))
    if isinstance(hs, tuple):
        dhs = as_state(hs, [dhs, *(np.zeros_like(dhs) for _ in hs[1:])])
    if dh_next is not None:
        on_each(_add_last, dhs, dh_next)  # the gradient from the segment after this one
    return rnn.backward(dhs, cache)


def _add_last(dhs, dh_next):
    dhs[:, -1] += dh_next


def best_segment(seq_len):
    """The segment length k that needs the least memory: sqrt(T / 6), rounded up.

    T/k states are kept.  A segment on its way back holds about six arrays of k states: the states
    twice (one for the caller), the gradients of its losses twice, dh and da.  T/k + 6k is least at
    k = sqrt(T / 6), and grows with the root of T.
    """
    return math.ceil((as_int("seq_len", seq_len) / 6) ** 0.5)
