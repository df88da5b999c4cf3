"""What truncation does to a gradient: compared with the full one, on the same forward pass."""

import numpy as np

from ..loss import softmax_cross_entropy
from ..norms import power_of_two, scaled
from ..rnn import output
from ..shapes import as_array, as_int, as_made, as_text

__all__ = ["cosine_and_ratio", "input_gradients", "share_through", "truncation_bias"]


def truncation_bias(
    model, ids, targets, block_lens=None, h_0=None, mask=None, windows=None
):
    """Cosine and norm ratio of truncated and full gradient, for each parameter.

    Parameters
    ----------
    model : RNNLM
    ids, targets : arrays of ids (N, T)
    block_lens : sequence of int
        The K values of k to measure; T and above is the full gradient.
    windows : sequence of int
        The same for a sliding window, instead of `block_lens`.
    h_0, mask : optional
        As for ``model.loss_and_grads``.

    Returns
    -------
    dict of arrays (K, 2)
        For each name in ``model.params``, and for ``"all"`` of them as one long vector: the
        cosine of the angle to the full gradient, and the norm divided by the full norm.

    Raises
    ------
    ValueError
        If a full gradient is zero: no angle is measured from it; or if not exactly one of
        `block_lens` and `windows` is given.
    """
    as_made("model", model, "loss_and_grads params", "a model, such as an RNNLM")
    if (block_lens is None) == (windows is None):
        raise ValueError(
            f"block_lens or windows should be given, one of them, got {block_lens!r:.60} and "
            f"{windows!r:.60}: choose one way to truncate"
        )
    name, way, lens = "block_lens", "block_len", block_lens
    if block_lens is None:
        name, way, lens = "windows", "window", windows
    if not isinstance(lens, (range, list, tuple, np.ndarray)) or not len(lens):
        raise ValueError(
            f"{name} should be a row of whole numbers, got {lens!r:.60}: "
            f"pass a list, such as [1, 2, 4]"
        )
    lens = [as_int(name, k) for k in lens]
    _, full, _ = model.loss_and_grads(ids, targets, h_0, mask)
    rows = {name: [] for name in (*full, "all")}
    for k in lens:
        _, cut, _ = model.loss_and_grads(ids, targets, h_0, mask, **{way: k})
        for name in full:
            rows[name].append(cosine_and_ratio(full[name], cut[name], name))
        rows["all"].append(cosine_and_ratio(_flat(full), _flat(cut)))
    return {name: np.array(values) for name, values in rows.items()}


def cosine_and_ratio(full, cut, name="the gradient"):
    """How well `cut` points where `full` points, and its length beside that of `full`.

    A `cut` of zeros has no direction: its cosine is given as 0.
    """
    as_text("name", name)
    full = as_array("full", full, "...", real=True)
    cut = as_array("cut", cut, "...", real=True)
    if full.shape != cut.shape:
        raise ValueError(
            f"cut should have the shape of full, {full.shape}, got {cut.shape}: "
            f"compare the gradients of one parameter"
        )
    ((full,), i), ((cut,), j) = scaled(full), scaled(cut)  # squares now stay in range
    full_norm, cut_norm = np.linalg.norm(full), np.linalg.norm(cut)
    if full_norm == 0:
        raise ValueError(
            f"the full gradient of {name} should not be zero, got only zeros: "
            f"measure where the loss depends on it"
        )
    cosine = 0.0 if cut_norm == 0 else np.vdot(full, cut) / (full_norm * cut_norm)
    return float(np.clip(cosine, -1, 1)), power_of_two(cut_norm / full_norm, j - i)


def input_gradients(
    model, ids, targets, block_len=None, h_0=None, mask=None, window=None
):
    """dL/dx_t for every step: what the loss says to each input.

    The same backward pass as ``model.loss_and_grads``, stopped before the words that occur
    twice are added up in the embedding.

    Returns
    -------
    array (N, T, D)
    """
    as_made("model", model, "embedding rnn affine zero_state", "a model, such as an RNNLM")
    xs, _ = model.embedding.forward(ids)
    hs, of_rnn = model.rnn.forward(xs, model.zero_state(len(xs)) if h_0 is None else h_0)
    logits, of_affine = model.affine.forward(output(hs))
    _, dlogits = softmax_cross_entropy(logits, targets, mask)
    dhs, _ = model.affine.backward(dlogits, of_affine)
    return model.rnn.backward(dhs, of_rnn, block_len, window)[0]


def share_through(span, block_len):
    """(k - L + 1) / k, or 0 for k < L: of all places in a block of k steps, those where a window of
    L steps can begin without crossing the border.
    """
    L, k = as_int("span", span), as_int("block_len", block_len)
    return max(0, k - L + 1) / k


def _flat(grads):
    return np.concatenate([g.ravel() for g in grads.values()])
