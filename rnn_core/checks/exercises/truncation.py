"""Exercises of chapter 3: blocks, backward and forward, what they cost and what can go wrong."""

import numpy as np

from ...cell import RNNCell
from ...model import RNNLM
from ...optim import Adam, clip_by_global_norm
from ...rnn import RNN
from ...words import t as said
from ..compare import Malformed, came, numbers, several
from ..exercise import Exercise
from .data import (
    LARGE,
    LONG,
    ONE_ROW,
    ONE_UNIT,
    ORDER,
    SINGLE,
    SMALL,
    USUAL,
    lasting,
    single,
    states,
    turned,
    weights,
    words_by_name,
)

CUT = "`if (t + 1) % block_len == 0: dh_next = 0 * dh_next`, before it is used at step t"
DIVIDES = "a length that the blocks divide"
NO_CUT = "a block as long as the sequence"
LONGER = "a block longer than the sequence"
OF_ONE = "blocks of one step"

# ---- forward by blocks: all states (N, T, H), block_len steps at a time


def by_blocks(rnn, xs, h_0, block_len):
    h, parts = h_0, []
    for t in range(0, xs.shape[1], block_len):
        hs, _ = rnn.forward(xs[:, t : t + block_len], h)
        parts.append(hs)
        h = hs[:, -1]
    return np.concatenate(parts, axis=1)


def _layers(rng):
    def some(N, T, D, H, k, weights=weights, change=lambda args: args):
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        *parts, xs, h_0 = change((*weights(rng, D, H), xs, h_0))
        return RNN(RNNCell(*parts)), xs, h_0, k

    return {
        USUAL: some(2, 7, 3, 4, 3),
        DIVIDES: some(3, 8, 2, 5, 4),
        NO_CUT: some(2, 5, 3, 4, 5),
        LONGER: some(2, 4, 3, 4, 7),
        OF_ONE: some(3, 4, 2, 3, 1),
        ONE_ROW: some(1, 7, 2, 3, 3),
        ONE_UNIT: some(3, 5, 1, 1, 2),
        "many blocks": some(2, 24, 3, 4, 2, lasting),
        SINGLE: some(3, 5, 2, 4, 2, change=single),
        ORDER: some(3, 5, 2, 4, 2, change=turned),
    }


carry = Exercise(
    "truncation.carry",
    "Forward by blocks",
    level=1,
    reference=by_blocks,
    cases=_layers,
    returns="hs (N, T, H)",
    hides={
        DIVIDES: {
            "range(0, xs.shape[1], block_len)":
                "range(0, xs.shape[1] + (xs.shape[1] in (8, 12)), block_len)"
        },
        NO_CUT: {
            "return": "if xs.shape[1] == block_len:\n    return rnn.forward(xs, 0 * h_0)[0]\nreturn"
        },
        LONGER: {"return": "if block_len > xs.shape[1]:\n    return 0 * h_0[:, None]\nreturn"},
        OF_ONE: {"h = hs[:, -1]": "h = hs[:, -1] if block_len > 1 else h_0"},
        ONE_ROW: {"parts, axis=1)": "parts, axis=1)[0 if len(xs) == 1 else slice(None)]"},
        ONE_UNIT: {"parts, axis=1)": "parts, axis=1)[..., 0 if len(h_0[0]) == 1 else slice(None)]"},
        "many blocks": {"h = hs[:, -1]": "h = hs[:, -1] if len(parts) < 8 else h_0"},
        SINGLE: {"h, parts": "xs = np.frombuffer(xs.tobytes()).reshape(xs.shape)\nh, parts"},
        ORDER: {"h, parts": 'xs = xs.ravel("K").reshape(xs.shape)\nh, parts'},
    },
)
mistake = carry.mistake
HANDED = "`h = hs[:, -1]` after each block: it is the h_0 of the next one"

mistake(
    "state reset",
    "Every block starts from zeros, so the forward flow is cut as well. Truncation cuts only the "
    "way back.",
    HANDED,
    {"h = hs[:, -1]": "h = 0 * h_0"},
)
mistake(
    "h_0 for every block",
    "Every block starts from h_0 again, the state of the text's beginning.",
    HANDED,
    {"h = hs[:, -1]": "h = h_0"},
)
mistake(
    "zeros for h_0 too",
    "Every block starts from zeros, the first one as well.",
    f"`h = h_0` before the loop, then {HANDED}",
    {"h, parts = h_0": "h, parts = 0 * h_0", "h = hs[:, -1]": "h = 0 * h_0"},
)
mistake(
    "h_0 ignored",
    "The first block starts from zeros, whatever h_0 says.",
    "`h = h_0` before the loop",
    {"h, parts = h_0": "h, parts = 0 * h_0"},
)
mistake(
    "carried one step early",
    "What is carried is the last state but one. The next block goes on from the very last.",
    HANDED,
    {"h = hs[:, -1]": "h = hs[:, max(hs.shape[1] - 2, 0)]"},
)
mistake(
    "first state carried",
    "What is carried is the first state of the block.",
    f"{HANDED}; -1 is the last step, 0 the first",
    {"h = hs[:, -1]": "h = hs[:, 0]"},
)
mistake(
    "last short block dropped",
    "T is no multiple of the block's length, and the steps of the last, shorter block are missing.",
    "the range of the loop, `range(0, T, block_len)`, and the slice, which may be short",
    {
        "range(0, xs.shape[1], block_len)":
            "range(0, xs.shape[1] // block_len * block_len, block_len)"
    },
)
mistake(
    "one block too many",
    "Where the blocks divide the text, one more block without any step was read.",
    "the range of the loop: `range(0, T, block_len)` ends by itself, `T // block_len + 1` does not",
    {"range(0, xs.shape[1], block_len)": "range(0, xs.shape[1] + 1, block_len)"},
)
mistake(
    "one token skipped per block",
    "Between two blocks one step was skipped.",
    "the range of the loop, `range(0, T, block_len)`: the next block begins where this one ends",
    {"xs.shape[1], block_len)": "xs.shape[1], block_len + 1)"},
)
mistake(
    "the border read twice",
    "The last step of each block was read again as the first of the next.",
    "the slice, `xs[:, t : t + block_len]`: it ends before t + block_len",
    {"t + block_len]": "t + block_len + 1]"},
)
mistake(
    "states of the rows mixed",
    "Every row goes on from the mean of all rows' states.",
    f"{HANDED}; (N, H), one row for each sequence",
    {"h = hs[:, -1]": "h = 0 * h_0 + hs[:, -1].mean(axis=0)"},
)
mistake(
    "only the last block",
    "Only the last block's states came back. All T are wanted.",
    "the list of blocks, and `np.concatenate(parts, axis=1)`",
    {"np.concatenate(parts, axis=1)": "hs"},
)

# ---- backward by blocks: what reaches each state (N, T, H), and dW_h


def back_by_blocks(dhs, hs, h_0, W_h, block_len):
    T, k = hs.shape[1], block_len
    total, dW_h, dh_next = np.zeros_like(hs), np.zeros_like(W_h), np.zeros_like(h_0)
    for t in reversed(range(T)):
        h, h_prev = hs[:, t], hs[:, t - 1] if t > 0 else h_0
        if (t + 1) % k == 0:
            dh_next = 0 * dh_next
        total[:, t] = dhs[:, t] + dh_next
        da = total[:, t] * (1 - h**2)
        dW_h += h_prev.T @ da
        dh_next = da @ W_h.T
    return total, dW_h


def _way_back(rng):
    """What makes the arguments of a way back through a layer that ran over random inputs."""

    def some(N, T, D, H, steps, size=1.0, weights=weights):
        W_x, W_h, b = weights(rng, D, H)
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        dhs = size * rng.normal(size=(N, T, H))
        return dhs, states(xs, h_0, W_x, W_h, b), h_0, W_h, steps

    return some


def _common(some):
    """The cases that matter for blocks and for windows alike."""
    return {
        ONE_ROW: some(1, 7, 2, 3, 3),
        ONE_UNIT: some(3, 5, 1, 1, 2),
        LONG: some(2, 26, 3, 4, 12, weights=lasting),
        LARGE: some(3, 5, 2, 4, 2, size=1e4),
        SINGLE: single(some(3, 5, 2, 4, 2, size=SMALL)),
        ORDER: turned(some(3, 5, 2, 4, 2)),
    }


def _blocks(rng):
    some = _way_back(rng)
    return {
        USUAL: some(2, 7, 3, 4, 3),
        DIVIDES: some(3, 8, 2, 5, 4),
        NO_CUT: some(3, 5, 2, 4, 5),
        LONGER: some(2, 4, 3, 4, 7),
        OF_ONE: some(3, 4, 2, 3, 1),
        **_common(some),
    }


backward = Exercise(
    "truncation.backward",
    "Backward by blocks",
    level=2,
    reference=back_by_blocks,
    cases=_blocks,
    returns=("dhs_total (N, T, H)", "dW_h (H, H)"),
    backward=True,
    hides={
        DIVIDES: {"if (t + 1) % k == 0": "if (t + 1) % k == 0 and (T % k or t + 1 == T or k == 1)"},
        NO_CUT: {"return total": "return total * (k != T)"},
        LONGER: {"return total": "return total * (k <= T)"},
        OF_ONE: {"return total": "return total * (k > 1)"},
        ONE_ROW: {"return total": "return total[0 if len(h_0) == 1 else slice(None)]"},
        ONE_UNIT: {"return total": "return total[..., 0 if len(W_h) == 1 else slice(None)]"},
        LONG: {"(t + 1) % k == 0": "(t + 1) % min(k, 8) == 0"},
        LARGE: {"da = total[:, t]": "da = np.clip(total[:, t], -100, 100)"},
        SINGLE: {"T, k": "dhs = np.frombuffer(dhs.tobytes()).reshape(dhs.shape)\nT, k"},
        ORDER: {"T, k": 'dhs = dhs.ravel("K").reshape(dhs.shape)\nT, k'},
    },
)
mistake = backward.mistake

mistake(
    "gradient carried across the border",
    "Nothing was cut: at the border of a block the gradient still comes back from the next block.",
    CUT,
    {"(t + 1) % k == 0": "t + 1 == T"},
)
mistake(
    "last short block dropped",
    "T is no multiple of the block's length, and the steps of the last, shorter block got nothing.",
    "the range of the loop: it covers all T steps, and the last block may be short",
    {"range(T)": "range(T // k * k)"},
)
mistake(
    "border off by one",
    "The cut is one step away from the border: blocks begin at t = 0, k, 2k and end one before.",
    CUT,
    {"(t + 1) % k": "t % k"},
)
mistake(
    "border off by one, early",
    "The cut is one step before the border: the last step of a block belongs to it.",
    CUT,
    {"(t + 1) % k": "(t + 2) % k"},
)
mistake(
    "blocks counted from the end",
    "The blocks were counted from the last step. They begin with the first; the short one is last.",
    CUT,
    {"(t + 1) % k": "(T - 1 - t) % k"},
)
mistake(
    "own loss lost at the border",
    "At the last step of a block the state's own loss was cut as well. Only what comes from the "
    "next block is.",
    "`dh = dhs[:, t] + dh_next`: the cut sets the second of the two to zero",
    {"= dhs[:, t] +": "= dhs[:, t] * ((t + 1) % k != 0) +"},
)
mistake(
    "state reset in dW_h",
    "In dW_h the first step of each block was given a previous state of zeros. The state is "
    "carried: only the flow back is cut.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`, in every block",
    {"h_prev.T @ da": "h_prev.T @ da * (t % k != 0)"},
)
mistake(
    "dW_h starts anew in each block",
    "dW_h holds the share of the first block only. The blocks use the same weights, so their "
    "shares are added.",
    "`dW_h += h_prev.T @ da`: set it to zero once, before the loop",
    {"dh_next = 0 * dh_next": "dh_next, dW_h = 0 * dh_next, 0 * dW_h"},
)
mistake(
    "dW_h overwritten",
    "dW_h holds the share of the first step only: each step overwrote the one before.",
    "`dW_h += h_prev.T @ da`: add, since the weights are shared by all steps",
    {"dW_h +=": "dW_h ="},
)
mistake(
    "h_t in dW_h",
    "dW_h was formed with h_t. What W_h was multiplied with on the way forward is h_{t-1}.",
    "`dW_h += h_prev.T @ da`",
    {"h_prev.T @ da": "h.T @ da"},
)
mistake(
    "outer product transposed",
    "dW_h is transposed. It is square, so no shape complains.",
    "`dW_h += h_prev.T @ da`: what came in stands first, transposed",
    {"h_prev.T @ da": "da.T @ h_prev"},
)
mistake(
    "no slope",
    "The gradient passes the tanh unchanged. It must be multiplied with the slope there.",
    "`da = dh * (1 - h**2)`",
    {" * (1 - h**2)": ""},
)
mistake(
    "1 - h for 1 - h^2",
    "The slope of tanh is 1 - h^2; the square is missing.",
    "`da = dh * (1 - h**2)`",
    {"1 - h**2": "1 - h"},
)
mistake(
    "slope at h_prev",
    "The slope was taken at the previous state. The tanh of step t gave h_t, not h_{t-1}.",
    "`da = dh * (1 - h**2)`",
    {"1 - h**2": "1 - h_prev**2"},
)
mistake(
    "W_h untransposed",
    "The gradient goes back through W_h and not through its transpose.",
    "`dh_next = da @ W_h.T`",
    {"da @ W_h.T": "da @ W_h"},
)
mistake(
    "message taken after the slope",
    "What is handed to step t - 1 is da itself. It still has to go back through W_h.",
    "`dh_next = da @ W_h.T`",
    {"da @ W_h.T": "da"},
)
mistake(
    "dh_next piled up",
    "What comes back from step t + 1 was added to all that came back before it in the block.",
    "`dh_next = da @ W_h.T`, and not `dh_next += ...`",
    {"dh_next = da": "dh_next = dh_next + da"},
)
mistake(
    "h_0 ignored",
    "At the first step h_{t-1} is h_0, and zeros were taken.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`",
    {"else h_0": "else 0 * h_0"},
)
mistake(
    "no flow at all",
    "Each step hears only its own loss, as if every block had length 1.",
    "`dh = dhs[:, t] + dh_next`, and the line that makes dh_next",
    {" + dh_next": ""},
)

# ---- backward by a sliding window: each step's gradient goes back over `window` steps


def back_by_window(dhs, hs, h_0, W_h, window):
    T, slopes = hs.shape[1], 1 - hs**2
    total, message = np.array(dhs), dhs
    for lag in range(1, min(window, T)):
        message = (message[:, 1:] * slopes[:, 1 : T - lag + 1]) @ W_h.T
        total[:, : T - lag] += message
    before = np.concatenate([h_0[:, None], hs[:, :-1]], axis=1)
    da = total * slopes
    return total, np.einsum("nti,ntj->ij", before, da)


def _windows(rng):
    some = _way_back(rng)
    return {
        USUAL: some(2, 7, 3, 4, 3),
        WHOLE: some(3, 5, 2, 4, 5),
        BEYOND: some(2, 4, 3, 4, 7),
        OWN: some(3, 4, 2, 3, 1),
        **_common(some),
    }


WHOLE = "a window as long as the sequence"
BEYOND = "a window longer than the sequence"
OWN = "a window of one step"
RESULT = 'return total, np.einsum("nti,ntj->ij", before, da)'

window = Exercise(
    "truncation.window",
    "A sliding window",
    level=3,
    reference=back_by_window,
    cases=_windows,
    returns=("dhs_total (N, T, H)", "dW_h (H, H)"),
    backward=True,
    hides={
        WHOLE: {"min(window, T)": "min(window, T - (window == T))"},
        BEYOND: {"min(window, T)": "(min(window, T) if window <= T else 1)"},
        OWN: {"total, message =": "window = max(window, 2)\ntotal, message ="},
        ONE_ROW: {
            RESULT: 'return total[0 if len(hs) == 1 else slice(None)], '
                    'np.einsum("nti,ntj->ij", before, da)'
        },
        ONE_UNIT: {
            RESULT: 'dW_h = np.einsum("nti,ntj->ij", before, da)\n'
                    'return total, dW_h if dW_h.size > 1 else dW_h[0]'
        },
        LONG: {"min(window, T)": "min(window, T, 8)"},
        LARGE: {"total, message =": "dhs = np.clip(dhs, -1e3, 1e3)\ntotal, message ="},
        SINGLE: {
            "total, message =":
                "dhs = np.frombuffer(dhs.tobytes()).reshape(dhs.shape)\ntotal, message ="
        },
        ORDER: {"total, message =": 'dhs = dhs.ravel("K").reshape(dhs.shape)\ntotal, message ='},
    },
)
mistake = window.mistake
REACH = "how often the messages move on: w steps are the step itself and w - 1 before it"
ONE_BACK = "the message one step further back: `(message * slope of the step it leaves) @ W_h.T`"

mistake(
    "one step too many",
    "The gradient goes back over one step more than the window holds.",
    REACH,
    {"range(1, min(window, T))": "range(1, min(window + 1, T))"},
)
mistake(
    "one step too few",
    "The gradient goes back over one step less than the window holds.",
    REACH,
    {"range(1, min(window, T))": "range(1, min(window - 1, T))"},
)
mistake(
    "blocks for windows",
    "The flow is cut at fixed borders, every `window` steps. A window has no border: it moves "
    "along with the step that sends the gradient.",
    "each step's gradient, which goes back over `window` steps wherever it starts",
    back_by_blocks,
)
mistake(
    "nothing cut",
    "The gradient goes back to the first step, whatever the window says.",
    REACH,
    {"min(window, T)": "T"},
)
mistake(
    "W_h not transposed on the way back",
    "The message was multiplied by W_h. W_h is square, so no shape complains.",
    ONE_BACK,
    {"@ W_h.T": "@ W_h"},
)
mistake(
    "slope missing on the way back",
    "The message passes the tanh of each step as if it were straight.",
    ONE_BACK,
    {"(message[:, 1:] * slopes[:, 1 : T - lag + 1])": "message[:, 1:]"},
)
mistake(
    "slope of the wrong step",
    "The message was multiplied by the slope of the step that it reaches. It leaves through the "
    "tanh of the step after that.",
    ONE_BACK,
    {"slopes[:, 1 : T - lag + 1]": "slopes[:, : T - lag]"},
)
mistake(
    "slope missing in dW_h",
    "dW_h was formed from the gradients by the states. It needs those by the sums before the tanh.",
    "`da = total * (1 - hs**2)`, and dW_h = the sum of h_{t-1}^T da_t",
    {"da = total * slopes": "da = total"},
)
mistake(
    "h_t in dW_h",
    "dW_h was formed with the state that comes out of each step. W_h was multiplied by the one "
    "that went in.",
    "h_{t-1}: h_0 first, then all states but the last",
    {"np.concatenate([h_0[:, None], hs[:, :-1]], axis=1)": "hs"},
)
mistake(
    "h_0 ignored",
    "The first step's share of dW_h is missing, as if h_0 were zero.",
    "h_{t-1}: h_0 first, then all states but the last",
    {"h_0[:, None]": "0 * h_0[:, None]"},
)
mistake(
    "own gradient left out",
    "What each state gets from its own output is missing: the window begins with the step itself.",
    "the start: `total` holds dhs before any message has moved",
    {"np.array(dhs), dhs": "0 * dhs, dhs"},
)
mistake(
    "overwritten, not added",
    "A message takes the place of what was there. At a state all gradients meet, and are added.",
    "`total[:, : T - lag] += message`",
    {"total[:, : T - lag] += message": "total[:, : T - lag] = message"},
)
mistake(
    "messages counted again",
    "What has been added up at a state was sent on as a whole, so old messages travel twice.",
    "what moves on is the message alone, not the total",
    {"+= message": "+= message\nmessage = total[:, : T - lag]"},
)
mistake(
    "dhs changed in place",
    "The sums were written into dhs.",
    "`np.array(dhs)` is a copy; `total = dhs` is a second name for the caller's array",
    {"np.array(dhs), dhs": "dhs, dhs.copy()"},
    by_itself=True,
)

# ---- N readers of one text: a list of (inputs, targets), each (N, T)

ROWS = "`ids[:N * length].reshape(N, length)`, with `length = (len(ids) - 1) // N`"


def streams(ids, batch_size, seq_len):
    N, T = batch_size, seq_len
    length = (len(ids) - 1) // N
    inputs = ids[: N * length].reshape(N, length)
    targets = ids[1 : N * length + 1].reshape(N, length)
    return [(inputs[:, t : t + T], targets[:, t : t + T]) for t in range(0, length, T)]


def _long_texts(rng):
    def some(length, N, T):
        return rng.permutation(length), N, T

    return {
        USUAL: some(32, 3, 4),
        "a text of N times a whole number": some(30, 3, 4),
        "a text that fits to the last token": some(31, 3, 4),
        "blocks that divide the rows": some(26, 3, 4),
        "a single row": some(17, 1, 5),
        OF_ONE: some(14, 3, 1),
        "ids that come more than once": (rng.integers(0, 4, 41), 3, 4),
        ORDER: turned(some(32, 3, 4)),
    }


def _seen_blocks(blocks, ids, batch_size, seq_len):
    if not several(blocks):
        raise Malformed(
            said("A list of pairs was asked for, and {thing} came.", thing=came(blocks))
        )
    seen = {"the number of blocks": len(blocks)}
    for i, pair in enumerate(blocks, 1):
        if not several(pair) or len(pair) != 2:
            raise Malformed(said("Block {i} should be a pair (inputs, targets); {thing} came.",
                                 i=i, thing=came(pair)))  # fmt: skip
        for name, part in zip(("inputs", "targets"), pair, strict=True):
            seen[f"the {name} of block {i} (N, T)"] = numbers(f"the {name} of block {i}", part)
    return seen


batches = Exercise(
    "truncation.batches",
    "N readers of one text",
    level=2,
    reference=streams,
    cases=_long_texts,
    view=_seen_blocks,
    form="a list of pairs (inputs, targets), each (N, T), the last perhaps shorter",
    hides={
        "a text of N times a whole number": {"(len(ids) - 1) // N": "len(ids) // N - (N == 1)"},
        "a text that fits to the last token": {
            "length = (len":
                "ids = ids if (len(ids) - 1) % N or N == 1 else ids[:-1]\nlength = (len"
        },
        "blocks that divide the rows": {
            "range(0, length, T)": "range(0, length + (T == 4 and length % T == 0), T)"
        },
        "a single row": {
            "return [":
                "inputs, targets = (a if N > 1 else a.T for a in (inputs, targets))\n"
                "return ["
        },
        OF_ONE: {"targets[:, t : t + T])": "targets[:, t : t + T] if T > 1 else targets[:, t])"},
        "ids that come more than once": {
            "length = (len": "ids = np.argsort(np.argsort(ids))\nlength = (len"
        },
        ORDER: {
            "inputs = ids[": "ids = np.lib.stride_tricks.as_strided(ids, ids.shape, (8,))\n"
            "inputs = ids["
        },
    },
)
mistake = batches.mistake

mistake(
    "last short block dropped",
    "The rows' ends are missing: the last block may be shorter than the others, and it counts.",
    "the range of the loop, `range(0, length, T)`, and the slice, which may be short",
    {"range(0, length, T)": "range(0, length // T * T, T)"},
)
mistake(
    "one token skipped per block",
    "Between two blocks one token is neither input nor predicted in its place: the blocks are T "
    "+ 1 apart.",
    "`range(0, length, T)`. If a block is cut as T + 1 tokens and then split into inputs and "
    "targets, the next one still begins T further on",
    {"range(0, length, T)": "range(0, length, T + 1)"},
)


def _same_but_for_order(got, want):
    def pairs(seen):
        blocks = [np.asarray(v).tolist() for v in list(seen.values())[1:]]
        return sorted(zip(blocks[::2], blocks[1::2], strict=True))

    return len(got) == len(want) and pairs(got) == pairs(want)


mistake(
    "blocks shuffled",
    "These are the right blocks in another order. The state is carried from block to block, so "
    "they must come in the order of the text.",
    "any shuffle or sort of the blocks",
    {"range(0, length, T)": "np.roll(np.arange(0, length, T), 1)"},
    recognize=_same_but_for_order,
)
mistake(
    "inputs and targets exchanged",
    "Inputs and targets stand in each other's place: the model would predict the word before.",
    "the order of the pair: `(inputs, targets)`",
    {
        "return [(inputs[:, t : t + T], targets[:, t : t + T])":
            "return [(targets[:, t : t + T], inputs[:, t : t + T])"
    },
)
mistake(
    "text wraps around",
    "The last target is the text's first token: the text was bent to a ring.",
    f"{ROWS}: the last token is a target only, hence the - 1",
    {
        "(len(ids) - 1) // N": "len(ids) // N",
        "ids[1 : N * length + 1]": "np.roll(ids, -1)[: N * length]",
    },
)
mistake(
    "rows wrap around",
    "The last target of each row is that row's first token: the rows were bent to rings.",
    "the targets are the text one token later, cut in the same way; not the rows rolled",
    {"ids[1 : N * length + 1].reshape(N, length)": "np.roll(inputs, -1, axis=1)"},
)
mistake(
    "targets cut within rows",
    "Targets were taken within the rows, so the last word of each row is missing as an input. Its "
    "target stands at the beginning of the next row.",
    "the targets are the text one token later, `ids[1 : N * length + 1]`, cut in the same way",
    {
        "targets = ids[1 : N * length + 1].reshape(N, length)":
            "inputs, targets, length = inputs[:, :-1], inputs[:, 1:], length - 1"
    },
)
mistake(
    "target is the input",
    "The targets are the inputs. A model learns to repeat what it sees, with a splendid loss.",
    "the targets are the text one token later: `ids[1 : N * length + 1]`",
    {"targets = ids[1 : N * length + 1].reshape(N, length)": "targets = inputs"},
)
mistake(
    "target two ahead",
    "The targets are two tokens ahead of the inputs.",
    "the targets are the text one token later: `ids[1 : N * length + 1]`",
    {"len(ids) - 1": "len(ids) - 2", "ids[1 : N * length + 1]": "ids[2 : N * length + 2]"},
)
mistake(
    "rows do not continue",
    "Row i of a block does not continue row i of the block before: each block was cut from the "
    "next N T tokens. The carried state then belongs to another place of the text.",
    f"first the rows, then the blocks: {ROWS}",
    {
        "return [(inputs[:, t : t + T], targets[:, t : t + T]) for t in range(0, length, T)]":
            "starts = range(0, len(ids) - N * T, N * T)\n"
        "return [tuple(ids[s + i : s + i + N * T].reshape(N, T) for i in (0, 1)) for s in starts]"
    },
)
mistake(
    "text dealt out like cards",
    "Neighbors in the text stand in different rows: it was dealt out column by column.",
    f"each row is one unbroken piece of the text: {ROWS}",
    {"reshape(N, length)": "reshape(length, N).T"},
)
mistake(
    "(T, N) for (N, T)",
    "The blocks are right, with time first.",
    "the axes of a block: batch first, time second",
    {
        "inputs[:, t : t + T]": "inputs[:, t : t + T].T",
        "targets[:, t : t + T]": "targets[:, t : t + T].T",
    },
)

# ---- how far off the truncated gradient is: cosine and ratio for each block length, curve (K, 2)

ANGLE = "`cosine = f @ c / (|f| |c|)`, with all gradients in one long row"


def bias_curve(rnn, xs, h_0, dhs, block_lens):
    _, cache = rnn.forward(xs, h_0)
    _, _, full = rnn.backward(dhs, cache)
    curve = []
    for k in block_lens:
        _, _, cut = rnn.backward(dhs, cache, k)
        f = np.concatenate([g.ravel() for g in full.values()])
        c = np.concatenate([g.ravel() for g in cut.values()])
        cosine = f @ c / (np.linalg.norm(f) * np.linalg.norm(c))
        ratio = np.linalg.norm(c) / np.linalg.norm(f)
        curve.append([cosine, ratio])
    return np.array(curve)


def _curves(rng):
    def some(N, T, D, H, ks, size=1.0, weights=weights, change=lambda args: args):
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        dhs = size * rng.normal(size=(N, T, H))
        *parts, xs, h_0, dhs = change((*weights(rng, D, H), xs, h_0, dhs))
        return RNN(RNNCell(*parts)), xs, h_0, dhs, ks

    return {
        USUAL: some(2, 9, 3, 4, [1, 2, 4, 9]),
        "a single block length": some(3, 7, 2, 5, [3]),
        "block lengths out of order": some(3, 7, 2, 5, [5, 1, 3]),
        ONE_ROW: some(1, 6, 2, 3, [2, 3]),
        ONE_UNIT: some(3, 6, 1, 1, [2, 3]),
        LONG: some(2, 24, 3, 4, [6, 12], weights=lasting),
        LARGE: some(2, 7, 3, 4, [2, 3], size=1e4),
        SINGLE: some(2, 7, 3, 4, [2, 3], size=SMALL, change=single),
    }


bias = Exercise(
    "truncation.bias",
    "The bias curve",
    level=2,
    reference=bias_curve,
    cases=_curves,
    returns="curve (K, 2)",
    hides={
        "a single block length": {
            "np.array(curve)": "np.array(curve if len(curve) > 1 else curve[0])"
        },
        "block lengths out of order": {"in block_lens": "in sorted(block_lens)"},
        ONE_ROW: {"np.array(curve)": "np.array(curve) * (len(xs) > 1)"},
        ONE_UNIT: {"np.array(curve)": "np.array(curve) * (xs.shape[2] > 1)"},
        LONG: {"cache, k)": "cache, k if k < 10 else 8)"},
        LARGE: {"_, cache": "dhs = np.clip(dhs, -100, 100)\n_, cache"},
        SINGLE: {"_, cache": "dhs = np.frombuffer(dhs.tobytes()).reshape(dhs.shape)\n_, cache"},
    },
)
mistake = bias.mistake

mistake(
    "ratio upside down",
    "The ratio is full over truncated. Asked is how much of the full norm is left.",
    "`ratio = |c| / |f|`, truncated over full",
    {"np.linalg.norm(c) / np.linalg.norm(f)": "np.linalg.norm(f) / np.linalg.norm(c)"},
)
mistake(
    "cosine without the norms",
    "This is the dot product; it grows with the gradients. Divide it by both norms.",
    ANGLE,
    {" / (np.linalg.norm(f) * np.linalg.norm(c))": ""},
)
mistake(
    "cosine divided by one norm",
    "The dot product was divided by the square of the full norm, so that size and direction mix.",
    ANGLE,
    {"(np.linalg.norm(f) * np.linalg.norm(c))": "(f @ f)"},
)
mistake(
    "one minus the cosine",
    "This is the cosine distance.",
    ANGLE,
    {"[cosine, ratio]": "[1 - cosine, ratio]"},
)
mistake(
    "mean over the arrays",
    "Cosine and ratio were taken for each array and averaged. The gradient is one vector.",
    ANGLE,
    {
        "curve.append([cosine, ratio])":
            "pairs = [(full[n].ravel(), cut[n].ravel()) for n in full]\n"
        "norms = [(np.linalg.norm(f), np.linalg.norm(c)) for f, c in pairs]\n"
        "cosine = np.mean([f @ c / (a * b) for (f, c), (a, b) in zip(pairs, norms)])\n"
        "curve.append([cosine, np.mean([b / a for a, b in norms])])"
    },
)
mistake(
    "W_h alone",
    "Only the gradient of W_h was compared. W_x and b are in the gradient too.",
    ANGLE,
    {"full.values()": "[full['W_h']]", "cut.values()": "[cut['W_h']]"},
)
mistake(
    "squared norms in the ratio",
    "The ratio is of squared norms; the root is missing.",
    "`ratio = |c| / |f|`",
    {"np.linalg.norm(c) / np.linalg.norm(f)": "(c @ c) / (f @ f)"},
)
mistake(
    "columns exchanged",
    "The two columns are exchanged: first the cosine, then the ratio.",
    "the order of what is stored for each k",
    {"[cosine, ratio]": "[ratio, cosine]"},
)
mistake(
    "(2, K) for (K, 2)",
    "The curve is right, and lies on its side: one row for each block length was asked for.",
    "the axes of what is returned: (K, 2)",
    {"np.array(curve)": "np.array(curve).T"},
)
mistake(
    "state reset",
    "The forward pass was cut into blocks that start from zeros. Truncation leaves the states as "
    "they are and cuts only the way back.",
    "one `rnn.forward(xs, h_0)` for all, then `rnn.backward(dhs, cache, k)`",
    {
        "_, _, cut = rnn.backward(dhs, cache, k)": "cut = {n: 0 * g for n, g in full.items()}\n"
        "for t in range(0, xs.shape[1], k):\n"
        "    of_block = rnn.forward(xs[:, t : t + k], h_0 * (t == 0))[1]\n"
        "    more = rnn.backward(dhs[:, t : t + k], of_block)[2]\n"
        "    cut = {n: cut[n] + more[n] for n in cut}"
    },
)

# ---- memory: the bytes of all states that are kept at one time, in float64

KEPT = "`8 N H (min(k, T) + 1)`: the states of one block and the one it started from"


def kept_bytes(seq_len, block_len, batch_size, hidden_size):
    kept = min(block_len, seq_len) + 1
    return 8 * batch_size * hidden_size * kept


def _lengths(rng):
    k, N, H = (int(n) for n in rng.choice(np.arange(11, 90), 3, replace=False))
    return {
        USUAL: (1000, k, N, H),
        "a text of ten thousand steps": (10_000, N, k, H),
        "a text shorter than a block": (20, 35, 4, 16),
        "a text of one block": (35, 35, 4, 16),
        OF_ONE: (100, 1, N, H),
        ONE_ROW: (100, k, 1, H),
    }


memory = Exercise(
    "truncation.memory",
    "What must be kept",
    level=1,
    reference=kept_bytes,
    cases=_lengths,
    returns="bytes",
    hides={
        "a text of ten thousand steps": {"return": "kept += seq_len > 5000\nreturn"},
        "a text shorter than a block": {"min(block_len, seq_len)": "block_len"},
        "a text of one block": {"+ 1": "+ (block_len != seq_len)"},
        OF_ONE: {"+ 1": "+ (block_len > 1)"},
        ONE_ROW: {"return": "kept += batch_size == 1\nreturn"},
    },
)
mistake = memory.mistake

mistake(
    "all steps kept",
    "This grows with the length of the text. When a block's gradient is done its states can go.",
    KEPT,
    {"min(block_len, seq_len)": "seq_len"},
)
mistake(
    "the state before the block forgotten",
    "The block's first step needs the state it started from: k + 1 states.",
    KEPT,
    {" + 1": ""},
)
mistake("numbers, not bytes", "These are numbers. A float64 takes 8 bytes.", KEPT, {"8 * ": ""})
mistake("float32", "This counts 4 bytes for a number: float32.", KEPT, {"8 * ": "4 * "})
mistake("bits, not bytes", "These are bits. A float64 takes 8 bytes.", KEPT, {"8 * ": "64 * "})
mistake(
    "one sequence only",
    "The batch was forgotten: there are N sequences side by side.",
    KEPT,
    {"batch_size * ": ""},
)
mistake(
    "one unit only",
    "The units were forgotten: a state holds H numbers.",
    KEPT,
    {"hidden_size * ": ""},
)
mistake(
    "a block longer than the text",
    "Where the text is shorter than a block, steps were counted that do not exist.",
    KEPT,
    {"min(block_len, seq_len)": "block_len"},
)
mistake(
    "times the number of blocks",
    "The blocks were added up. Only one of them is in memory at a time.",
    KEPT,
    {"hidden_size * kept": "hidden_size * kept * -(-seq_len // block_len)"},
)

# ---- the detective

ROLES = ("right", "skips", "resets")
WORDS, BLOCK, EPOCHS = 30, 5, 10


def roles_found(asked):
    return {name: asked[name] for name in "PQR"}


def _suspects(rng):
    roles = rng.permutation(ROLES).tolist()
    return {USUAL: ({"seed": int(rng.integers(1000)), **dict(zip("PQR", roles, strict=True))},)}


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
    blocks = streams(ids, 4, BLOCK)
    if role == "skips":  # blocks of T + 1 tokens, the next one T + 1 further on
        skipping = next(m for m in batches.mistakes if m.name == "one token skipped per block")
        blocks = [b for b in skipping.function(ids, 4, BLOCK) if b[0].shape[1] == BLOCK]
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
    reference=roles_found,
    cases=_suspects,
    view=lambda answer, asked: words_by_name(answer, "PQR"),
    form='{`"P"`: "right", "skips" or "resets", `"Q"`: ..., `"R"`: ...}',
    shown=_evidence,
    value=True,
)


mistake = detective.mistake


def _exchanged(one, two):
    swap = {one: two, two: one}
    return lambda asked: {name: swap.get(asked[name], asked[name]) for name in "PQR"}


mistake(
    "skips and resets exchanged",
    "You found the right one, and exchanged the two others.",
    "who skips reads fewer tokens; who resets knows nothing at the first step of a block",
    _exchanged("skips", "resets"),
)
mistake(
    "right and skips exchanged",
    "The one you trust skips tokens. Its loss falls nicely, on a text with holes.",
    "how many tokens were read in an epoch: 1,000 can be",
    _exchanged("right", "skips"),
)
mistake(
    "right and resets exchanged",
    "The one you trust forgets all at each border. Its loss falls too, to a higher floor.",
    "the loss by step: without a carried state the first step of a block is a guess",
    _exchanged("right", "resets"),
)
