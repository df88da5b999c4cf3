"""The training loop: truncated BPTT over the blocks of a text."""

from collections.abc import Iterable, Mapping

import numpy as np

from .cell import RNNCell
from .loss import perplexity, softmax_cross_entropy
from .model import RNNLM
from .optim import Adam, clip_by_global_norm, global_norm
from .shapes import (
    SIDE,
    as_flag,
    as_function,
    as_ids,
    as_int,
    as_made,
    as_positive,
    as_rng,
    as_words,
)

__all__ = ["evaluate", "learn_grammar", "perplexity_at_questions", "train", "train_recall"]


def train(
    model, batches, optimizer, *, epochs=1, max_norm=None, carry=True, block_len=None,
    progress=False, on_step=None,
):  # fmt: skip
    """Train on blocks in order; the state is carried from each block to the next.

    Parameters
    ----------
    model : RNNLM
        Changed in place.
    batches : iterable of (inputs, targets)
        Arrays of ids (N, T), such as `stream_batches` gives.
    optimizer : SGD or Adam
    epochs : int
        How often to read the text; each time the state starts from zeros.
    max_norm : float, optional
        Clip the gradient to this global norm.
    carry : bool
        False starts every block from zeros: for blocks that have nothing to do with each other.
    block_len : int, optional
        Cut the backward flow inside the blocks too, every `block_len` steps.
    progress : bool
        Show a progress bar (needs the package tqdm).
    on_step : callable, optional
        Called as ``on_step(step, loss)`` after each update; step counts from 1.

    Returns
    -------
    dict of lists
        For each update ``"loss"`` (nats per token, before the update), ``"norm"`` (of the
        gradient, before clipping) and ``"tokens"``; for each epoch ``"perplexity"``: exp of the
        mean over that epoch's tokens.  The weights move meanwhile, so it is a running figure;
        `evaluate` gives the perplexity of one fixed model.

    Raises
    ------
    ValueError
        If there is nothing to train on, or a loss or gradient is no longer finite.
    """
    model = as_made("model", model, "loss_and_grads params vocab_size", "a model, such as an RNNLM")
    as_made("optimizer", optimizer, "step", "an SGD or Adam object, such as Adam(lr=0.01)")
    epochs, carry = as_int("epochs", epochs), as_flag("carry", carry)
    max_norm = None if max_norm is None else as_positive("max_norm", max_norm)
    block_len = None if block_len is None else as_int("block_len", block_len)
    progress = as_flag("progress", progress)
    if on_step is not None:
        as_function("on_step", on_step, "lambda step, loss: print(loss)")
    batches = _blocks(model, batches)
    history = {"loss": [], "norm": [], "tokens": [], "perplexity": []}
    for _ in range(epochs):
        h = None
        for inputs, targets in _shown(batches, progress):
            loss, grads, h_T = model.loss_and_grads(inputs, targets, h, block_len=block_len)
            if max_norm is None:
                norm = global_norm(grads)
            else:
                grads, norm = clip_by_global_norm(grads, max_norm)
            optimizer.step(model.params, grads)
            h = h_T if carry else None  # keep h, drop the cache: that is truncated BPTT
            for name, value in zip(history, (loss, norm, targets.size), strict=False):
                history[name].append(value)
            if on_step is not None:
                on_step(len(history["loss"]), loss)
        last = slice(-len(batches), None)
        mean = np.average(history["loss"][last], weights=history["tokens"][last])
        history["perplexity"].append(perplexity(mean))
    return history


def evaluate(model, batches, carry=True):
    """Mean loss in nats per token over blocks read in order, the state carried; no update.

    The mean is over tokens, so blocks of unequal size count by their size.
    """
    model = as_made("model", model, "loss vocab_size", "a model, such as an RNNLM")
    carry, total, tokens, h = as_flag("carry", carry), 0.0, 0, None
    for inputs, targets in _blocks(model, batches):
        loss, h_T = model.loss(inputs, targets, h)
        h = h_T if carry else None
        total, tokens = total + loss * np.size(targets), tokens + np.size(targets)
    return total / tokens


def _blocks(model, batches):
    """All blocks, checked before the first is read."""
    if isinstance(batches, (str, bytes, type, Mapping)) or not isinstance(batches, Iterable):
        raise ValueError(
            f"batches should hold pairs (inputs, targets), got {batches!r:.60}: "
            f"pass what stream_batches gives"
        )
    blocks = [_block(model, block) for block in batches]
    if not blocks:
        raise ValueError("batches should hold at least one block, got none: use a longer text")
    return blocks


def _block(model, block):
    """Inputs and targets of one block as arrays, before anything is trained on."""
    if not isinstance(block, (tuple, list)) or len(block) != 2:
        raise ValueError(
            f"batches should hold pairs (inputs, targets), got {type(block).__name__}: "
            f"pass what stream_batches gives"
        )
    inputs, targets = (
        as_ids(name, ids, "N T", vocab_size=model.vocab_size)
        for name, ids in zip(("ids", "targets"), block, strict=True)
    )
    return inputs, targets


def _shown(batches, progress):
    if not progress:
        return batches
    from tqdm.auto import tqdm

    return tqdm(batches, unit="block")


def learn_grammar(
    grammar, rng, steps=1200, hidden_size=32, block_len=None, watch=None, cell=RNNCell
):
    """Train a language model on streams of a grammar, each of them read once.

    Every stream starts with a string and a state of zeros, so the model learns
    what such a state means.  W_h starts orthogonal and the embedding small: at
    first the state neither grows nor shrinks, and the gradient finds its way
    back over a whole string.

    Parameters
    ----------
    block_len : int, optional
        Cut the backward flow every `block_len` steps.
    watch : callable, optional
        Called as ``watch(step, model)`` after each update; step counts from 1.
    cell : class, optional
        The kind of cell.

    Returns
    -------
    RNNLM
    """
    _check_learning(grammar, rng, steps, hidden_size, block_len, watch)
    V, H, N, T = len(grammar.vocab), hidden_size, 32, 32
    model, optimizer = RNNLM.init(V, V, H, rng, cell=cell), Adam(0.02, beta2=0.99)
    W_h = model.rnn.cell.W_h
    for start in range(0, W_h.shape[1], H):  # once, or once for each gate
        W_h[:, start : start + H] = np.linalg.qr(rng.normal(size=(H, H)))[0]
    model.embedding.W *= 0.5
    streams = grammar.sample(T + 1, rng, steps * N).reshape(steps, N, T + 1)

    def on_step(step, loss):
        optimizer.lr = 0.02 * (1 - step / steps)  # smaller steps, down to none
        if watch is not None:
            watch(step, model)

    batches = [(ids[:, :-1], ids[:, 1:]) for ids in streams]
    cuts = {"max_norm": 1.0, "carry": False, "block_len": block_len}
    train(model, batches, optimizer, **cuts, on_step=on_step)
    return model


def _check_learning(grammar, rng, steps, hidden_size, block_len, watch):
    as_made("grammar", grammar, "vocab sample", "a Grammar, such as reber()")
    as_rng(rng)
    as_int("steps", steps), as_int("hidden_size", hidden_size, most=SIDE)
    if block_len is not None:
        as_int("block_len", block_len)
    if watch is not None:
        as_function("watch", watch, "lambda step, model: print(step)")


def train_recall(task, block_len, carry, seed, steps=4000, fixed=()):
    """Train all but the `fixed` arrays on recall windows; return the perplexity on new ones."""
    block_len = _check_reading(task, block_len, carry)
    rng = np.random.default_rng(as_int("seed", seed, least=0))
    fixed = as_words("fixed", fixed)
    model = RNNLM.init(task.vocab_size, embed_size=8, hidden_size=32, rng=rng)
    ids, targets, mask = task.stream(16, steps, rng)
    optimizer, h = Adam(0.003), None
    moving = {name: p for name, p in model.params.items() if name not in fixed}
    for t in range(0, steps, block_len):
        block = slice(t, t + block_len)
        if mask[:, block].any():  # somebody is asked
            _, grads, h = model.loss_and_grads(ids[:, block], targets[:, block], h, mask[:, block])
            grads, _ = clip_by_global_norm(grads, 1.0)
            optimizer.step(moving, {name: grads[name] for name in moving})
        else:
            _, h = model.logits(ids[:, block], h)
        h = h if carry else None
    return perplexity_at_questions(model, task, block_len, carry)


def perplexity_at_questions(model, task, block_len, carry, steps=960):
    """Of the fixed model, on a stream it has not seen, read block by block as in training."""
    as_made("model", model, "logits vocab_size", "a model, such as an RNNLM")
    block_len = _check_reading(task, block_len, carry)
    ids, targets, mask = task.stream(64, steps, np.random.default_rng(99))
    blocks = [slice(t, t + block_len) for t in range(0, steps, block_len)]
    logits, h = [], None
    for block in blocks:
        z, h = model.logits(ids[:, block], h)
        logits.append(z)
        h = h if carry else None
    loss, _ = softmax_cross_entropy(np.concatenate(logits, axis=1), targets, mask)
    return float(np.exp(loss))


def _check_reading(task, block_len, carry):
    as_made("task", task, "vocab_size stream", "a task, such as Recall()")
    as_flag("carry", carry)
    return as_int("block_len", block_len)
