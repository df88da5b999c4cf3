"""Exercises of chapter 1: the cell, the loop, the parameters, the copies, PyTorch."""

import numpy as np

from ...cell import RNNCell
from ..exercise import Exercise

FORMULA = "`h_t = tanh(x_t W_x + h_{t-1} W_h + b)`"


def weights(rng, D, H):
    """W_x (D, H), W_h (H, H), b (H,): no zeros, no symmetry, nothing saturated."""
    W_x, W_h = rng.normal(0, 0.6, (D, H)), rng.normal(0, 0.6, (H, H))
    return W_x, W_h, rng.uniform(0.2, 0.5, H) * rng.choice([-1, 1], H)


# ---- by hand


def _asked(rng):
    """A unit with two inputs; its numbers have one decimal, so that a pencil will do."""

    def number():
        return round(float(rng.choice([-1, 1]) * rng.integers(3, 9)) / 10, 1)

    x = np.array([1.0, -2.0]) * rng.choice([-1, 1])
    W_x = np.array([number(), number()])
    asked = {"x": x, "W_x": W_x, "h_prev": number(), "W_h": number(), "b": number()}
    a = _sum(asked)
    answers = np.array([a, *np.tanh([a, _sum(asked, b=0), _sum(asked, h_prev=0)])])
    gaps = np.abs(answers[:, None] - answers)[np.triu_indices(4, 1)]
    return [(asked,)] if gaps.min() > 0.04 and abs(a) < 1.2 else _asked(rng)  # all differ


def _sum(asked, **changed):
    q = {**asked, **changed}
    return float(q["x"] @ q["W_x"] + q["h_prev"] * q["W_h"] + q["b"])


by_hand = Exercise(
    "anatomy.by_hand",
    "One step by hand",
    level=1,
    reference=lambda asked: np.tanh(_sum(asked)),
    cases=_asked,
    returns="h",
    value=True,
    tol=3e-3,
)


@by_hand.mistake(
    "no tanh",
    "This is the pre-activation: the sum, before it was bent.",
    look=f"{FORMULA}: take the tanh of the sum",
)
def _(asked):
    return _sum(asked)


@by_hand.mistake(
    "bias missing", "The bias was left out.", look=f"{FORMULA}: the last of the three terms"
)
def _(asked):
    return np.tanh(_sum(asked, b=0))


@by_hand.mistake(
    "h_prev ignored",
    "The previous state was left out: this is what a layer without a past would say.",
    look=f"{FORMULA}: the second term",
)
def _(asked):
    return np.tanh(_sum(asked, h_prev=0))


# ---- one step


def _step(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + h_prev @ W_h + b)


def _steps(rng):
    cases = []
    for N, D, H in ((2, 3, 4), (3, 2, 5), (3, 3, 3)):  # the last one lets a swap run
        x, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.8, 0.8, (N, H))
        cases.append((x, h_prev, *weights(rng, D, H)))
    return cases


step = Exercise(
    "anatomy.step", "One step in code", level=1, reference=_step, cases=_steps, returns="h (N, H)"
)


@step.mistake(
    "W_x and W_h swapped",
    "The two matrices are exchanged: the input went through W_h and the state through W_x.",
    look=f"{FORMULA}: x belongs to W_x of shape (D, H), h_prev to W_h of shape (H, H)",
)
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_h + h_prev @ W_x + b)


@step.mistake("bias missing", "The bias b was left out.", look=f"{FORMULA}: the last term")
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + h_prev @ W_h)


@step.mistake(
    "bias outside the tanh",
    "The bias was added after the tanh, where it can push a state beyond 1.",
    look=f"{FORMULA}: all three terms stand inside the parentheses of tanh",
)
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + h_prev @ W_h) + b


@step.mistake(
    "tanh on the input term only",
    "The tanh bends only the part that comes from the input.",
    look=f"{FORMULA}: add first, bend once",
)
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x) + h_prev @ W_h + b


@step.mistake(
    "tanh on the state term only",
    "The tanh bends only the part that comes from the previous state.",
    look=f"{FORMULA}: add first, bend once",
)
def _(x, h_prev, W_x, W_h, b):
    return x @ W_x + np.tanh(h_prev @ W_h + b)


@step.mistake(
    "tanh on each term", "Each term was bent by itself.", look=f"{FORMULA}: add first, bend once"
)
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x) + np.tanh(h_prev @ W_h) + b


@step.mistake("no tanh", "This is the sum before tanh.", look=f"{FORMULA}: the outermost function")
def _(x, h_prev, W_x, W_h, b):
    return x @ W_x + h_prev @ W_h + b


@step.mistake(
    "W_h transposed",
    "h_prev was multiplied with the transpose of W_h. W_h is square, so no shape complains.",
    look=f"{FORMULA}: `h_prev @ W_h`. Formulas with columns, W h, have the transposed matrix",
)
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + h_prev @ W_h.T + b)


@step.mistake(
    "h_prev ignored", "The previous state is not used.", look=f"{FORMULA}: the term h_prev W_h"
)
def _(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + b)


@step.mistake(
    "h_prev changed in place",
    "The result was written into h_prev.",
    look="an `+=` or `[...] =` on h_prev",
    by_itself=True,
)
def _(x, h_prev, W_x, W_h, b):
    h_prev[:] = np.tanh(x @ W_x + h_prev @ W_h + b)
    return h_prev


# ---- a whole sequence


def _forward(xs, h_0, W_x, W_h, b):
    h, hs = h_0, []
    for t in range(xs.shape[1]):
        h = _step(xs[:, t], h, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs, axis=1)


def _sequences(rng):
    cases = []
    for N, T, D, H in ((2, 5, 3, 4), (3, 4, 2, 5), (3, 3, 2, 4)):  # the last: N = T hides a swap
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        cases.append((xs, h_0, *weights(rng, D, H)))
    return cases


forward = Exercise(
    "anatomy.forward",
    "Over a whole sequence",
    level=2,
    reference=_forward,
    cases=_sequences,
    returns="hs (N, T, H)",
)


@forward.mistake(
    "h_0 ignored",
    "The layer starts from zeros, whatever h_0 says.",
    look="the line before the loop: `h = h_0`",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs, 0 * h_0, W_x, W_h, b)


@forward.mistake(
    "one h_0 for all rows",
    "Every sequence of the batch starts from the first row of h_0.",
    look="the line before the loop: h is (N, H), one row for each sequence",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs, np.repeat(h_0[:1], len(h_0), axis=0), W_x, W_h, b)


@forward.mistake(
    "state leaks across rows",
    "The second sequence starts where the first one ended. The rows of a batch share the weights "
    "and nothing else.",
    look="the place where the state is set before a new row: row n starts from `h_0[n]`",
)
def _(xs, h_0, W_x, W_h, b):
    hs = _forward(xs.reshape(1, -1, xs.shape[2]), h_0[:1], W_x, W_h, b)
    return hs.reshape(*xs.shape[:2], -1)


@forward.mistake(
    "(T, N) for (N, T)",
    "Time and batch are exchanged in what comes in: the loop walks over the sequences.",
    look="`for t in range(T)` with `xs[:, t]`: time is the second axis",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs.swapaxes(0, 1), h_0, W_x, W_h, b).swapaxes(0, 1)


@forward.mistake(
    "time first in the result",
    "The states are right, stacked with time first: (T, N, H).",
    look="`np.stack(states, axis=1)`: batch first, time second",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs, h_0, W_x, W_h, b).swapaxes(0, 1)


@forward.mistake(
    "state not handed on",
    "Every step starts from h_0 again: nothing is remembered for longer than one step.",
    look="inside the loop: the new state must become the h of the next round",
)
def _(xs, h_0, W_x, W_h, b):
    return np.stack(
        [_step(xs[:, t], h_0, W_x, W_h, b) for t in range(xs.shape[1])], axis=1
    )  # fmt: skip


@forward.mistake(
    "pre-activation handed on",
    "What is handed to the next step is a, the sum before tanh, and not h.",
    look="inside the loop: `h = np.tanh(a)` goes to both places, the list and the next step",
)
def _(xs, h_0, W_x, W_h, b):
    a, out = h_0, []
    for t in range(xs.shape[1]):
        a = xs[:, t] @ W_x + a @ W_h + b
        out.append(np.tanh(a))
    return np.stack(out, axis=1)


@forward.mistake(
    "only the last state",
    "Only the last state came back. All T are wanted.",
    look="the list of states, and the line that stacks it",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs, h_0, W_x, W_h, b)[:, -1]


@forward.mistake(
    "h_0 among the states",
    "h_0 came back too: T + 1 states. hs[:, 0] is h_1, what comes out of the first step.",
    look="where the list of states begins: empty",
)
def _(xs, h_0, W_x, W_h, b):
    return np.concatenate([h_0[:, None], _forward(xs, h_0, W_x, W_h, b)], axis=1)


@forward.mistake(
    "one step late",
    "Each step stores the state that goes in, not the one that comes out.",
    look="the order of two lines in the loop: compute h, then append it",
)
def _(xs, h_0, W_x, W_h, b):
    return np.concatenate([h_0[:, None], _forward(xs, h_0, W_x, W_h, b)[:, :-1]], axis=1)


@forward.mistake(
    "read from the end",
    "The sequence was read from its last step to its first.",
    look="`for t in range(T)`: only the way back runs in reverse",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs[:, ::-1], h_0, W_x, W_h, b)[:, ::-1]


@forward.mistake(
    "W_h transposed",
    "The state was multiplied with the transpose of W_h.",
    look=f"{FORMULA}: `h @ W_h`",
)
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs, h_0, W_x, W_h.T, b)


@forward.mistake("bias missing", "The bias b was left out.", look=f"{FORMULA}: the last term")
def _(xs, h_0, W_x, W_h, b):
    return _forward(xs, h_0, W_x, W_h, 0 * b)


@forward.mistake(
    "h_0 changed in place",
    "The loop writes its states into h_0.",
    look="`h = h_0` gives the array a second name; `h[:] = ...` then writes into both",
    by_itself=True,
)
def _(xs, h_0, W_x, W_h, b):
    h, hs = h_0, []
    for t in range(xs.shape[1]):
        h[:] = _step(xs[:, t], h, W_x, W_h, b)
        hs.append(h.copy())
    return np.stack(hs, axis=1)


# ---- how many parameters

COUNT = "`D H + H H + H`: W_x, W_h and b"


def _count(input_size, hidden_size, seq_len):
    D, H = input_size, hidden_size
    return D * H + H * H + H


def _many_sizes(rng):
    sizes = rng.choice(np.arange(3, 60), (4, 3), replace=False)
    return [tuple(int(n) for n in row) for row in sizes]


count = Exercise(
    "anatomy.count",
    "Count the parameters",
    level=1,
    reference=_count,
    cases=_many_sizes,
    returns="count",
)


@count.mistake(
    "counted per step",
    "The parameters were counted once for each step. The unrolled copies are one layer.",
    look=f"{COUNT}; there is no T in it",
)
def _(input_size, hidden_size, seq_len):
    return seq_len * _count(input_size, hidden_size, seq_len)


@count.mistake("bias missing", "The bias was not counted.", look=f"{COUNT}; b holds H numbers")
def _(input_size, hidden_size, seq_len):
    return _count(input_size, hidden_size, seq_len) - hidden_size


@count.mistake(
    "two biases",
    "Two biases were counted. PyTorch's layer has two; this one has one.",
    look=COUNT,
)
def _(input_size, hidden_size, seq_len):
    return _count(input_size, hidden_size, seq_len) + hidden_size


@count.mistake("W_h missing", "The weights from state to state were not counted.", look=COUNT)
def _(input_size, hidden_size, seq_len):
    return (input_size + 1) * hidden_size


@count.mistake("W_x missing", "The weights from input to state were not counted.", look=COUNT)
def _(input_size, hidden_size, seq_len):
    return (hidden_size + 1) * hidden_size


@count.mistake(
    "W_h has the shape of W_x",
    "W_h was counted as (D, H). It carries a state to a state: (H, H).",
    look=COUNT,
)
def _(input_size, hidden_size, seq_len):
    return (2 * input_size + 1) * hidden_size


@count.mistake(
    "a bias for each input too",
    "A bias was counted for each input. It belongs to the units: H numbers.",
    look=COUNT,
)
def _(input_size, hidden_size, seq_len):
    return _count(input_size, hidden_size, seq_len) + input_size


# ---- un-share the weights

SHARED = "`dL/dW_h = sum over t of dL/dW_h^(t)`"


def _copies(cell, xs, h_0, dhs, hand_back=True):
    """The gradient of each copy's W_h (T, H, H)."""
    h, caches = h_0, []
    for t in range(xs.shape[1]):
        h, cache = cell.forward(xs[:, t], h)
        caches.append(cache)
    dh_next, grads = np.zeros_like(h_0), []
    for t in reversed(range(xs.shape[1])):
        _, dh_next, g = cell.backward(dhs[:, t] + hand_back * dh_next, caches[t])
        grads.insert(0, g["W_h"])
    return np.stack(grads)


def _unshare(cell, xs, h_0, dhs):
    copies = _copies(cell, xs, h_0, dhs)
    return copies, copies.sum(axis=0)


def _layers(rng):
    return [
        (RNNCell(*weights(rng, D, H)), xs, h_0, dhs)
        for N, T, D, H, xs, h_0, dhs in _runs(rng)
    ]  # fmt: skip


def _runs(rng):
    for N, T, D, H in ((2, 5, 3, 4), (3, 4, 2, 5)):
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        yield N, T, D, H, xs, h_0, rng.normal(size=(N, T, H))


unshare = Exercise(
    "anatomy.unshare",
    "Un-share the weights",
    level=3,
    reference=_unshare,
    cases=_layers,
    returns=("of_copies (T, H, H)", "shared (H, H)"),
    backward=True,
)


@unshare.mistake(
    "mean of the copies",
    "The shared gradient is the sum of the copies' gradients, and this is their mean: T times too "
    "small. One weight, moved, moves every copy, and the loss feels all the moves together.",
    look=SHARED,
)
def _(cell, xs, h_0, dhs):
    copies = _copies(cell, xs, h_0, dhs)
    return copies, copies.mean(axis=0)


@unshare.mistake(
    "only the last copy",
    "The shared gradient holds only what the last copy adds.",
    look=f"{SHARED}: every copy adds its share",
)
def _(cell, xs, h_0, dhs):
    copies = _copies(cell, xs, h_0, dhs)
    return copies, copies[-1]


@unshare.mistake(
    "only the first copy",
    "The shared gradient holds only what the first copy adds, the last one the loop came to.",
    look=f"{SHARED}: every copy adds its share; add, do not overwrite",
)
def _(cell, xs, h_0, dhs):
    copies = _copies(cell, xs, h_0, dhs)
    return copies, copies[0]


@unshare.mistake(
    "nothing from t + 1",
    "Each copy hears only the loss at its own step. Its state also goes into the next step.",
    look="`dhs[:, t] + dh_next` in the backward loop",
)
def _(cell, xs, h_0, dhs):
    copies = _copies(cell, xs, h_0, dhs, hand_back=False)
    return copies, copies.sum(axis=0)


@unshare.mistake(
    "copies in reverse order",
    "The copies stand in the order in which the backward loop met them: the last step first.",
    look="put each gradient at place t, or turn the list round after the loop",
)
def _(cell, xs, h_0, dhs):
    copies = _copies(cell, xs, h_0, dhs)
    return copies[::-1], copies.sum(axis=0)


# ---- to PyTorch


def _to_torch(W_x, W_h, b, h_0):
    zeros = np.zeros_like(b)
    return {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T,
            "bias_ih_l0": b, "bias_hh_l0": zeros, "h_0": h_0[None]}  # fmt: skip


def _torch_form(port, W_x, W_h, b, h_0):
    """The parts as PyTorch uses them: of the two biases only the sum counts."""
    biases = [np.asarray(port[f"bias_{part}_l0"]) for part in ("ih", "hh")]
    return {
        "weight_ih_l0 (H, D)": port["weight_ih_l0"],
        "weight_hh_l0 (H, H)": port["weight_hh_l0"],
        "bias_ih_l0 + bias_hh_l0 (H)": biases[0] + biases[1],
        "h_0 (1, N, H)": port["h_0"],
    }


def _ports(rng):
    return [(*weights(rng, D, H), rng.normal(size=(N, H))) for N, D, H in ((2, 3, 4), (4, 5, 3))]


to_torch = Exercise(
    "anatomy.to_torch",
    "Move in with PyTorch",
    level=2,
    reference=_to_torch,
    cases=_ports,
    view=_torch_form,
)


@to_torch.mistake(
    "W_h not transposed",
    "weight_hh_l0 is W_h as it is. It is square, so PyTorch takes it and computes something else.",
    look="PyTorch computes `x @ weight_ih.T + h @ weight_hh.T + ...`",
)
def _(W_x, W_h, b, h_0):
    return {**_to_torch(W_x, W_h, b, h_0), "weight_hh_l0": W_h}


@to_torch.mistake(
    "nothing transposed",
    "Both matrices are as they are here. PyTorch stores them the other way round.",
    look="PyTorch computes `x @ weight_ih.T + h @ weight_hh.T + ...`",
)
def _(W_x, W_h, b, h_0):
    return {**_to_torch(W_x, W_h, b, h_0), "weight_hh_l0": W_h, "weight_ih_l0": W_x}


@to_torch.mistake(
    "bias twice",
    "b stands in both biases. PyTorch adds the two, so the layer would have 2 b.",
    look="`bias_ih_l0` + `bias_hh_l0`: only the sum matters, and it should be b",
)
def _(W_x, W_h, b, h_0):
    return {**_to_torch(W_x, W_h, b, h_0), "bias_hh_l0": b}


@to_torch.mistake(
    "bias missing", "Both biases are zero.", look="`bias_ih_l0` + `bias_hh_l0` should be b"
)
def _(W_x, W_h, b, h_0):
    return {**_to_torch(W_x, W_h, b, h_0), "bias_ih_l0": 0 * b}


@to_torch.mistake(
    "h_0 without its layer axis",
    "h_0 is still (N, H). PyTorch has one state for each layer: (1, N, H).",
    look="`h_0[None]` adds the axis in front",
)
def _(W_x, W_h, b, h_0):
    return {**_to_torch(W_x, W_h, b, h_0), "h_0": h_0}


@to_torch.mistake(
    "batch_first applied to h_0",
    "h_0 is (N, 1, H). `batch_first=True` does not touch h_0 and h_n.",
    look="the axis of the layers stands in front: (1, N, H)",
)
def _(W_x, W_h, b, h_0):
    return {**_to_torch(W_x, W_h, b, h_0), "h_0": h_0[:, None]}
