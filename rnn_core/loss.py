"""Softmax, cross-entropy and perplexity.  Losses are in nats per token (natural logarithm)."""

import math

import numpy as np

from .shapes import as_array, as_ids, as_mask, as_numpy

__all__ = ["perplexity", "softmax", "softmax_cross_entropy"]


def softmax(logits):
    """Probabilities over the last axis: exp(z_j) / sum_k exp(z_k).

    The largest logit is taken off first; that changes no probability and keeps exp from
    overflowing.
    """
    logits = as_array("logits", logits, "... V")
    with np.errstate(over="ignore"):  # too far below the largest: exp(-inf) is 0
        p = _wide(logits) - logits.real.max(axis=-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=-1, keepdims=True)
    return p.astype(logits.dtype, copy=False)


def softmax_cross_entropy(logits, targets, mask=None, out=None):
    """Mean of -log p(target) over the counted tokens, and its gradient by the logits.

    Parameters
    ----------
    logits : array (N, T, V)
        Any leading axes will do.
    targets : array of ids (N, T)
    mask : array (N, T) of 0 and 1, optional
        1 where a token counts.  Padding gets 0: it adds nothing to the loss, and the mean is
        over the tokens that count.
    out : array (N, T, V), optional
        Where to put dlogits.  It may be `logits` itself, if they are not needed any more.

    Returns
    -------
    loss : float
        In nats per counted token.
    dlogits : array (N, T, V)
        (p - one_hot(target)) / count at a counted token, 0 elsewhere.

    Raises
    ------
    ValueError
        If shapes differ, an id is outside the vocabulary, the mask counts no token, a logit is
        NaN or infinite, or `out` cannot hold the gradient.
    """
    logits = as_array("logits", logits, "... V")
    targets = as_ids("targets", targets, "...", vocab_size=logits.shape[-1])
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets should have shape {logits.shape[:-1]}, as the logits without their last "
            f"axis, got {targets.shape}: give one target for each step"
        )
    if out is not None:
        _check_out(out, logits)
    if logits.dtype.itemsize == 2:  # float16 holds neither a sum over V nor one token's share
        loss, dlogits = softmax_cross_entropy(_wide(logits), targets, mask)
        out = np.empty_like(logits) if out is None else out
        out[...] = dlogits
        return loss, out
    share = _shares(mask, targets.shape, logits.real.dtype)
    with np.errstate(over="ignore"):  # a loss beyond the largest float is infinite
        loss, dlogits = _cross_entropy(
            logits.reshape(-1, logits.shape[-1]),  # one row for each token
            targets.ravel(),
            share.ravel(),
            None if out is None else out.reshape(-1, logits.shape[-1]),
        )
    return loss if loss.dtype.kind == "c" else float(loss), dlogits.reshape(logits.shape)


def _cross_entropy(z, target, share, out=None):
    """z (tokens, V), target ids and each token's share in the mean, (tokens,)."""
    token = np.arange(len(z))
    p = np.subtract(z, z.real.max(axis=1, keepdims=True), out=out)  # largest 0: exp stays finite
    log_p = p[token, target]
    np.exp(p, out=p)
    total = p.sum(axis=1)
    log_p = log_p - np.log(total)  # log softmax at the target, without ever taking log(0)
    loss = -(share @ np.where(share > 0, log_p, 0))
    p *= (share / total)[:, None]  # softmax times share ...
    p[token, target] -= share  # ... minus one_hot times share: the gradient
    return loss, p


def _wide(z):
    """z, or float16 as float32."""
    return z.astype(np.promote_types(z.dtype, np.float32), copy=False)


def _check_out(out, logits):
    like = type(out) is np.ndarray and (out.shape, out.dtype) == (logits.shape, logits.dtype)
    if not like or not out.flags.c_contiguous or not out.flags.writeable:
        got = f"{out.dtype} {out.shape}" if type(out) is np.ndarray else type(out).__name__
        got += " (read-only)" if like and not out.flags.writeable else ""
        raise ValueError(
            f"out should be a contiguous {logits.dtype} array of shape {logits.shape}, as the "
            f"logits, that may be changed, got {got}: pass np.empty_like(logits), the logits "
            f"themselves, or nothing"
        )


def _shares(mask, shape, dtype):
    """What each token counts in the mean: 1 / count, or 0 where the mask is 0."""
    if mask is None:
        return np.full(shape, 1 / math.prod(shape), dtype)
    counted = as_mask("mask", mask, shape)
    return np.where(counted, 1 / np.count_nonzero(counted), 0).astype(dtype)


def perplexity(loss):
    """exp(loss): the inverse geometric mean of the probabilities given to the words that came.

    Parameters
    ----------
    loss : float or array
        Mean negative log-likelihood in nats per token: 0 or more.

    Returns
    -------
    float or array
        1 or more; infinite where exp overflows.
    """
    loss = as_numpy("loss", loss, "...")
    odd = loss.dtype.kind not in "iuf" or loss.size == 0
    if odd or np.isnan(loss).any() or (loss < 0).any():
        raise ValueError(
            f"loss should be a mean negative log-likelihood, 0 or more, got {loss}: "
            f"-log of a probability is never below 0; look for a lost minus sign"
        )
    with np.errstate(over="ignore"):
        value = np.exp(loss, dtype=np.float64)
    return float(value) if loss.ndim == 0 else value
