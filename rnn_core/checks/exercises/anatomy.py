"""Exercises of chapter 1: the cell, the loop, the parameters, the copies, PyTorch."""

import numpy as np

from ...cell import RNNCell
from ..compare import numbers
from ..exercise import Exercise
from .data import (
    LARGE,
    LONG,
    ONE_ROW,
    ONE_STEP,
    ONE_UNIT,
    ORDER,
    SATURATED,
    SINGLE,
    SMALL,
    USUAL,
    lasting,
    single,
    turned,
    weights,
)

FORMULA = "`h_t = tanh(x_t W_x + h_{t-1} W_h + b)`"

# ---- by hand: the new state of a unit with two inputs, from a few numbers with one decimal


def state_by_hand(asked):
    x, W_x, h_prev, W_h, b = (asked[name] for name in ("x", "W_x", "h_prev", "W_h", "b"))
    return np.tanh(x @ W_x + h_prev * W_h + b)


def _asked(rng):
    """No two numbers are alike, so that none can stand in for another."""
    sizes = rng.permutation(np.arange(2, 10))[:5] / 10
    a, c, h_prev, W_h, b = (sizes * rng.choice([-1, 1], 5)).round(1).tolist()
    x = np.array([1.0, -2.0]) * rng.choice([-1, 1])
    asked = {"x": x, "W_x": np.array([a, c]), "h_prev": h_prev, "W_h": W_h, "b": b}
    return {USUAL: (asked,)} if _tells_apart(asked) else _asked(rng)


def _tells_apart(asked):
    """Whether what is written in place of the right answer gives numbers that a pencil tells."""
    answers = [state_by_hand(asked), *(m.function(asked) for m in by_hand.mistakes)]
    gaps = np.abs(np.subtract.outer(answers, answers))[np.triu_indices(len(answers), 1)]
    return gaps.min() > 0.02 and abs(answers[0]) < 0.85


by_hand = Exercise(
    "anatomy.by_hand",
    "One step by hand",
    level=1,
    reference=state_by_hand,
    cases=_asked,
    returns="h",
    value=True,
    tol=3e-3,
)
mistake = by_hand.mistake

mistake(
    "no tanh",
    "This is the pre-activation: the sum, before it was bent.",
    f"{FORMULA}: take the tanh of the sum",
    {"np.tanh": ""},
)
mistake(
    "bias missing",
    "The bias was left out.",
    f"{FORMULA}: the last of the three terms",
    {" + b)": ")"},
)
mistake(
    "h_prev ignored",
    "The previous state was left out: this is what a layer without a past would say.",
    f"{FORMULA}: the second term",
    {"h_prev * W_h + ": ""},
)
mistake(
    "W_h and b exchanged",
    "The weight of the past and the bias stand in each other's place.",
    f"{FORMULA}: the past is multiplied by W_h, and b is added as it is",
    {"h_prev * W_h + b": "h_prev * b + W_h"},
)

# ---- one step in code: x (N, D) and h_prev (N, H) give h (N, H)


def one_step(x, h_prev, W_x, W_h, b):
    a = x @ W_x + h_prev @ W_h + b
    return np.tanh(a)


def _steps(rng):
    def some(N, D, H, size=1.0):
        x, h_prev = size * rng.normal(size=(N, D)), rng.uniform(-0.8, 0.8, (N, H))
        return x, h_prev, *weights(rng, D, H)

    def far_out():
        args = some(3, 2, 4, size=2000.0)
        x, h_prev, W_x, W_h, b = args
        return args if np.abs(x @ W_x + h_prev @ W_h + b).min() > 30 else far_out()

    return {
        USUAL: some(2, 3, 4),
        "as many inputs as units": some(4, 3, 3),
        ONE_ROW: some(1, 2, 5),
        ONE_UNIT: some(3, 1, 1),
        SATURATED: far_out(),
        SINGLE: single(some(3, 2, 4)),
        ORDER: turned(some(3, 4, 2)),
    }


step = Exercise(
    "anatomy.step",
    "One step in code",
    level=1,
    reference=one_step,
    cases=_steps,
    returns="h (N, H)",
    hides={
        "as many inputs as units": {
            "a =": "W_x, W_h = (W_h, W_x) if W_x.shape == W_h.shape != (1, 1) else (W_x, W_h)\na ="
        },
        ONE_ROW: {"np.tanh(a)": "np.tanh(a[0] if len(a) == 1 else a)"},
        ONE_UNIT: {"np.tanh(a)": "np.tanh(a[:, 0] if a.shape[1] == 1 else a)"},
        SATURATED: {"np.tanh(a)": "(np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))"},
        SINGLE: {"x @": "np.frombuffer(x.tobytes()).reshape(x.shape) @"},
        ORDER: {"x @": 'x.ravel("K").reshape(x.shape) @'},
    },
)
mistake = step.mistake

mistake(
    "W_x and W_h swapped",
    "The two matrices are exchanged: the input went through W_h and the state through W_x.",
    f"{FORMULA}: x belongs to W_x of shape (D, H), h_prev to W_h of shape (H, H)",
    {"x @ W_x + h_prev @ W_h": "x @ W_h + h_prev @ W_x"},
)
mistake("bias missing", "The bias b was left out.", f"{FORMULA}: the last term", {" + b": ""})
mistake(
    "bias outside the tanh",
    "The bias was added after the tanh, where it can push a state beyond 1.",
    f"{FORMULA}: all three terms stand inside the parentheses of tanh",
    {" + b": "", "np.tanh(a)": "np.tanh(a) + b"},
)
mistake(
    "tanh on the input term only",
    "The tanh bends only the part that comes from the input.",
    f"{FORMULA}: add first, bend once",
    {"x @ W_x": "np.tanh(x @ W_x)", "np.tanh(a)": "a"},
)
mistake(
    "tanh on the state term only",
    "The tanh bends only the part that comes from the previous state.",
    f"{FORMULA}: add first, bend once",
    {"h_prev @ W_h + b": "np.tanh(h_prev @ W_h + b)", "np.tanh(a)": "a"},
)
mistake(
    "tanh on each term",
    "Each term was bent by itself.",
    f"{FORMULA}: add first, bend once",
    {"x @ W_x + h_prev @ W_h": "np.tanh(x @ W_x) + np.tanh(h_prev @ W_h)", "np.tanh(a)": "a"},
)
mistake(
    "no tanh",
    "This is the sum before tanh.",
    f"{FORMULA}: the outermost function",
    {"np.tanh(a)": "a"},
)
mistake(
    "sigmoid for tanh",
    "The sum was bent by the sigmoid, which lies between 0 and 1. This layer uses tanh.",
    f"{FORMULA}: the outermost function",
    {"np.tanh(a)": "0.5 + 0.5 * np.tanh(a / 2)"},
)
mistake(
    "W_h transposed",
    "h_prev was multiplied with the transpose of W_h. W_h is square, so no shape complains.",
    f"{FORMULA}: `h_prev @ W_h`. Formulas with columns, W h, have the transposed matrix",
    {"h_prev @ W_h": "h_prev @ W_h.T"},
)
mistake(
    "h_prev ignored",
    "The previous state is not used.",
    f"{FORMULA}: the term h_prev W_h",
    {"h_prev @ W_h + ": ""},
)
mistake("x ignored", "The input is not used.", f"{FORMULA}: the term x W_x", {"x @ W_x + ": ""})
mistake(
    "[h, x] for [x, h]",
    "One product of both was formed as [h, x], while the stacked weights have W_x on top.",
    f"{FORMULA}: with one product, `np.hstack([x, h_prev]) @ np.vstack([W_x, W_h])`, the same "
    f"order in both",
    {"x @ W_x + h_prev @ W_h": "np.hstack([h_prev, x]) @ np.vstack([W_x, W_h])"},
)
mistake(
    "h_prev changed in place",
    "The result was written into h_prev.",
    "an `+=` or `[...] =` on h_prev",
    {"return np.tanh(a)": "h_prev[:] = np.tanh(a)\nreturn h_prev"},
    by_itself=True,
)

# ---- over a whole sequence: xs (N, T, D) and h_0 (N, H) give all states hs (N, T, H)


def whole_sequence(xs, h_0, W_x, W_h, b):
    h, hs = h_0, []
    for t in range(xs.shape[1]):
        a = xs[:, t] @ W_x + h @ W_h + b
        h = np.tanh(a)
        hs.append(h)
    return np.stack(hs, axis=1)


def _sequences(rng):
    def some(N, T, D, H, weights=weights):
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        return xs, h_0, *weights(rng, D, H)

    return {
        USUAL: some(2, 5, 3, 4),
        "as many rows as steps": some(4, 4, 2, 5),
        ONE_ROW: some(1, 4, 2, 3),
        ONE_STEP: some(3, 1, 2, 4),
        ONE_UNIT: some(3, 4, 1, 1),
        LONG: some(2, 24, 3, 4, lasting),
        SINGLE: single(some(3, 5, 2, 4)),
        ORDER: turned(some(3, 5, 2, 4)),
    }


forward = Exercise(
    "anatomy.forward",
    "Over a whole sequence",
    level=2,
    reference=whole_sequence,
    cases=_sequences,
    returns="hs (N, T, H)",
    hides={
        "as many rows as steps": {
            "return np.stack(hs, axis=1)": "hs = np.stack(hs, axis=1)\n"
            "return hs.swapaxes(0, 1) if len(hs) == xs.shape[1] else hs"
        },
        ONE_ROW: {"axis=1)": "axis=1)[0 if len(xs) == 1 else slice(None)]"},
        ONE_STEP: {
            "return np.stack(hs, axis=1)": "return np.stack(hs, axis=1) if len(hs) > 1 else hs[0]"
        },
        ONE_UNIT: {"axis=1)": "axis=1)[..., 0 if len(b) == 1 else slice(None)]"},
        LONG: {"a =": "h = h if t % 8 else h_0\na ="},
        SINGLE: {"for": "xs = np.frombuffer(xs.tobytes()).reshape(xs.shape)\nfor"},
        ORDER: {"for": 'xs = xs.ravel("K").reshape(xs.shape)\nfor'},
    },
)
mistake = forward.mistake

mistake(
    "h_0 ignored",
    "The layer starts from zeros, whatever h_0 says.",
    "the line before the loop: `h = h_0`",
    {"h, hs = h_0": "h, hs = 0 * h_0"},
)
mistake(
    "one h_0 for all rows",
    "Every sequence of the batch starts from the first row of h_0.",
    "the line before the loop: h is (N, H), one row for each sequence",
    {"h, hs = h_0": "h, hs = 0 * h_0 + h_0[0]"},
)
mistake(
    "state leaks across rows",
    "The second sequence starts where the first one ended. The rows of a batch share the weights "
    "and nothing else.",
    "the place where the state is set before a new row: row n starts from `h_0[n]`",
    {
        "for": "N, T, D = xs.shape\nh, xs = h_0[:1], xs.reshape(1, N * T, D)\nfor",
        "np.stack(hs, axis=1)": "np.stack(hs, axis=1).reshape(N, T, -1)",
    },
)
mistake(
    "[h, x] for [x, h]",
    "One product of both was formed as [h, x], while the stacked weights have W_x on top.",
    f"{FORMULA}: with one product, `np.hstack([x, h]) @ np.vstack([W_x, W_h])`, the same order in "
    f"both",
    {"xs[:, t] @ W_x + h @ W_h": "np.hstack([h, xs[:, t]]) @ np.vstack([W_x, W_h])"},
)
mistake(
    "(T, N) for (N, T)",
    "Time and batch are exchanged in what comes in: the loop walks over the sequences.",
    "`for t in range(T)` with `xs[:, t]`: time is the second axis",
    {"xs.shape[1]": "xs.shape[0]", "xs[:, t]": "xs[t]", "axis=1": "axis=0"},
)
mistake(
    "time first in the result",
    "The states are right, stacked with time first: (T, N, H).",
    "`np.stack(states, axis=1)`: batch first, time second",
    {"axis=1": "axis=0"},
)
mistake(
    "reshaped, not transposed",
    "The states were stacked with time first and then reshaped. That cuts the same row of numbers "
    "into other pieces; it does not exchange the axes.",
    "`np.stack(states, axis=1)`, or `.swapaxes(0, 1)` on what has time first",
    {"np.stack(hs, axis=1)": "np.stack(hs).reshape(len(xs), xs.shape[1], -1)"},
)
mistake(
    "one array appended T times",
    "All steps hold the last state: one array was appended T times, and the loop wrote into it "
    "each time.",
    "inside the loop: make a new array for each step, or append `h.copy()`",
    {"h, hs = h_0, []": "h, hs = h_0.copy(), []", "h = np": "h[:] = np"},
)
mistake(
    "state not handed on",
    "Every step starts from h_0 again: nothing is remembered for longer than one step.",
    "inside the loop: the new state must become the h of the next round",
    {"h @ W_h": "h_0 @ W_h"},
)
mistake(
    "pre-activation handed on",
    "What is handed to the next step is a, the sum before tanh, and not h.",
    "inside the loop: `h = np.tanh(a)` goes to both places, the list and the next step",
    {"h = np.tanh(a)": "h = a", "append(h)": "append(np.tanh(a))"},
)
mistake(
    "only the last state",
    "Only the last state came back. All T are wanted.",
    "the list of states, and the line that stacks it",
    {"np.stack(hs, axis=1)": "h"},
)
mistake(
    "h_0 among the states",
    "h_0 came back too: T + 1 states. hs[:, 0] is h_1, what comes out of the first step.",
    "where the list of states begins: empty",
    {"h, hs = h_0, []": "h, hs = h_0, [h_0]"},
)
mistake(
    "one step late",
    "Each step stores the state that goes in, not the one that comes out.",
    "the order of two lines in the loop: compute h, then append it",
    {"a =": "hs.append(h)\na =", "h = np.tanh(a)\n    hs.append(h)": "h = np.tanh(a)"},
)
mistake(
    "read from the end",
    "The sequence was read from its last step to its first.",
    "`for t in range(T)`: only the way back runs in reverse",
    {
        "for t in range(xs.shape[1])": "for t in reversed(range(xs.shape[1]))",
        "np.stack(hs, axis=1)": "np.stack(hs[::-1], axis=1)",
    },
)
mistake(
    "W_h transposed",
    "The state was multiplied with the transpose of W_h.",
    f"{FORMULA}: `h @ W_h`",
    {"h @ W_h": "h @ W_h.T"},
)
mistake("bias missing", "The bias b was left out.", f"{FORMULA}: the last term", {" + b": ""})
mistake(
    "bias outside the tanh",
    "The bias was added after the tanh.",
    f"{FORMULA}: all three terms stand inside the parentheses of tanh",
    {" + b": "", "np.tanh(a)": "np.tanh(a) + b"},
)
mistake(
    "no tanh",
    "The states are the sums; nothing bends them.",
    f"{FORMULA}: the outermost function",
    {"np.tanh(a)": "a"},
)
mistake(
    "h_0 changed in place",
    "The loop writes its states into h_0.",
    "`h = h_0` gives the array a second name; `h[:] = ...` then writes into both",
    {"h = np": "h[:] = np", "append(h)": "append(h.copy())"},
    by_itself=True,
)

# ---- how many parameters a layer has to learn

COUNT = "`D H + H H + H`: W_x, W_h and b"


def number_of_parameters(input_size, hidden_size, seq_len):
    D, H = input_size, hidden_size
    return D * H + H * H + H


def _many_sizes(rng):
    return {
        USUAL: tuple(int(n) for n in rng.choice(np.arange(3, 60), 3, replace=False)),
        "a single unit": (int(rng.integers(3, 60)), 1, 5),
        "a single input": (1, int(rng.integers(3, 60)), 5),
        "as many inputs as units": (8, 8, int(rng.integers(3, 60))),
    }


count = Exercise(
    "anatomy.count",
    "Count the parameters",
    level=1,
    reference=number_of_parameters,
    cases=_many_sizes,
    returns="count",
    hides={
        "a single unit": {"+ H\n": "+ (H if H > 1 else 0)\n"},
        "a single input": {"D * H +": "(D * H if D > 1 else 0) +"},
        "as many inputs as units": {"D * H +": "(D * H if D != H else 0) +"},
    },
)
mistake = count.mistake

mistake(
    "counted per step",
    "The parameters were counted once for each step. The unrolled copies are one layer.",
    f"{COUNT}; there is no T in it",
    {"return D * H + H * H + H": "return seq_len * (D * H + H * H + H)"},
)
mistake(
    "bias missing",
    "The bias was not counted.",
    f"{COUNT}; b holds H numbers",
    {"H * H + H": "H * H"},
)
mistake(
    "two biases",
    "Two biases were counted. PyTorch's layer has two; this one has one.",
    COUNT,
    {"H * H + H": "H * H + 2 * H"},
)
mistake("W_h missing", "The weights from state to state were not counted.", COUNT, {"+ H * H": ""})
mistake("W_x missing", "The weights from input to state were not counted.", COUNT, {"D * H + ": ""})
mistake(
    "W_h has the shape of W_x",
    "W_h was counted as (D, H). It carries a state to a state: (H, H).",
    COUNT,
    {"H * H": "D * H"},
)
mistake(
    "a bias for each input too",
    "A bias was counted for each input. It belongs to the units: H numbers.",
    COUNT,
    {"H * H + H": "H * H + H + D"},
)

# ---- un-share the weights: each copy's gradient of W_h (T, H, H), and the shared one (H, H)

SHARED = "`dL/dW_h = sum over t of dL/dW_h^(t)`"


def copies_and_shared(cell, xs, h_0, dhs):
    h, caches, of_copies = h_0, [], []
    for t in range(xs.shape[1]):
        h, cache = cell.forward(xs[:, t], h)
        caches.append(cache)
    dh_next = np.zeros_like(h_0)
    for t in reversed(range(xs.shape[1])):
        dh = dhs[:, t] + dh_next
        _, dh_next, grads = cell.backward(dh, caches[t])
        of_copies.insert(0, grads["W_h"])
    of_copies = np.stack(of_copies)
    return of_copies, of_copies.sum(axis=0)


def _layers(rng):
    def some(N, T, D, H, size=1.0, weights=weights, change=lambda args: args):
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        *parts, xs, h_0, dhs = change(
            (*weights(rng, D, H), xs, h_0, size * rng.normal(size=(N, T, H)))
        )
        return RNNCell(*parts), xs, h_0, dhs

    return {
        USUAL: some(2, 5, 3, 4),
        ONE_ROW: some(1, 4, 2, 3),
        ONE_STEP: some(3, 1, 2, 4),
        ONE_UNIT: some(3, 4, 1, 1),
        LONG: some(2, 24, 3, 4, weights=lasting),
        LARGE: some(2, 4, 3, 4, size=1e4),
        SINGLE: some(3, 5, 2, 4, size=SMALL, change=single),
    }


unshare = Exercise(
    "anatomy.unshare",
    "Un-share the weights",
    level=3,
    reference=copies_and_shared,
    cases=_layers,
    returns=("of_copies (T, H, H)", "shared (H, H)"),
    backward=True,
    hides={
        ONE_ROW: {"dh = dhs": "dh = (len(xs) > 1) * dhs"},
        ONE_STEP: {
            "np.stack(of_copies)": "np.squeeze(of_copies, 0) if len(of_copies) == 1 else "
            "np.stack(of_copies)"
        },
        ONE_UNIT: {
            "return of_copies,": "return of_copies[:, 0] if len(h_0[0]) == 1 else of_copies,"
        },
        LONG: {"dh =": "dh_next = dh_next * ((t + 1) % 8 != 0)\ndh ="},
        LARGE: {"dh = dhs[:, t] + dh_next": "dh = np.clip(dhs[:, t] + dh_next, -100, 100)"},
        SINGLE: {
            "dh_next = np": "dhs = np.frombuffer(dhs.tobytes()).reshape(dhs.shape)\ndh_next = np"
        },
    },
)
mistake = unshare.mistake

mistake(
    "mean of the copies",
    "The shared gradient is the sum of the copies' gradients, and this is their mean: T times too "
    "small. One weight, moved, moves every copy, and the loss feels all the moves together.",
    SHARED,
    {"of_copies.sum(": "of_copies.mean("},
)
mistake(
    "only the last copy",
    "The shared gradient holds only what the last copy adds.",
    f"{SHARED}: every copy adds its share",
    {"of_copies.sum(axis=0)": "of_copies[-1]"},
)
mistake(
    "only the first copy",
    "The shared gradient holds only what the first copy adds, the last one the loop came to.",
    f"{SHARED}: every copy adds its share; add, do not overwrite",
    {"of_copies.sum(axis=0)": "of_copies[0]"},
)
mistake(
    "nothing from t + 1",
    "Each copy hears only the loss at its own step. Its state also goes into the next step.",
    "`dhs[:, t] + dh_next` in the backward loop",
    {" + dh_next": ""},
)
mistake(
    "dh_next piled up",
    "What comes back from step t + 1 was added to all that came back before it. The message of "
    "step t + 1 replaces the older one, which it contains.",
    "the line that keeps the message: `dh_next = ...`, and not `dh_next += ...`",
    {
        "_, dh_next, grads = cell.backward(dh, caches[t])":
            "_, more, grads = cell.backward(dh, caches[t])\ndh_next = dh_next + more"
    },
)
mistake(
    "copies in reverse order",
    "The copies stand in the order in which the backward loop met them: the last step first.",
    "put each gradient at place t, or turn the list round after the loop",
    {"insert(0, grads": "append(grads"},
)
mistake(
    "losses at inner steps dropped",
    "Only the gradient at the last step was sent back. Every step has one.",
    "`dhs[:, t] + dh_next` in the backward loop",
    {"dhs[:, t] +": "dhs[:, t] * (t == xs.shape[1] - 1) +"},
)

# ---- to PyTorch: the four arrays of torch.nn.RNN, and h_0 with its axis for layers

TORCH = "PyTorch computes `x @ weight_ih.T + h @ weight_hh.T + ...`"


def ported(W_x, W_h, b, h_0):
    return {
        "weight_ih_l0": W_x.T,
        "weight_hh_l0": W_h.T,
        "bias_ih_l0": b,
        "bias_hh_l0": 0 * b,
        "h_0": h_0[None],
    }


def _torch_form(port, W_x, W_h, b, h_0):
    """The parts as PyTorch uses them: of the two biases only the sum counts."""
    biases = [numbers(f"bias_{part}_l0", port[f"bias_{part}_l0"]) for part in ("ih", "hh")]
    if biases[0].shape != biases[1].shape:
        return {f"bias_{part}_l0 (H)": a for part, a in zip(("ih", "hh"), biases, strict=True)}
    return {
        "weight_ih_l0 (H, D)": port["weight_ih_l0"],
        "weight_hh_l0 (H, H)": port["weight_hh_l0"],
        "bias_ih_l0 + bias_hh_l0 (H)": biases[0] + biases[1],
        "h_0 (1, N, H)": port["h_0"],
    }


def _ports(rng):
    def some(N, D, H):
        return *weights(rng, D, H), rng.normal(size=(N, H))

    return {
        USUAL: some(2, 3, 4),
        ONE_ROW: some(1, 4, 3),
        ONE_UNIT: some(3, 1, 1),
        SINGLE: single(some(3, 2, 4)),
        ORDER: turned(some(3, 2, 4)),
    }


to_torch = Exercise(
    "anatomy.to_torch",
    "Move in with PyTorch",
    level=2,
    reference=ported,
    cases=_ports,
    view=_torch_form,
    form='{`"weight_ih_l0"`: (H, D), `"weight_hh_l0"`: (H, H), `"bias_ih_l0"`: (H), '
    '`"bias_hh_l0"`: (H), `"h_0"`: (1, N, H)}',
    hides={
        ONE_ROW: {"h_0[None]": "h_0[None] if len(h_0) > 1 else h_0"},
        ONE_UNIT: {"W_x.T": "W_x.T if W_x.size > 1 else W_x[0]"},
        SINGLE: {"W_x.T": "np.frombuffer(W_x.tobytes()).reshape(W_x.shape).T"},
        ORDER: {"W_x.T": 'W_x.ravel("K").reshape(W_x.shape).T'},
    },
)
mistake = to_torch.mistake

mistake(
    "W_h not transposed",
    "weight_hh_l0 is W_h as it is. It is square, so PyTorch takes it and computes something else.",
    TORCH,
    {"W_h.T": "W_h"},
)
mistake(
    "W_x not transposed",
    "weight_ih_l0 is W_x as it is, of shape (D, H). PyTorch stores it as (H, D).",
    TORCH,
    {"W_x.T": "W_x"},
)
mistake(
    "nothing transposed",
    "Both matrices are as they are here. PyTorch stores them the other way round.",
    TORCH,
    {"W_x.T": "W_x", "W_h.T": "W_h"},
)
mistake(
    "reshaped, not transposed",
    "The numbers of W_x were cut into rows of another length. That does not exchange the axes.",
    "`W_x.T`, not `W_x.reshape(H, D)`",
    {"W_x.T": "W_x.reshape(W_x.shape[::-1])"},
)
mistake(
    "bias twice",
    "b stands in both biases. PyTorch adds the two, so the layer would have 2 b.",
    "`bias_ih_l0` + `bias_hh_l0`: only the sum matters, and it should be b",
    {"0 * b": "b"},
)
mistake(
    "bias missing",
    "Both biases are zero.",
    "`bias_ih_l0` + `bias_hh_l0` should be b",
    {'"bias_ih_l0": b': '"bias_ih_l0": 0 * b'},
)
mistake(
    "h_0 without its layer axis",
    "h_0 is still (N, H). PyTorch has one state for each layer: (1, N, H).",
    "`h_0[None]` adds the axis in front",
    {"h_0[None]": "h_0"},
)
mistake(
    "batch_first applied to h_0",
    "h_0 is (N, 1, H). `batch_first=True` does not touch h_0 and h_n.",
    "the axis of the layers stands in front: (1, N, H)",
    {"h_0[None]": "h_0[:, None]"},
)
