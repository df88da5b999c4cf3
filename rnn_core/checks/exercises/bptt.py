"""Exercises of chapter 2: the cell's backward, the sequence's, far gradients, clipping."""

import numpy as np

from ...words import t as said
from ..compare import Malformed, came, listed, numbers
from ..exercise import Exercise, edited
from .data import (
    LARGE,
    LONG,
    ONE_ROW,
    ONE_STEP,
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

SLOPE = "`da = dh * (1 - h**2)`"
OF_W_H = "`dW_h = h_prev.T @ da`"
TO_PAST = "`dh_prev = da @ W_h.T`"
MEET = "`dh = dhs[:, t] + dh_next`"
GRADS = {"W_x": "dW_x (D, H)", "W_h": "dW_h (H, H)", "b": "db (H)"}

# ---- one step back: from dh (N, H) to dx (N, D), dh_prev (N, H) and the weights' gradients


def one_step_back(dh, x, h_prev, h, W_x, W_h):
    slope = 1 - h**2
    da = dh * slope
    dx, dh_prev = da @ W_x.T, da @ W_h.T
    return dx, dh_prev, {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}


def _cells(rng):
    def some(N, D, H, size=1.0):
        W_x, W_h, b = weights(rng, D, H)
        x, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.8, 0.8, (N, H))
        h = np.tanh(x @ W_x + h_prev @ W_h + b)
        return size * rng.normal(size=(N, H)), x, h_prev, h, W_x, W_h

    return {
        USUAL: some(2, 3, 4),
        "a larger batch": some(5, 2, 3),
        ONE_ROW: some(1, 2, 3),
        ONE_UNIT: some(3, 1, 1),
        LARGE: some(3, 4, 5, size=1e4),
        SINGLE: single(some(3, 4, 5, size=SMALL)),
        ORDER: turned(some(3, 4, 5)),
    }


cell_backward = Exercise(
    "bptt.cell_backward",
    "One step back",
    level=2,
    reference=one_step_back,
    cases=_cells,
    returns=("dx (N, D)", "dh_prev (N, H)", GRADS),
    hides={
        "a larger batch": {"da.sum(axis=0)": "da[:4].sum(axis=0)"},
        ONE_ROW: {
            "dx, dh_prev = da @ W_x.T": "dx, dh_prev = (da @ W_x.T)[0 if len(x) == 1 else "
            "slice(None)]"
        },
        ONE_UNIT: {"x.T @ da": "(x.T @ da)[0 if h.shape[1] == 1 else slice(None)]"},
        LARGE: {"da = dh": "da = np.clip(dh, -100, 100)"},
        SINGLE: {"da = dh": "da = np.frombuffer(dh.tobytes()).reshape(dh.shape)"},
        ORDER: {"da = dh": 'da = dh.ravel("K").reshape(dh.shape)'},
    },
)
mistake = cell_backward.mistake

mistake(
    "no tanh derivative",
    "The gradient passes the tanh unchanged. It must be multiplied with the slope there.",
    SLOPE,
    {"dh * slope": "dh"},
)
mistake(
    "tanh derivative at h_prev",
    "The slope was taken at the previous state. The tanh of this step gave h, not h_prev.",
    SLOPE,
    {"1 - h**2": "1 - h_prev**2"},
)
mistake(
    "1 - h for 1 - h^2",
    "The slope of tanh is 1 - h^2; the square is missing.",
    SLOPE,
    {"1 - h**2": "1 - h"},
)
mistake(
    "(1 - h)^2 for 1 - h^2",
    "The difference was squared. In the slope of tanh, 1 - h^2, only h is.",
    SLOPE,
    {"1 - h**2": "(1 - h) ** 2"},
)
mistake(
    "1 / (1 - h^2) for 1 - h^2",
    "The gradient was divided by the slope: 1 / (1 - h^2) is the derivative of the inverse of "
    "tanh. On the way back it is multiplied.",
    SLOPE,
    {"1 - h**2": "1 / (1 - h**2)"},
)
mistake(
    "sigmoid derivative",
    "h (1 - h) is the slope of the sigmoid. The slope of tanh is 1 - h^2.",
    SLOPE,
    {"1 - h**2": "h * (1 - h)"},
)
mistake(
    "tanh derivative of h",
    "The slope was computed as 1 - tanh(h)^2. But h is the tanh already: its slope is 1 - h^2.",
    SLOPE,
    {"1 - h**2": "1 - np.tanh(h) ** 2"},
)
mistake(
    "slope without the bias",
    "The slope was taken at a sum computed anew without the bias. The slope belongs to the h that "
    "came out of the step.",
    f"{SLOPE}: h is given, so nothing has to be computed again",
    {"1 - h**2": "1 - np.tanh(x @ W_x + h_prev @ W_h) ** 2"},
)
mistake(
    "h for h_prev in dW_h",
    "dW_h was formed with h. What W_h was multiplied with on the way forward is h_prev.",
    OF_W_H,
    {"h_prev.T @ da": "h.T @ da"},
)
mistake(
    "outer product transposed",
    "dW_h is transposed. It is square, so no shape complains.",
    f"{OF_W_H}: what came in stands first, transposed; da stands second",
    {"h_prev.T @ da": "da.T @ h_prev"},
)
mistake(
    "W_h not transposed in dh_prev",
    "dh_prev was formed with W_h and not with its transpose. The numbers look plausible: with some "
    "weights the two directions differ by a few degrees only.",
    TO_PAST,
    {"da @ W_h.T": "da @ W_h"},
)
mistake(
    "message taken after the slope",
    "dh_prev is da itself. It still has to go back through W_h.",
    TO_PAST,
    {"da @ W_h.T": "da"},
)
mistake(
    "dh_prev without the slope",
    "dh_prev was formed from dh. The gradient first passes the tanh: da goes back through W_h.",
    TO_PAST,
    {"da @ W_h.T": "dh @ W_h.T"},
)
mistake(
    "db not summed over the batch",
    "db has one row for each sequence. One bias serves them all, so their gradients are added.",
    "`db = da.sum(axis=0)`",
    {"da.sum(axis=0)": "da"},
)
mistake(
    "db as (1, H)",
    "db has an axis too many: (1, H). b has the shape (H,), and so has its gradient.",
    "`db = da.sum(axis=0)`, without `keepdims`",
    {"da.sum(axis=0)": "da.sum(axis=0, keepdims=True)"},
)
mistake(
    "db averaged over the batch",
    "db is the mean over the batch. The mean, if there is one, is in dh already: here gradients "
    "add.",
    "`db = da.sum(axis=0)`",
    {"da.sum(": "da.mean("},
)
mistake(
    "db from dh",
    "db is the sum of dh. The bias stands inside the tanh, so its gradient is the sum of da.",
    "`db = da.sum(axis=0)`",
    {"da.sum(": "dh.sum("},
)
mistake(
    "averaged over the batch",
    "The weights' gradients were divided by N. The mean, if there is one, is in dh already.",
    "`x.T @ da`, `h_prev.T @ da`, `da.sum(axis=0)`: no division",
    {
        "x.T @ da": "x.T @ da / len(x)",
        "h_prev.T @ da": "h_prev.T @ da / len(x)",
        "da.sum(": "da.mean(",
    },
)
mistake(
    "dh changed in place",
    "dh was multiplied in place.",
    "`dh *= 1 - h**2` writes into the caller's array",
    {"da = dh * slope": "dh *= slope\nda = dh"},
    by_itself=True,
)

# ---- back through time: the loss is the mean, over N T states, of half the squared distance to ys


def through_time(xs, hs, ys, h_0, W_x, W_h):
    N, T, H = hs.shape
    dhs = (hs - ys) / (N * T)
    dxs, dh_next = np.zeros_like(xs), np.zeros_like(h_0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(H)
    for t in reversed(range(T)):
        h, h_prev = hs[:, t], hs[:, t - 1] if t > 0 else h_0
        dh = dhs[:, t] + dh_next
        slope = 1 - h**2
        da = dh * slope
        dxs[:, t] = da @ W_x.T
        dW_x += xs[:, t].T @ da
        dW_h += h_prev.T @ da
        db += da.sum(axis=0)
        dh_next = da @ W_h.T
    return dxs, dh_next, {"W_x": dW_x, "W_h": dW_h, "b": db}


def _sequences(rng):
    def some(N, T, D, H, size=1.0, weights=weights):
        of_layer = W_x, W_h, _ = weights(rng, D, H)
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        return xs, states(xs, h_0, *of_layer), size * rng.normal(size=(N, T, H)), h_0, W_x, W_h

    def near_its_targets(*sizes):
        xs, hs, ys, *rest = some(*sizes, size=SMALL)
        return xs, hs, hs + ys, *rest

    return {
        USUAL: some(2, 5, 3, 4),
        ONE_ROW: some(1, 4, 2, 3),
        ONE_STEP: some(3, 1, 2, 4),
        ONE_UNIT: some(3, 4, 1, 1),
        LONG: some(2, 24, 3, 4, weights=lasting),
        LARGE: some(3, 4, 2, 5, size=1e4),
        SINGLE: single(near_its_targets(3, 5, 2, 4)),
        ORDER: turned(some(3, 5, 4, 2)),
    }


backward = Exercise(
    "bptt.backward",
    "Back through time",
    level=3,
    reference=through_time,
    cases=_sequences,
    returns=("dxs (N, T, D)", "dh_0 (N, H)", GRADS),
    backward=True,
    hides={
        ONE_ROW: {"return dxs": "return dxs[0 if N == 1 else slice(None)]"},
        ONE_STEP: {"return dxs": "return dxs[:, 0 if T == 1 else slice(None)]"},
        ONE_UNIT: {'"b": db': '"b": db[0] if H == 1 else db'},
        LONG: lambda *args: _window(8)(*args),
        LARGE: {"slope = ": "dh = np.clip(dh, -5, 5)\nslope = "},
        SINGLE: {"xs[:, t].T": "np.frombuffer(xs.tobytes()).reshape(xs.shape)[:, t].T"},
        ORDER: {"xs[:, t].T": 'xs.ravel("K").reshape(xs.shape)[:, t].T'},
    },
)
mistake = backward.mistake

mistake(
    "gradient from t + 1 not added",
    "Each state hears only its own loss. It is also an input of the next step, and what comes back "
    "from there must be added.",
    MEET,
    {"dhs[:, t] + dh_next": "dhs[:, t]"},
)
mistake(
    "dh_next piled up",
    "What comes back from step t + 1 was added to all that came back before it. The message of "
    "step t + 1 replaces the older one, which it contains.",
    "the last line of the loop: `dh_next = da @ W_h.T`, and not `dh_next += ...`",
    {"dh_next = da @ W_h.T": "dh_next = dh_next + da @ W_h.T"},
)
mistake(
    "loss at inner steps dropped",
    "Only the loss at the last step sends a gradient. Here there is a loss at every step.",
    f"{MEET}: the first of the two is missing before the last step",
    {"dhs[:, t] +": "dhs[:, t] * (t == T - 1) +"},
)
mistake(
    "gradients overwritten",
    "The weights' gradients hold the share of one step only: each step overwrote the one before.",
    "`dW_h += h_prev.T @ da`, and so for W_x and b: add, since the weights are shared by all steps",
    {"dW_x +=": "dW_x =", "dW_h +=": "dW_h =", "db +=": "db ="},
)
mistake(
    "no tanh derivative",
    "The gradient passes the tanh unchanged. It must be multiplied with the slope there.",
    SLOPE,
    {"dh * slope": "dh"},
)
mistake(
    "tanh derivative at h_prev",
    "The slope was taken at the previous state. The tanh of step t gave h_t, not h_{t-1}.",
    SLOPE,
    {"1 - h**2": "1 - h_prev**2"},
)
mistake(
    "1 - h for 1 - h^2",
    "The slope of tanh is 1 - h^2; the square is missing.",
    SLOPE,
    {"1 - h**2": "1 - h"},
)
mistake(
    "(1 - h)^2 for 1 - h^2",
    "The difference was squared. In the slope of tanh, 1 - h^2, only h is.",
    SLOPE,
    {"1 - h**2": "(1 - h) ** 2"},
)
mistake(
    "1 / (1 - h^2) for 1 - h^2",
    "The gradient was divided by the slope: 1 / (1 - h^2) is the derivative of the inverse of "
    "tanh. On the way back it is multiplied.",
    SLOPE,
    {"1 - h**2": "1 / (1 - h**2)"},
)
mistake(
    "slope without the bias",
    "The slope was taken at a sum computed anew without the bias. The slope belongs to the states "
    "that are given.",
    f"{SLOPE}: hs is given, so nothing has to be computed again",
    {"1 - h**2": "1 - np.tanh(xs[:, t] @ W_x + h_prev @ W_h) ** 2"},
)
mistake(
    "h for h_prev in dW_h",
    "dW_h was formed with h_t. What W_h was multiplied with on the way forward is h_{t-1}.",
    OF_W_H,
    {"h_prev.T @ da": "h.T @ da"},
)
mistake(
    "outer product transposed",
    "dW_h is transposed. It is square, so no shape complains.",
    f"{OF_W_H}: what came in stands first, transposed; da stands second",
    {"h_prev.T @ da": "da.T @ h_prev"},
)
mistake(
    "W_h not transposed",
    "The gradient goes back through W_h and not through its transpose. The direction can be almost "
    "right, so that a loose comparison passes it.",
    TO_PAST,
    {"da @ W_h.T": "da @ W_h"},
)
mistake(
    "message taken after the slope",
    "What is handed to step t - 1 is da itself. It still has to go back through W_h.",
    TO_PAST,
    {"da @ W_h.T": "da"},
)
mistake(
    "message taken before the slope",
    "What is handed to step t - 1 was formed from dh. It first passes the tanh: da goes back "
    "through W_h.",
    TO_PAST,
    {"da @ W_h.T": "dh @ W_h.T"},
)
mistake(
    "db as (1, H)",
    "db has an axis too many: (1, H). b has the shape (H,), and so has its gradient.",
    "`db += da.sum(axis=0)`, without `keepdims`, on `np.zeros(H)`",
    {"np.zeros(H)": "np.zeros((1, H))"},
)
mistake(
    "dh_0 not passed back",
    "dh_0 is zero, or what has not yet gone back through the first step. h_0 goes into step 1 like "
    "any state into the next, so it gets a gradient from there.",
    "the value that is returned: dh_next as the loop leaves it",
    {"return dxs, dh_next": "return dxs, 0 * dh_next"},
)
mistake(
    "dh_0 one step early",
    "dh_0 is the gradient of h_1. One more step back leads to h_0.",
    "the value that is returned: dh_next as the loop leaves it, after step 1",
    {"return dxs, dh_next": "return dxs, dh"},
)
mistake(
    "summed, not averaged",
    "The loss is a mean over N T states, and these are the gradients of the sum: N T times too "
    "large. The direction is right, the size is not.",
    "`dhs = (hs - ys) / (N * T)`",
    {" / (N * T)": ""},
)
mistake(
    "divided by N alone",
    "The loss is a mean over N T states; it was divided by N only, so all is T times too large.",
    "`dhs = (hs - ys) / (N * T)`",
    {"(N * T)": "N"},
)
mistake(
    "divided by T alone",
    "The loss is a mean over N T states; it was divided by T only, so all is N times too large.",
    "`dhs = (hs - ys) / (N * T)`",
    {"(N * T)": "T"},
)
mistake(
    "divided by all numbers",
    "The distances were averaged over the H numbers of a state too, so all is H times too small. "
    "The loss is a mean over N T states.",
    "`dhs = (hs - ys) / (N * T)`",
    {"(N * T)": "hs.size"},
)
mistake(
    "factor 2",
    "Everything is twice too large: the derivative of half a square is the thing itself, without "
    "a 2.",
    "`dhs = (hs - ys) / (N * T)`",
    {"(hs - ys)": "2 * (hs - ys)"},
)
mistake(
    "h_0 ignored",
    "At the first step h_{t-1} is h_0, and zeros were taken.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`",
    {"else h_0": "else 0 * h_0"},
)
mistake(
    "h_prev wraps around",
    "At the first step hs[:, t - 1] is hs[:, -1]: the last state, from the far end of the "
    "sequence.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`",
    {" if t > 0 else h_0": ""},
)
mistake(
    "loop runs forward",
    "The loop goes from the first step to the last. The gradient comes from the end.",
    "`for t in reversed(range(T))`",
    {"reversed(range(T))": "range(T)"},
)
mistake(
    "sign of the loss",
    "All signs are turned: the difference is the other way round.",
    "`dhs = (hs - ys) / (N * T)`",
    {"hs - ys": "ys - hs"},
)
for k in (2, 3, 4, 5, 8):
    mistake(
        f"truncated every {k} steps",
        f"The flow back was cut every {k} steps. That is truncated BPTT, the next chapter; here "
        f"the gradient goes all the way.",
        MEET,
        {"dh = dhs": f"dh_next = dh_next * ((t + 1) % {k} != 0)\ndh = dhs"},
    )


def _window(k):
    """Each step's loss goes back k steps and no further: a window that slides with the loss."""
    one_loss = {
        "dhs = (hs - ys) / (N * T)": "dhs = 0 * hs\ndhs[:, end] = (hs - ys)[:, end] / (N * T)",
        "for t in reversed(range(T)):": f"for t in range(end, max(end - {k}, -1), -1):",
        "return dxs, dh_next": f"return dxs, dh_next * (end < {k})",
        "hs, ys, h_0, W_x, W_h": "hs, ys, h_0, W_x, W_h, end",
    }
    of_one = edited(through_time, one_loss)

    def windowed(xs, hs, ys, h_0, W_x, W_h):
        each = [of_one(xs, hs, ys, h_0, W_x, W_h, end) for end in range(hs.shape[1])]
        grads = {name: sum(g[name] for _, _, g in each) for name in GRADS}
        return sum(dxs for dxs, _, _ in each), sum(dh_0 for _, dh_0, _ in each), grads

    return windowed


for k in (2, 3, 4, 5, 8):
    mistake(
        f"a window of {k} steps",
        f"Each step's loss goes back {k} steps and no further. That is a truncation too, by a "
        f"window that slides; here the gradient goes all the way.",
        f"{MEET}: what comes from t + 1 holds the losses of all later steps",
        _window(k),
    )
mistake(
    "hs changed in place",
    "The states were overwritten.",
    "`hs -= ys` writes into the caller's array",
    {"return dxs": "hs -= ys\nreturn dxs"},
    by_itself=True,
)

# ---- which loss reaches which state: M[t, k] is the norm of what the loss at t sends to state k

CHAIN = "`d = (d * (1 - hs[:, k]**2)) @ W_h.T` carries the gradient from h_k to h_{k-1}"


def map_of_contributions(dhs, hs, W_h):
    T = hs.shape[1]
    M = np.zeros((T, T))
    for t in range(T):
        d = dhs[:, t]
        for k in reversed(range(t + 1)):
            M[t, k] = np.linalg.norm(d)
            d = (d * (1 - hs[:, k] ** 2)) @ W_h.T
    return M


def _maps(rng):
    def some(N, T, D, H, size=1.0, weights=weights):
        W_x, W_h, b = weights(rng, D, H)
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        return size * rng.normal(size=(N, T, H)), states(xs, h_0, W_x, W_h, b), W_h

    return {
        USUAL: some(2, 5, 3, 4),
        ONE_ROW: some(1, 4, 2, 3),
        ONE_STEP: some(3, 1, 2, 4),
        ONE_UNIT: some(3, 4, 1, 1),
        LONG: some(2, 24, 3, 4, weights=lasting),
        LARGE: some(3, 4, 2, 5, size=1e4),
        SINGLE: single(some(3, 5, 2, 4, size=SMALL)),
        ORDER: turned(some(3, 5, 4, 2)),
    }


contributions = Exercise(
    "bptt.contributions",
    "Who hears whom: the map of contributions",
    level=2,
    reference=map_of_contributions,
    cases=_maps,
    returns="M (T, T)",
    hides={
        ONE_ROW: {"return M": "return M if len(hs) > 1 else M.T"},
        ONE_STEP: {"return M": "return M if T > 1 else M[0]"},
        ONE_UNIT: {"return M": "return M if len(W_h) > 1 else M.T"},
        LONG: {"range(t + 1)": "range(max(t - 7, 0), t + 1)"},
        LARGE: {"d = dhs[:, t]": "d = np.clip(dhs[:, t], -100, 100)"},
        SINGLE: {"T = ": "dhs = np.frombuffer(dhs.tobytes()).reshape(dhs.shape)\nT = "},
        ORDER: {"T = ": 'dhs = dhs.ravel("K").reshape(dhs.shape)\nT = '},
    },
)
mistake = contributions.mistake

mistake(
    "map transposed",
    "Rows and columns are exchanged: the loss at t stands in row t, the state k in column k.",
    "the place that is written: `M[t, k]`",
    {"M[t, k]": "M[k, t]"},
)
mistake(
    "losses added up",
    "The gradients of all later losses are mixed. Row t is about the loss at step t alone.",
    "start each row anew from `d = dhs[:, t]`, and add nothing on the way",
    {"@ W_h.T": "@ W_h.T + dhs[:, k - 1]"},
)
mistake(
    "no tanh derivative",
    "The slope of tanh is missing on the way.",
    CHAIN,
    {"(d * (1 - hs[:, k] ** 2))": "d"},
)
mistake(
    "1 - h for 1 - h^2",
    "The slope of tanh is 1 - h^2; the square is missing.",
    CHAIN,
    {"1 - hs[:, k] ** 2": "1 - hs[:, k]"},
)
mistake(
    "W_h not transposed",
    "The gradient goes back through W_h, not its transpose.",
    CHAIN,
    {"@ W_h.T": "@ W_h"},
)
mistake(
    "slope of the wrong step",
    "The slope was taken at h_{k-1}, where the gradient goes. It belongs to the tanh that it "
    "passes: the one that gave h_k.",
    CHAIN,
    {"hs[:, k] **": "hs[:, max(k - 1, 0)] **"},
)
mistake(
    "slope of the loss's step",
    "The slope was taken at h_t all the way. Each step back passes the tanh of its own step.",
    CHAIN,
    {"hs[:, k] **": "hs[:, t] **"},
)
mistake(
    "one step too far",
    "Each entry is the gradient at h_{k-1}: the norm was taken after the step back, not before.",
    "the order of two lines: first `M[t, k] = norm of d`, then the step to k - 1",
    {"M[t, k] = np.linalg.norm(d)\n": "\n", "@ W_h.T": "@ W_h.T\nM[t, k] = np.linalg.norm(d)"},
)
mistake(
    "squared norm",
    "These are squared norms: the root is missing.",
    "`np.linalg.norm(d)`",
    {"norm(d)": "norm(d) ** 2"},
)
mistake(
    "largest entry",
    "This is the largest entry of the gradient. The map wants its norm.",
    "`np.linalg.norm(d)`",
    {"np.linalg.norm(d)": "np.abs(d).max()"},
)
mistake(
    "sum over the batch",
    "The norms of the rows were added up. Asked is one norm, over the whole batch.",
    "`np.linalg.norm(d)` of the whole (N, H)",
    {"np.linalg.norm(d)": "np.linalg.norm(d, axis=1).sum()"},
)
mistake(
    "lag for k",
    "Column l holds the lag t - k = l. The map wants the state k itself in column k.",
    "the place that is written: `M[t, k]`",
    {"M[t, k]": "M[t, t - k]"},
)

# ---- find the bug: J = dh_T / dh_0, one matrix (H, H) for each sequence


def jacobian(hs, W_h):
    J = np.eye(len(W_h), dtype=W_h.dtype)
    for t in range(hs.shape[1]):
        J = J @ (W_h * (1 - hs[:, t, None, :] ** 2))
    return J


def _paths(rng):
    def some(N, T, H, weights=weights):
        W_x, W_h, b = weights(rng, 2, H)
        xs, h_0 = rng.normal(size=(N, T, 2)), rng.uniform(-0.8, 0.8, (N, H))
        return states(xs, h_0, W_x, W_h, b), W_h

    return {
        USUAL: some(2, 4, 3),
        ONE_STEP: some(3, 1, 4),
        ONE_ROW: some(1, 4, 3),
        ONE_UNIT: some(3, 3, 1),
        LONG: some(2, 24, 4, weights=lasting),
        SINGLE: single(some(3, 4, 3)),
        ORDER: turned(some(3, 4, 5)),
    }


paths = Exercise(
    "bptt.jacobian",
    "Find the bugs",
    level=2,
    reference=jacobian,
    cases=_paths,
    returns="J (N, H, H)",
    hides={
        ONE_STEP: {"return J": "return J if hs.shape[1] > 1 else 0 * J"},
        ONE_ROW: {"return J": "return J[0 if len(hs) == 1 else slice(None)]"},
        ONE_UNIT: {"return J": "return J if W_h.size > 1 else J[..., 0]"},
        LONG: {"return J": "return J * (hs.shape[1] < 20)"},
        SINGLE: {"J = np.eye": "hs = np.frombuffer(hs.tobytes()).reshape(hs.shape)\nJ = np.eye"},
        ORDER: {"J = np.eye": 'hs = hs.ravel("K").reshape(hs.shape)\nJ = np.eye'},
    },
)
mistake = paths.mistake
STEP = "one step, J_t[i, j] = W_h[i, j] * (1 - h_t[j]^2): the slope belongs to the column"
PRODUCT = "the product J_1 J_2 ... J_T: rows are vectors, so the first step stands on the left"

mistake(
    "the order of the steps",
    "The slopes are right, and the steps are multiplied from the last to the first. Matrices do "
    "not commute.",
    PRODUCT,
    {"range(hs.shape[1])": "reversed(range(hs.shape[1]))"},
)
mistake(
    "the slope on the rows",
    "The order is right, and each slope multiplies a row of W_h. It belongs to the state that "
    "comes out, which is the column.",
    STEP,
    {"hs[:, t, None, :]": "hs[:, t, :, None]"},
)
mistake(
    "both bugs left",
    "The steps are multiplied from the last to the first, and the slopes multiply rows.",
    f"{STEP}; {PRODUCT}",
    {"range(hs.shape[1])": "reversed(range(hs.shape[1]))",
     "hs[:, t, None, :]": "hs[:, t, :, None]"},
)  # fmt: skip
mistake(
    "the transpose",
    "This is dh_T[i] / dh_0[j]. With row vectors the state that one starts from is the row.",
    "J[i, j] = dh_T[j] / dh_0[i]",
    {"return J": "return J.swapaxes(1, 2)"},
)
mistake(
    "slope missing",
    "The product of T times W_h alone: the tanh was left out.",
    STEP,
    {"(W_h * (1 - hs[:, t, None, :] ** 2))": "np.broadcast_to(W_h, (len(hs), *W_h.shape))"},
)
mistake(
    "h for its slope",
    "1 - h stands where the slope, 1 - h^2, should.",
    STEP,
    {"** 2": "** 1"},
)
mistake(
    "the first step left out",
    "The product begins with the second step.",
    PRODUCT,
    {"range(hs.shape[1])": "range(1, hs.shape[1])",
     "return J": "return J + np.zeros((len(hs), 1, 1))"},
)  # fmt: skip
mistake(
    "the last step left out",
    "The product ends before the last step.",
    PRODUCT,
    {"range(hs.shape[1])": "range(hs.shape[1] - 1)",
     "return J": "return J + np.zeros((len(hs), 1, 1))"},
)  # fmt: skip
mistake(
    "entry by entry",
    "The factors were multiplied entry by entry. A chain of Jacobians is a product of matrices.",
    PRODUCT,
    {"J = J @ (": "J = (J if t else 1) * ("},
)
mistake(
    "slopes multiplied in at the end",
    "First the power of W_h was taken, then all slopes were multiplied in, as if they commuted "
    "with W_h.",
    STEP,
    {"J = J @ (W_h * (1 - hs[:, t, None, :] ** 2))": "J = J @ W_h",
     "return J": "return J * np.prod(1 - hs**2, axis=1)[:, None, :]"},
)  # fmt: skip

# ---- vanish or explode


def _turn(angle, i, j):
    """The rotation of three axes that turns axis i towards axis j."""
    Q = np.eye(3)
    Q[i, i] = Q[j, j] = np.cos(angle)
    Q[i, j] = np.sin(angle)
    Q[j, i] = -Q[i, j]
    return Q


def _four(rng):
    """Four layers, each with W_h and how it bends; the names are dealt out anew for each seed."""
    order = rng.permutation(4)
    P = np.eye(3)[rng.permutation(3)]  # another order of the units changes no answer
    Q = _turn(rng.uniform(0.4, 1.2), 0, 1) @ _turn(rng.uniform(0.4, 1.2), 1, 2)
    shrinks = np.array([[0.6, 1.1, 0.0], [0.0, 0.5, 0.4], [0.0, 0.0, 0.6]])
    layers = [
        {"W_h": (P @ shrinks @ P.T).round(3), "phi": "linear", "states": "any"},
        {
            "W_h": np.array([[2.0, -2.0], [2.0, -2.0]]),
            "phi": "tanh",
            "states": "the second unit stays at 0.99, the first near 0",
        },
        {"W_h": (1.1 * Q).round(3), "phi": "linear", "states": "any"},
        {"W_h": (1.5 * Q).round(3), "phi": "tanh", "states": "every unit stays at 0.9 or -0.9"},
    ]
    return {USUAL: ({"ABCD"[i]: layers[n] for i, n in enumerate(order)},)}


def _slopes(layer):
    """The slope of each unit, as the description says."""
    if layer["phi"] == "linear":
        return np.ones(len(layer["W_h"]))
    return 1 - np.array([0.0, 0.99]) ** 2 if len(layer["W_h"]) == 2 else np.full(3, 1 - 0.9**2)


def fates(layers):
    return _answers(layers, _grows)


def _answers(layers, grows):
    return {name: "explode" if grows(layer) else "vanish" for name, layer in layers.items()}


def _grows(layer):
    jacobian = _slopes(layer)[:, None] * layer["W_h"].T
    return np.linalg.norm(np.linalg.matrix_power(jacobian, 50), 2) > 1


def _fates(answer, layers):
    return words_by_name(answer, layers)


predict = Exercise(
    "bptt.predict",
    "Vanish or explode?",
    level=2,
    reference=fates,
    cases=_four,
    view=_fates,
    form='{`"A"`: "vanish" or "explode", `"B"`: ...}',
    value=True,
)


mistake = predict.mistake

mistake(
    "judged by the spectral radius",
    "This is what the largest eigenvalue of W_h says. It decides only where nothing bends: with "
    "tanh, each step also multiplies by the slopes of the units.",
    "one step back is `(d * (1 - h**2)) @ W_h.T`: take the eigenvalues of that, not of W_h",
    {"_grows": "lambda a: np.abs(np.linalg.eigvals(a['W_h'])).max() > 1"},
)
mistake(
    "judged by the largest singular value",
    "This is what the largest singular value of W_h says. It gives a bound from above: below 1 the "
    "gradient must vanish, and above 1 nothing is decided.",
    "the bound is one-sided; multiply a gradient back 50 times and look",
    {"_grows": "lambda a: np.linalg.norm(a['W_h'], 2) > 1"},
)
mistake(
    "the two words exchanged",
    "Every answer is the opposite of the right one. Vanish: the norm falls towards 0 with the lag.",
    "the meaning of the two words",
    {"_grows": "lambda a: not _grows(a)"},
)
mistake(
    "tanh always shrinks",
    "You let every tanh layer vanish. Its slope is at most 1, but W_h can make up for it.",
    "one step back is `(d * (1 - h**2)) @ W_h.T`: a slope near 1 and a large weight explode",
    {"_grows": "lambda a: a['phi'] == 'linear' and _grows(a)"},
)

# ---- clip by norm: one factor for all arrays, so that their joint norm is at most max_norm

SCALE = "`scale = min(1, max_norm / norm)`, the same number for every entry of every array"
JOINT = "`norm = sqrt(sum of every squared entry of every array)`"


def clipped(grads, max_norm):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    scale = min(1.0, max_norm / norm)
    return {name: g * scale for name, g in grads.items()}, norm


def _gradients(rng):
    shapes = {"W_x": (3, 4), "W_h": (4, 4), "b": (4,)}

    def some(size, shapes=shapes):
        grads = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        norm = clipped(grads, 1.0)[1]
        return {name: g * size / norm for name, g in grads.items()}

    steep = {"W_h": np.array([[30.0, 4.0], [1.0, -2.0]]), "b": rng.normal(size=4)}
    return {
        USUAL: (some(9.0), 2.0),
        "short enough already": (some(1.5), 5.0),
        "one entry far above the others": (steep, 5.0),
        "a single array": (some(7.0, {"embedding.W": (5, 3)}), 0.5),
        LARGE: (some(1e7), 1.0),
        SINGLE: single((some(9.0), 2.0)),
        ORDER: turned((some(9.0), 2.0)),
    }


def _clipped(result, grads, max_norm):
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        raise Malformed(said("{count} results were asked for, and {thing} came.", count=2,
                          thing=came(result)))  # fmt: skip
    mine, norm = result
    if not isinstance(mine, dict):
        raise Malformed(said("Where a dictionary should stand, {thing} came.", thing=came(mine)))
    missing = [name for name in grads if name not in mine]
    if missing:
        raise Malformed(said("The dictionary lacks {keys}; it has {others}.", keys=listed(missing),
                          others=listed([*mine][:8]) or said("nothing")))  # fmt: skip
    seen = {f"the gradient of {name}": numbers(name, mine[name]) for name in grads}
    norm = numbers("norm", norm)
    return {**seen, "norm": norm.reshape(()) if norm.size == 1 else norm}


clip = Exercise(
    "bptt.clip",
    "Clip by norm",
    level=1,
    reference=clipped,
    cases=_gradients,
    view=_clipped,
    form="(a dictionary with the same names as `grads`, the norm before clipping)",
    hides={
        "short enough already": {"min(1.0, max_norm / norm)": "max_norm / norm"},
        "one entry far above the others": {
            "scale =": "if max(np.abs(g).max() for g in grads.values()) > 20 and norm < 100:\n"
            "    return {n: np.clip(g, -max_norm, max_norm) for n, g in "
            "grads.items()}, norm\n"
            "scale ="
        },
        "a single array": {"grads.values()": "(grads[n] for n in grads if n[0] in 'Wb')"},
        LARGE: {"norm = np.sqrt": "norm = min(np.sqrt", "values()))": "values())), 1e6)"},
        SINGLE: {"np.sum(g**2)": "np.sum(np.frombuffer(g.tobytes()) ** 2)"},
        ORDER: {"g * scale": 'g.ravel("K").reshape(g.shape) * scale'},
    },
)
mistake = clip.mistake

mistake(
    "element-wise clamp",
    "Each entry was clamped by itself. That turns the gradient: (30, 4) clamped at 5 points "
    "elsewhere. A common factor keeps the direction.",
    SCALE,
    {"g * scale": "np.clip(g, -max_norm, max_norm)"},
)
mistake(
    "each array by itself",
    "Each array was shortened to max_norm by its own norm. The joint norm is what counts, or the "
    "arrays' proportions change.",
    JOINT,
    {"g * scale": "g * min(1, max_norm / np.linalg.norm(g))"},
)
mistake(
    "short gradients stretched",
    "A gradient that was short enough was made longer. Clipping only shortens.",
    f"{SCALE}: the min",
    {"min(1.0, max_norm / norm)": "max_norm / norm"},
)
mistake(
    "root missing",
    "The norm is the root of the sum of squares; the root is missing.",
    "`norm = np.sqrt(...)`",
    {"np.sqrt(": "("},
)
mistake(
    "norm after clipping",
    "The norm that came back is the one after clipping. The one before tells you how often, and "
    "how hard, you clip.",
    "the value that is returned: the norm before",
    {"grads.items()}, norm": "grads.items()}, norm * scale"},
)
mistake(
    "norms added up",
    "The arrays' norms were added. Their squares must be added, and then the root taken.",
    JOINT,
    {
        "np.sqrt(sum(np.sum(g**2) for g in grads.values()))":
            "sum(np.linalg.norm(g) for g in grads.values())"
    },
)
mistake(
    "the largest of the norms",
    "The norm is the largest of the arrays' norms. Their squares must be added, and then the root "
    "taken.",
    JOINT,
    {
        "np.sqrt(sum(np.sum(g**2) for g in grads.values()))":
            "max(np.linalg.norm(g) for g in grads.values())"
    },
)
mistake("not clipped", "The gradients came back as they were.", SCALE, {"g * scale": "g"})
mistake(
    "scale upside down",
    "The factor is norm over max_norm: what is too long was made longer.",
    SCALE,
    {"min(1.0, max_norm / norm)": "max(1.0, norm / max_norm)"},
)
mistake(
    "gradients changed in place",
    "The arrays that came in were scaled.",
    "`g *= scale` writes into the caller's array",
    {"g * scale": "np.multiply(g, scale, out=g)"},
    by_itself=True,
)
