"""Exercises of chapter 3: blocks, backward and forward, what they cost and what can go wrong."""

import numpy as np

from ...cell import RNNCell
from ...model import RNNLM
from ...optim import Adam, clip_by_global_norm
from ...rnn import RNN
from ..exercise import Exercise
from .anatomy import weights

CUT = "`if (t + 1) % block_len == 0: dh_next = 0 * dh_next`, before it is used at step t"

# ---- the way back, cut


def _backward(
    dhs, hs, h_0, W_h, block_len, *,
    cut=lambda t, k, T: (t + 1) % k == 0, first=0, last=None, own=True, new_state=False,
    overwrite=False,
):  # fmt: skip
    """dL/dh_t of the truncated flow (N, T, H) and dW_h; the keywords are what can go wrong."""
    T, k = hs.shape[1], block_len
    total, dW_h, dh_next = np.zeros_like(hs), np.zeros_like(W_h), np.zeros_like(h_0)
    for t in reversed(range(T if last is None else last(T, k))):
        if cut(t, k, T):
            dh_next = np.zeros_like(dh_next)
            dW_h = 0 * dW_h if overwrite else dW_h
        lost = not own and cut(t, k, T)
        total[:, t] = (0 if lost else dhs[:, t]) + dh_next
        da = total[:, t] * (1 - hs[:, t] ** 2)
        h_prev = hs[:, t - 1] if t > 0 else h_0
        dW_h += 0 if new_state and t % k == 0 else h_prev.T @ da
        dh_next = da @ W_h.T
    return total, dW_h


def _states(rng, N, T, D, H):
    W_x, W_h, b = weights(rng, D, H)
    xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
    hs, _ = RNN(RNNCell(W_x, W_h, b)).forward(xs, h_0)
    return rng.normal(size=(N, T, H)), hs, h_0, W_h


def _blocks(rng):
    of_five = _states(rng, 2, 7, 3, 4)
    return [(*of_five, 3), (*of_five, 2), (*_states(rng, 3, 5, 2, 4), 5)]  # the last: no cut


backward = Exercise(
    "truncation.backward",
    "Backward by blocks",
    level=2,
    reference=lambda dhs, hs, h_0, W_h, block_len: _backward(dhs, hs, h_0, W_h, block_len),
    cases=_blocks,
    returns=("dhs_total (N, T, H)", "dW_h (H, H)"),
    backward=True,
)


def _slip(name, words, look, **switches):
    def function(dhs, hs, h_0, W_h, block_len):
        return _backward(dhs, hs, h_0, W_h, block_len, **switches)

    backward.mistake(name, words, look)(function)


_slip(
    "gradient carried across the border",
    "Nothing was cut: at the border of a block the gradient still comes back from the next block.",
    CUT,
    cut=lambda t, k, T: False,
)
_slip(
    "last short block dropped",
    "T is no multiple of the block's length, and the steps of the last, shorter block got nothing.",
    "the range of the loop: it covers all T steps, and the last block may be short",
    last=lambda T, k: T // k * k,
)
_slip(
    "border off by one",
    "The cut is one step away from the border: blocks begin at t = 0, k, 2k and end one before.",
    CUT,
    cut=lambda t, k, T: t % k == 0,
)
_slip(
    "border off by one, early",
    "The cut is one step before the border: the last step of a block belongs to it.",
    CUT,
    cut=lambda t, k, T: (t + 2) % k == 0,
)
_slip(
    "blocks counted from the end",
    "The blocks were counted from the last step. They begin with the first; the short one is last.",
    CUT,
    cut=lambda t, k, T: (T - 1 - t) % k == 0,
)
_slip(
    "own loss lost at the border",
    "At the last step of a block the state's own loss was cut as well. Only what comes from the "
    "next block is.",
    "`dh = dhs[:, t] + dh_next`: the cut sets the second of the two to zero",
    own=False,
)
_slip(
    "state reset in dW_h",
    "In dW_h the first step of each block was given a previous state of zeros. The state is "
    "carried: only the flow back is cut.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`, in every block",
    new_state=True,
)
_slip(
    "dW_h starts anew in each block",
    "dW_h holds the share of the first block only. The blocks use the same weights, so their "
    "shares are added.",
    "`dW_h += h_prev.T @ da`: set it to zero once, before the loop",
    overwrite=True,
)
backward.mistake(
    "no flow at all",
    "Each step hears only its own loss, as if every block had length 1.",
    "`dh = dhs[:, t] + dh_next`, and the line that makes dh_next",
)(lambda dhs, hs, h_0, W_h, block_len: _backward(dhs, hs, h_0, W_h, 1))

# ---- the way forward, carried


def _forward(rnn, xs, h_0, block_len, carry=lambda hs, h_0: hs[:, -1], skip=0, whole=False):
    h, out = h_0, []
    for t in range(0, xs.shape[1], block_len + skip):
        block = xs[:, t : t + block_len]
        if whole and block.shape[1] < block_len:
            break
        hs, _ = rnn.forward(block, h)
        out.append(hs)
        h = carry(hs, h_0)
    return np.concatenate(out, axis=1)


def _texts(rng):
    cases = []
    for N, T, D, H, k in ((2, 7, 3, 4, 3), (3, 9, 2, 5, 2)):
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        cases.append((RNN(RNNCell(*weights(rng, D, H))), xs, h_0, k))
    return cases


carry = Exercise(
    "truncation.carry",
    "Forward by blocks",
    level=1,
    reference=lambda rnn, xs, h_0, block_len: _forward(rnn, xs, h_0, block_len),
    cases=_texts,
    returns="hs (N, T, H)",
)
HANDED = "`h = hs[:, -1]` after each block: it is the h_0 of the next one"


@carry.mistake(
    "state reset",
    "Every block starts from zeros, so the forward flow is cut as well. Truncation cuts only the "
    "way back.",
    look=HANDED,
)
def _(rnn, xs, h_0, block_len):
    zero = iter([h_0] + [0 * h_0] * xs.shape[1])
    h, out = next(zero), []
    for t in range(0, xs.shape[1], block_len):
        out.append(rnn.forward(xs[:, t : t + block_len], h)[0])
        h = next(zero)
    return np.concatenate(out, axis=1)


@carry.mistake(
    "h_0 for every block", "Every block starts from h_0 again, the state of the text's beginning.",
    look=HANDED,
)  # fmt: skip
def _(rnn, xs, h_0, block_len):
    return _forward(rnn, xs, h_0, block_len, carry=lambda hs, h_0: h_0)


@carry.mistake(
    "zeros for h_0 too",
    "Every block starts from zeros, the first one as well.",
    look=f"`h = h_0` before the loop, then {HANDED}",
)
def _(rnn, xs, h_0, block_len):
    return _forward(rnn, xs, 0 * h_0, block_len, carry=lambda hs, h_0: h_0)


@carry.mistake(
    "carried one step early",
    "What is carried is the last state but one. The next block goes on from the very last.",
    look=HANDED,
)
def _(rnn, xs, h_0, block_len):
    return _forward(rnn, xs, h_0, block_len, carry=lambda hs, h_0: hs[:, max(hs.shape[1] - 2, 0)])


@carry.mistake(
    "first state carried",
    "What is carried is the first state of the block.",
    look=f"{HANDED}; -1 is the last step, 0 the first",
)
def _(rnn, xs, h_0, block_len):
    return _forward(rnn, xs, h_0, block_len, carry=lambda hs, h_0: hs[:, 0])


@carry.mistake(
    "last short block dropped",
    "T is no multiple of the block's length, and the steps of the last, shorter block are missing.",
    look="the range of the loop, `range(0, T, block_len)`, and the slice, which may be short",
)
def _(rnn, xs, h_0, block_len):
    return _forward(rnn, xs, h_0, block_len, whole=True)


@carry.mistake(
    "one token skipped per block",
    "Between two blocks one step was skipped.",
    look="the range of the loop, `range(0, T, block_len)`: the next block begins where this one "
    "ends",
)
def _(rnn, xs, h_0, block_len):
    return _forward(rnn, xs, h_0, block_len, skip=1)


@carry.mistake(
    "states of the rows mixed",
    "Every row goes on from the mean of all rows' states.",
    look=f"{HANDED}; (N, H), one row for each sequence",
)
def _(rnn, xs, h_0, block_len):
    def mean(hs, h_0):
        return np.repeat(hs[:, -1].mean(axis=0, keepdims=True), len(hs), axis=0)

    return _forward(rnn, xs, h_0, block_len, carry=mean)


# ---- N streams of one text


def _streams(ids, batch_size, seq_len):
    N, T = batch_size, seq_len
    length = (len(ids) - 1) // N
    inputs, targets = ids[: N * length].reshape(N, -1), ids[1 : N * length + 1].reshape(N, -1)
    return _cut(inputs, targets, T)


def _cut(inputs, targets, T, step=None):
    starts = range(0, inputs.shape[1], step or T)
    return [(inputs[:, t : t + T], targets[:, t : t + T]) for t in starts]


def _seen_blocks(blocks, ids, batch_size, seq_len):
    blocks = list(blocks)
    seen = {"the number of blocks": len(blocks)}
    for i, (inputs, targets) in enumerate(blocks, 1):
        seen[f"the inputs of block {i} (N, T)"] = inputs
        seen[f"the targets of block {i} (N, T)"] = targets
    return seen


def _long_texts(rng):
    return [
        (rng.permutation(length), N, T) for length, N, T in ((31, 3, 4), (30, 3, 4), (43, 2, 5))
    ]  # fmt: skip


batches = Exercise(
    "truncation.batches",
    "N readers of one text",
    level=2,
    reference=_streams,
    cases=_long_texts,
    view=_seen_blocks,
)
ROWS = "`ids[:N * length].reshape(N, length)`, with `length = (len(ids) - 1) // N`"


@batches.mistake(
    "last short block dropped",
    "The rows' ends are missing: the last block may be shorter than the others, and it counts.",
    look="the range of the loop, `range(0, length, T)`, and the slice, which may be short",
)
def _(ids, batch_size, seq_len):
    return [pair for pair in _streams(ids, batch_size, seq_len) if pair[0].shape[1] == seq_len]


@batches.mistake(
    "one token skipped per block",
    "Between two blocks one token is neither input nor predicted in its place: the blocks are T "
    "+ 1 apart.",
    look="`range(0, length, T)`. If a block is cut as T + 1 tokens and then split into inputs and "
    "targets, the next one still begins T further on",
)
def _(ids, batch_size, seq_len):
    N, T = batch_size, seq_len
    length = (len(ids) - 1) // N
    inputs, targets = ids[: N * length].reshape(N, -1), ids[1 : N * length + 1].reshape(N, -1)
    return _cut(inputs, targets, T, step=T + 1)


def _same_but_for_order(got, want):
    def pairs(seen):
        blocks = [np.asarray(v).tolist() for v in list(seen.values())[1:]]
        return sorted(zip(blocks[::2], blocks[1::2], strict=True))

    return len(got) == len(want) and pairs(got) == pairs(want)


@batches.mistake(
    "blocks shuffled",
    "These are the right blocks in another order. The state is carried from block to block, so "
    "they must come in the order of the text.",
    look="any shuffle or sort of the blocks",
    recognize=_same_but_for_order,
)
def _(ids, batch_size, seq_len):
    blocks = _streams(ids, batch_size, seq_len)
    return [blocks[i] for i in np.roll(np.arange(len(blocks)), 1)]


@batches.mistake(
    "text wraps around",
    "The last target is the text's first token: the text was bent to a ring.",
    look=f"{ROWS}: the last token is a target only, hence the - 1",
)
def _(ids, batch_size, seq_len):
    length = len(ids) // batch_size
    rows = [a[: batch_size * length].reshape(batch_size, -1) for a in (ids, np.roll(ids, -1))]
    return _cut(*rows, seq_len)


@batches.mistake(
    "rows wrap around",
    "The last target of each row is that row's first token: the rows were bent to rings.",
    look="the targets are the text one token later, cut in the same way; not the rows rolled",
)
def _(ids, batch_size, seq_len):
    length = (len(ids) - 1) // batch_size
    inputs = ids[: batch_size * length].reshape(batch_size, -1)
    return _cut(inputs, np.roll(inputs, -1, axis=1), seq_len)


@batches.mistake(
    "target is the input",
    "The targets are the inputs. A model learns to repeat what it sees, with a splendid loss.",
    look="the targets are the text one token later: `ids[1 : N * length + 1]`",
)
def _(ids, batch_size, seq_len):
    return [(inputs, inputs) for inputs, _ in _streams(ids, batch_size, seq_len)]


@batches.mistake(
    "target two ahead",
    "The targets are two tokens ahead of the inputs.",
    look="the targets are the text one token later: `ids[1 : N * length + 1]`",
)
def _(ids, batch_size, seq_len):
    length = (len(ids) - 2) // batch_size
    rows = [ids[i : i + batch_size * length].reshape(batch_size, -1) for i in (0, 2)]
    return _cut(*rows, seq_len)


@batches.mistake(
    "rows do not continue",
    "Row i of a block does not continue row i of the block before: each block was cut from the "
    "next N T tokens. The carried state then belongs to another place of the text.",
    look=f"first the rows, then the blocks: {ROWS}",
)
def _(ids, batch_size, seq_len):
    N, T = batch_size, seq_len
    starts = range(0, len(ids) - N * T, N * T)
    return [tuple(ids[s + i : s + i + N * T].reshape(N, T) for i in (0, 1)) for s in starts]


@batches.mistake(
    "text dealt out like cards",
    "Neighbors in the text stand in different rows: it was dealt out column by column.",
    look=f"each row is one unbroken piece of the text: {ROWS}",
)
def _(ids, batch_size, seq_len):
    length = (len(ids) - 1) // batch_size
    rows = [ids[i : i + batch_size * length].reshape(length, -1).T for i in (0, 1)]
    return _cut(*rows, seq_len)


@batches.mistake(
    "(T, N) for (N, T)",
    "The blocks are right, with time first.",
    look="the axes of a block: batch first, time second",
)
def _(ids, batch_size, seq_len):
    return [(x.T, y.T) for x, y in _streams(ids, batch_size, seq_len)]


# ---- how far off the truncated gradient is


def _curve(rnn, xs, h_0, dhs, block_lens, measure=None, forward=None):
    measure = measure or _cosine_and_ratio
    _, cache = rnn.forward(xs, h_0)
    full = rnn.backward(dhs, cache)[2]
    return np.array([measure(full, rnn.backward(dhs, cache, k)[2]) for k in block_lens])


def _flat(grads):
    return np.concatenate([g.ravel() for g in grads.values()])


def _cosine_and_ratio(full, cut):
    f, c = _flat(full), _flat(cut)
    sizes = np.linalg.norm(f), np.linalg.norm(c)
    return f @ c / (sizes[0] * sizes[1]), sizes[1] / sizes[0]


def _curves(rng):
    cases = []
    for N, T, D, H, ks in ((2, 9, 3, 4, [1, 2, 4, 9]), (3, 7, 2, 5, [1, 3, 5])):
        rnn = RNN(RNNCell(*weights(rng, D, H)))
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        cases.append((rnn, xs, h_0, rng.normal(size=(N, T, H)), ks))
    return cases


bias = Exercise(
    "truncation.bias",
    "The bias curve",
    level=2,
    reference=lambda rnn, xs, h_0, dhs, block_lens: _curve(rnn, xs, h_0, dhs, block_lens),
    cases=_curves,
    returns="curve (K, 2)",
)
ANGLE = "`cosine = f @ c / (|f| |c|)`, with all gradients in one long row"


def _measured(name, words, look, measure):
    def function(rnn, xs, h_0, dhs, block_lens):
        return _curve(rnn, xs, h_0, dhs, block_lens, measure)

    bias.mistake(name, words, look)(function)


def _each(full, cut):
    return np.mean([_cosine_and_ratio({0: full[n]}, {0: cut[n]}) for n in full], axis=0)


def _angle_of(measure):
    return lambda full, cut: (measure(_flat(full), _flat(cut)), _cosine_and_ratio(full, cut)[1])


def _ratio_of(measure):
    return lambda full, cut: (_cosine_and_ratio(full, cut)[0], measure(_flat(full), _flat(cut)))


_measured(
    "ratio upside down",
    "The ratio is full over truncated. Asked is how much of the full norm is left.",
    "`ratio = |c| / |f|`, truncated over full",
    _ratio_of(lambda f, c: np.linalg.norm(f) / np.linalg.norm(c)),
)
_measured(
    "cosine without the norms",
    "This is the dot product; it grows with the gradients. Divide it by both norms.",
    ANGLE,
    _angle_of(lambda f, c: f @ c),
)
_measured(
    "cosine divided by one norm",
    "The dot product was divided by the square of the full norm, so that size and direction mix.",
    ANGLE,
    _angle_of(lambda f, c: f @ c / (f @ f)),
)
_measured(
    "one minus the cosine", "This is the cosine distance.", ANGLE,
    lambda full, cut: (1 - _cosine_and_ratio(full, cut)[0], _cosine_and_ratio(full, cut)[1]),
)  # fmt: skip
_measured(
    "mean over the arrays",
    "Cosine and ratio were taken for each array and averaged. The gradient is one vector.",
    ANGLE,
    _each,
)
_measured(
    "W_h alone",
    "Only the gradient of W_h was compared. W_x and b are in the gradient too.",
    ANGLE,
    lambda full, cut: _cosine_and_ratio({0: full["W_h"]}, {0: cut["W_h"]}),
)
_measured(
    "squared norms in the ratio",
    "The ratio is of squared norms; the root is missing.",
    "`ratio = |c| / |f|`",
    _ratio_of(lambda f, c: (c @ c) / (f @ f)),
)
_measured(
    "columns exchanged",
    "The two columns are exchanged: first the cosine, then the ratio.",
    "the order of what is stored for each k",
    lambda full, cut: _cosine_and_ratio(full, cut)[::-1],
)


@bias.mistake(
    "state reset",
    "The forward pass was cut into blocks that start from zeros. Truncation leaves the states as "
    "they are and cuts only the way back.",
    look="one `rnn.forward(xs, h_0)` for all, then `rnn.backward(dhs, cache, k)`",
)
def _(rnn, xs, h_0, dhs, block_lens):
    full = rnn.backward(dhs, rnn.forward(xs, h_0)[1])[2]
    rows = []
    for k in block_lens:
        parts = []
        for t in range(0, xs.shape[1], k):
            _, cache = rnn.forward(xs[:, t : t + k], h_0 if t == 0 else 0 * h_0)
            parts.append(rnn.backward(dhs[:, t : t + k], cache)[2])
        rows.append(_cosine_and_ratio(full, {n: sum(p[n] for p in parts) for n in full}))
    return np.array(rows)


# ---- memory


def _memory(seq_len, block_len, batch_size, hidden_size):
    return 8 * batch_size * hidden_size * (min(block_len, seq_len) + 1)


def _lengths(rng):
    cases = []
    for T in (100, 1000, 10_000):
        k, N, H = (int(n) for n in rng.choice(np.arange(11, 90), 3, replace=False))
        cases.append((T, k, N, H))
    return [*cases, (20, 35, 4, 16)]  # a text that is shorter than a block


memory = Exercise(
    "truncation.memory",
    "What must be kept",
    level=1,
    reference=_memory,
    cases=_lengths,
    returns="bytes",
)
KEPT = "`8 N H (min(k, T) + 1)`: the states of one block and the one it started from"


def _counted(name, words, function):
    memory.mistake(name, words, KEPT)(function)


_counted(
    "all steps kept",
    "This grows with the length of the text. When a block's gradient is done its states can go.",
    lambda seq_len, block_len, batch_size, hidden_size:
        8 * batch_size * hidden_size * (seq_len + 1),
)  # fmt: skip
_counted(
    "the state before the block forgotten",
    "The block's first step needs the state it started from: k + 1 states.",
    lambda seq_len, block_len, batch_size, hidden_size:
        8 * batch_size * hidden_size * min(block_len, seq_len),
)  # fmt: skip
_counted(
    "numbers, not bytes",
    "These are numbers. A float64 takes 8 bytes.",
    lambda *sizes: _memory(*sizes) // 8,
)
_counted(
    "float32", "This counts 4 bytes for a number: float32.", lambda *sizes: _memory(*sizes) // 2
)
_counted(
    "one sequence only",
    "The batch was forgotten: there are N sequences side by side.",
    lambda seq_len, block_len, batch_size, hidden_size:
        _memory(seq_len, block_len, 1, hidden_size),
)  # fmt: skip
_counted(
    "a block longer than the text",
    "Where the text is shorter than a block, steps were counted that do not exist.",
    lambda seq_len, block_len, batch_size, hidden_size:
        8 * batch_size * hidden_size * (block_len + 1),
)  # fmt: skip
_counted(
    "times the number of blocks",
    "The blocks were added up. Only one of them is in memory at a time.",
    lambda seq_len, block_len, batch_size, hidden_size:
        _memory(seq_len, block_len, batch_size, hidden_size) * -(-seq_len // block_len),
)  # fmt: skip

# ---- the detective

ROLES = ("right", "skips", "resets")
WORDS, BLOCK, EPOCHS = 30, 5, 10


def _suspects(rng):
    roles = rng.permutation(ROLES)
    return [({"seed": int(rng.integers(1000)), **dict(zip("PQR", roles.tolist(), strict=True))},)]


def _text(rng):
    """1,001 words, of which each is chosen by the two before it, most of the time."""
    after = rng.integers(WORDS, size=(WORDS, WORDS))
    ids = [0, 1]
    while len(ids) < 1001:
        sure = rng.random() < 0.9
        ids.append(int(after[ids[-1], ids[-2] % 4] if sure else rng.integers(WORDS)))
    return np.array(ids)


def _evidence(asked):
    """Three trainings on one text; what a detective may see of each."""
    ids = _text(np.random.default_rng(asked["seed"]))
    return {name: _train(ids, asked[name]) for name in "PQR"}


def _train(ids, role):
    model = RNNLM.init(WORDS, 12, 32, np.random.default_rng(1))
    blocks = _streams(ids, 4, BLOCK)
    if role == "skips":  # blocks of T + 1 tokens, the next one T + 1 further on
        length = (len(ids) - 1) // 4
        rows = [ids[i : i + 4 * length].reshape(4, -1) for i in (0, 1)]
        blocks = [b for b in _cut(*rows, BLOCK, step=BLOCK + 1) if b[0].shape[1] == BLOCK]
    optimizer, losses = Adam(0.01), []
    for _ in range(EPOCHS):
        h = None
        for inputs, targets in blocks:
            loss, grads, h_T = model.loss_and_grads(inputs, targets, h)
            optimizer.step(model.params, clip_by_global_norm(grads, 1.0)[0])
            h = None if role == "resets" else h_T
            losses.append(loss)
    return {
        "loss": np.array(losses),
        "tokens": sum(targets.size for _, targets in blocks),
        "by_step": _by_step(model, blocks, role),
    }


def _by_step(model, blocks, role):
    """Mean loss at each step of a block, after training, over the blocks it was trained on."""
    h, rows = None, []
    for inputs, targets in blocks:
        logits, h_T = model.logits(inputs, h)
        top = logits - logits.max(axis=-1, keepdims=True)
        log_p = top - np.log(np.exp(top).sum(axis=-1, keepdims=True))
        rows.append(-np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0])
        h = None if role == "resets" else h_T
    return np.concatenate(rows).mean(axis=0)


detective = Exercise(
    "truncation.detective",
    "The detective",
    level=3,
    reference=lambda asked: {name: asked[name] for name in "PQR"},
    cases=_suspects,
    view=lambda answer, asked: {name: answer[name] for name in "PQR"},
    shown=_evidence,
    value=True,
)


def _exchanged(one, two, words, look):
    swap = {one: two, two: one}

    def function(asked):
        return {name: swap.get(asked[name], asked[name]) for name in "PQR"}

    detective.mistake(f"{one} and {two} exchanged", words, look)(function)


_exchanged(
    "skips", "resets",
    "You found the right one, and exchanged the two others.",
    "who skips reads fewer tokens; who resets knows nothing at the first step of a block",
)  # fmt: skip
_exchanged(
    "right", "skips",
    "The one you trust skips tokens. Its loss falls nicely, on a text with holes.",
    "how many tokens were read in an epoch: 1,000 can be",
)  # fmt: skip
_exchanged(
    "right", "resets",
    "The one you trust forgets all at each border. Its loss falls too, to a higher floor.",
    "the loss by step: without a carried state the first step of a block is a guess",
)  # fmt: skip
