"""Exercises of chapter 2: the cell's backward, the sequence's, far gradients, clipping."""

import numpy as np

from ..exercise import Exercise
from .anatomy import weights

SLOPE = "`da = dh * (1 - h**2)`"
OF_W_H = "`dW_h = h_prev.T @ da`"
TO_PAST = "`dh_prev = da @ W_h.T`"
MEET = "`dh = dhs[:, t] + dh_next`"

# ---- the cell's backward


def _cell_backward(dh, x, h_prev, h, W_x, W_h):
    da = dh * (1 - h**2)
    return _from_da(da, x, h_prev, W_x, W_h)


def _from_da(da, x, h_prev, W_x, W_h):
    grads = {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
    return da @ W_x.T, da @ W_h.T, grads


def _cells(rng):
    cases = []
    for N, D, H in ((2, 3, 4), (5, 2, 3), (3, 4, 5)):
        W_x, W_h, b = weights(rng, D, H)
        x, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.8, 0.8, (N, H))
        h = np.tanh(x @ W_x + h_prev @ W_h + b)
        cases.append((rng.normal(size=(N, H)), x, h_prev, h, W_x, W_h))
    return cases


GRADS = {"W_x": "dW_x (D, H)", "W_h": "dW_h (H, H)", "b": "db (H)"}

cell_backward = Exercise(
    "bptt.cell_backward",
    "One step back",
    level=2,
    reference=_cell_backward,
    cases=_cells,
    returns=("dx (N, D)", "dh_prev (N, H)", GRADS),
)


def _edited(*args, dh_prev=None, **changed):
    """The right answer with some of its parts exchanged."""
    dx, right, grads = _cell_backward(*args)
    new = {name.removeprefix("d"): g for name, g in changed.items()}
    return dx, right if dh_prev is None else dh_prev, {**grads, **new}


def _da(dh, h):
    return dh * (1 - h**2)


@cell_backward.mistake(
    "no tanh derivative",
    "The gradient passes the tanh unchanged. It must be multiplied with the slope there.",
    look=SLOPE,
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _from_da(dh, x, h_prev, W_x, W_h)


@cell_backward.mistake(
    "tanh derivative at h_prev",
    "The slope was taken at the previous state. The tanh of this step gave h, not h_prev.",
    look=SLOPE,
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _from_da(_da(dh, h_prev), x, h_prev, W_x, W_h)


@cell_backward.mistake(
    "1 - h for 1 - h^2", "The slope of tanh is 1 - h^2; the square is missing.", look=SLOPE
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _from_da(dh * (1 - h), x, h_prev, W_x, W_h)


@cell_backward.mistake(
    "sigmoid derivative",
    "h (1 - h) is the slope of the sigmoid. The slope of tanh is 1 - h^2.",
    look=SLOPE,
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _from_da(dh * h * (1 - h), x, h_prev, W_x, W_h)


@cell_backward.mistake(
    "tanh derivative of h",
    "The slope was computed as 1 - tanh(h)^2. But h is the tanh already: its slope is 1 - h^2.",
    look=SLOPE,
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _from_da(_da(dh, np.tanh(h)), x, h_prev, W_x, W_h)


@cell_backward.mistake(
    "h for h_prev in dW_h",
    "dW_h was formed with h. What W_h was multiplied with on the way forward is h_prev.",
    look=OF_W_H,
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _edited(dh, x, h_prev, h, W_x, W_h, dW_h=h.T @ _da(dh, h))


@cell_backward.mistake(
    "outer product transposed",
    "dW_h is transposed. It is square, so no shape complains.",
    look=f"{OF_W_H}: what came in stands first, transposed; da stands second",
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _edited(dh, x, h_prev, h, W_x, W_h, dW_h=_da(dh, h).T @ h_prev)


@cell_backward.mistake(
    "W_h not transposed in dh_prev",
    "dh_prev was formed with W_h and not with its transpose. The numbers look plausible: with some "
    "weights the two directions differ by a few degrees only.",
    look=TO_PAST,
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _edited(dh, x, h_prev, h, W_x, W_h, dh_prev=_da(dh, h) @ W_h)


@cell_backward.mistake(
    "db not summed over the batch",
    "db has one row for each sequence. One bias serves them all, so their gradients are added.",
    look="`db = da.sum(axis=0)`",
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _edited(dh, x, h_prev, h, W_x, W_h, db=_da(dh, h))


@cell_backward.mistake(
    "db averaged over the batch",
    "db is the mean over the batch. The mean, if there is one, is in dh already: here gradients "
    "add.",
    look="`db = da.sum(axis=0)`",
)
def _(dh, x, h_prev, h, W_x, W_h):
    return _edited(dh, x, h_prev, h, W_x, W_h, db=_da(dh, h).mean(axis=0))


@cell_backward.mistake(
    "averaged over the batch",
    "The weights' gradients were divided by N. The mean, if there is one, is in dh already.",
    look="`x.T @ da`, `h_prev.T @ da`, `da.sum(axis=0)`: no division",
)
def _(dh, x, h_prev, h, W_x, W_h):
    dx, dh_prev, grads = _cell_backward(dh, x, h_prev, h, W_x, W_h)
    return dx, dh_prev, {name: g / len(x) for name, g in grads.items()}


@cell_backward.mistake(
    "dh changed in place",
    "dh was multiplied in place.",
    look="`dh *= 1 - h**2` writes into the caller's array",
    by_itself=True,
)
def _(dh, x, h_prev, h, W_x, W_h):
    dh *= 1 - h**2
    return _from_da(dh, x, h_prev, W_x, W_h)


# ---- the whole sequence: loss = mean over the N T states of half the squared distance to ys


def _backward(xs, hs, ys, h_0, W_x, W_h):
    N, T, H = hs.shape
    dhs = (hs - ys) / (N * T)
    dxs, dh_next = np.zeros_like(xs), np.zeros_like(h_0)
    grads = {"W_x": np.zeros_like(W_x), "W_h": np.zeros_like(W_h), "b": np.zeros(H)}
    for t in reversed(range(T)):
        h_prev = hs[:, t - 1] if t > 0 else h_0
        da = (dhs[:, t] + dh_next) * (1 - hs[:, t] ** 2)
        dxs[:, t], dh_next, step = _from_da(da, xs[:, t], h_prev, W_x, W_h)
        for name in grads:
            grads[name] += step[name]
    return dxs, dh_next, grads


def _wrong_backward(
    xs, hs, ys, h_0, W_x, W_h, *,
    dhs=lambda d: d, slope=lambda h, h_prev: 1 - h**2, kept=lambda t: 1.0, order=reversed,
    add=True, first=None, in_dW_h=lambda h, h_prev: h_prev, outer=lambda g: g, through=np.transpose,
):  # fmt: skip
    """`_backward` with a switch for each thing that can go wrong; with none it is right."""
    N, T, H = hs.shape
    dhs = dhs((hs - ys) / (N * T))
    dxs, dh_next = np.zeros_like(xs), np.zeros_like(h_0)
    grads = {"W_x": np.zeros_like(W_x), "W_h": np.zeros_like(W_h), "b": np.zeros(H)}
    first = h_0 if first is None else first(hs, h_0)
    for t in order(range(T)):
        h, h_prev = hs[:, t], hs[:, t - 1] if t > 0 else first
        da = (dhs[:, t] + kept(t) * dh_next) * slope(h, h_prev)
        dxs[:, t], dh_next = da @ W_x.T, da @ through(W_h)
        step = {"W_x": xs[:, t].T @ da, "W_h": outer(in_dW_h(h, h_prev).T @ da), "b": da.sum(0)}
        for name in grads:
            grads[name] = add * grads[name] + step[name]
    return dxs, dh_next, grads


def _sequences(rng):
    cases = []
    for N, T, D, H in ((2, 5, 3, 4), (3, 4, 5, 2)):
        W_x, W_h, b = weights(rng, D, H)
        xs, h_0 = rng.normal(size=(N, T, D)), rng.uniform(-0.8, 0.8, (N, H))
        h, hs = h_0, np.empty((N, T, H))
        for t in range(T):
            h = hs[:, t] = np.tanh(xs[:, t] @ W_x + h @ W_h + b)
        cases.append((xs, hs, rng.normal(size=(N, T, H)), h_0, W_x, W_h))
    return cases


backward = Exercise(
    "bptt.backward",
    "Back through time",
    level=3,
    reference=_backward,
    cases=_sequences,
    returns=("dxs (N, T, D)", "dh_0 (N, H)", GRADS),
    backward=True,
)


def _slip(name, words, look, **switches):
    def function(xs, hs, ys, h_0, W_x, W_h):
        return _wrong_backward(xs, hs, ys, h_0, W_x, W_h, **switches)

    backward.mistake(name, words, look)(function)


_slip(
    "gradient from t + 1 not added",
    "Each state hears only its own loss. It is also an input of the next step, and what comes back "
    "from there must be added.",
    MEET,
    kept=lambda t: 0.0,
)
_slip(
    "loss at inner steps dropped",
    "Only the loss at the last step sends a gradient. Here there is a loss at every step.",
    f"{MEET}: the first of the two is missing before the last step",
    dhs=lambda d: np.concatenate([0 * d[:, :-1], d[:, -1:]], axis=1),
)
_slip(
    "gradients overwritten",
    "The weights' gradients hold the share of one step only: each step overwrote the one before.",
    "`dW_h += h_prev.T @ da`, and so for W_x and b: add, since the weights are shared by all steps",
    add=False,
)
_slip(
    "no tanh derivative",
    "The gradient passes the tanh unchanged. It must be multiplied with the slope there.",
    SLOPE,
    slope=lambda h, h_prev: 1.0,
)
_slip(
    "tanh derivative at h_prev",
    "The slope was taken at the previous state. The tanh of step t gave h_t, not h_{t-1}.",
    SLOPE,
    slope=lambda h, h_prev: 1 - h_prev**2,
)
_slip(
    "1 - h for 1 - h^2",
    "The slope of tanh is 1 - h^2; the square is missing.",
    SLOPE,
    slope=lambda h, h_prev: 1 - h,
)
_slip(
    "h for h_prev in dW_h",
    "dW_h was formed with h_t. What W_h was multiplied with on the way forward is h_{t-1}.",
    OF_W_H,
    in_dW_h=lambda h, h_prev: h,
)
_slip(
    "outer product transposed",
    "dW_h is transposed. It is square, so no shape complains.",
    f"{OF_W_H}: what came in stands first, transposed; da stands second",
    outer=np.transpose,
)
_slip(
    "W_h not transposed",
    "The gradient goes back through W_h and not through its transpose. The direction can be almost "
    "right, so that a loose comparison passes it.",
    TO_PAST,
    through=lambda W: W,
)
_slip(
    "summed, not averaged",
    "The loss is a mean over N T states, and these are the gradients of the sum: N T times too "
    "large. The direction is right, the size is not.",
    "`dhs = (hs - ys) / (N * T)`",
    dhs=lambda d: d * d.shape[0] * d.shape[1],
)
_slip(
    "divided by N alone",
    "The loss is a mean over N T states; it was divided by N only, so all is T times too large.",
    "`dhs = (hs - ys) / (N * T)`",
    dhs=lambda d: d * d.shape[1],
)
_slip(
    "divided by T alone",
    "The loss is a mean over N T states; it was divided by T only, so all is N times too large.",
    "`dhs = (hs - ys) / (N * T)`",
    dhs=lambda d: d * d.shape[0],
)
_slip(
    "factor 2",
    "Everything is twice too large: the derivative of half a square is the thing itself, without "
    "a 2.",
    "`dhs = (hs - ys) / (N * T)`",
    dhs=lambda d: 2 * d,
)
_slip(
    "h_0 ignored",
    "At the first step h_{t-1} is h_0, and zeros were taken.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`",
    first=lambda hs, h_0: 0 * h_0,
)
_slip(
    "h_prev wraps around",
    "At the first step hs[:, t - 1] is hs[:, -1]: the last state, from the far end of the "
    "sequence.",
    "`h_prev = hs[:, t - 1] if t > 0 else h_0`",
    first=lambda hs, h_0: hs[:, -1],
)
_slip(
    "loop runs forward",
    "The loop goes from the first step to the last. The gradient comes from the end.",
    "`for t in reversed(range(T))`",
    order=list,
)
_slip(
    "sign of the loss",
    "All signs are turned: the difference is the other way round.",
    "`dhs = (hs - ys) / (N * T)`",
    dhs=lambda d: -d,
)
for k in (2, 3, 4):
    _slip(
        f"truncated every {k} steps",
        f"The flow back was cut every {k} steps. That is truncated BPTT, the next chapter; here "
        f"the gradient goes all the way.",
        MEET,
        kept=lambda t, k=k: float((t + 1) % k != 0),
    )


@backward.mistake(
    "hs changed in place",
    "The states were overwritten.",
    look="`hs -= ys` writes into the caller's array",
    by_itself=True,
)
def _(xs, hs, ys, h_0, W_x, W_h):
    result = _backward(xs, hs, ys, h_0, W_x, W_h)
    hs -= ys
    return result


# ---- which loss reaches which state


def _contributions(dhs, hs, W_h, slope=lambda h: 1 - h**2, through=np.transpose):
    """M[t, k] = || d loss_t / d h_k ||, zero above the diagonal."""
    T = hs.shape[1]
    M = np.zeros((T, T))
    for t in range(T):
        d = dhs[:, t]
        for k in reversed(range(t + 1)):
            M[t, k] = np.linalg.norm(d)
            d = (d * slope(hs[:, k])) @ through(W_h)
    return M


def _maps(rng):
    return [
        (rng.normal(size=hs.shape), hs, W_h)
        for _, hs, _, _, _, W_h in _sequences(rng)
    ]  # fmt: skip


contributions = Exercise(
    "bptt.contributions",
    "Who hears whom: the map of contributions",
    level=2,
    reference=lambda dhs, hs, W_h: _contributions(dhs, hs, W_h),
    cases=_maps,
    returns="M (T, T)",
)
CHAIN = "`d = (d * (1 - hs[:, k]**2)) @ W_h.T` carries the gradient from h_k to h_{k-1}"


@contributions.mistake(
    "map transposed",
    "Rows and columns are exchanged: the loss at t stands in row t, the state k in column k.",
    look="the place that is written: `M[t, k]`",
)
def _(dhs, hs, W_h):
    return _contributions(dhs, hs, W_h).T


@contributions.mistake(
    "losses added up",
    "The gradients of all later losses are mixed. Row t is about the loss at step t alone.",
    look="start each row anew from `d = dhs[:, t]`, and add nothing on the way",
)
def _(dhs, hs, W_h):
    T = hs.shape[1]
    M, d = np.zeros((T, T)), np.zeros_like(dhs[:, 0])
    for t in range(T):
        for k in reversed(range(t + 1)):
            d = dhs[:, k] + (0 if k == t else (d * (1 - hs[:, k + 1] ** 2)) @ W_h.T)
            M[t, k] = np.linalg.norm(d)
    return M


@contributions.mistake("no tanh derivative", "The slope of tanh is missing on the way.", look=CHAIN)
def _(dhs, hs, W_h):
    return _contributions(dhs, hs, W_h, slope=lambda h: 1.0)


@contributions.mistake(
    "W_h not transposed", "The gradient goes back through W_h, not its transpose.", look=CHAIN
)
def _(dhs, hs, W_h):
    return _contributions(dhs, hs, W_h, through=lambda W: W)


@contributions.mistake(
    "slope of the wrong step",
    "The slope was taken at h_{k-1}, where the gradient goes. It belongs to the tanh that it "
    "passes: the one that gave h_k.",
    look=CHAIN,
)
def _(dhs, hs, W_h):
    earlier = np.concatenate([hs[:, :1], hs[:, :-1]], axis=1)
    return _contributions(dhs, earlier, W_h)


@contributions.mistake(
    "one step too far",
    "Each entry is the gradient at h_{k-1}: the norm was taken after the step back, not before.",
    look="the order of two lines: first `M[t, k] = norm of d`, then the step to k - 1",
)
def _(dhs, hs, W_h):
    T = hs.shape[1]
    M = np.zeros((T, T))
    for t in range(T):
        d = dhs[:, t]
        for k in reversed(range(t + 1)):
            d = (d * (1 - hs[:, k] ** 2)) @ W_h.T
            M[t, k] = np.linalg.norm(d)
    return M


@contributions.mistake(
    "squared norm", "These are squared norms: the root is missing.", look="`np.linalg.norm(d)`"
)
def _(dhs, hs, W_h):
    return _contributions(dhs, hs, W_h) ** 2


@contributions.mistake(
    "lag for k",
    "Column l holds the lag t - k = l. The map wants the state k itself in column k.",
    look="the place that is written: `M[t, k]`",
)
def _(dhs, hs, W_h):
    M = _contributions(dhs, hs, W_h)
    return np.stack([np.append(row[t::-1], row[t + 1 :]) for t, row in enumerate(M)])


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
        {"W_h": np.array([[2.0, -2.0], [2.0, -2.0]]), "phi": "tanh",
         "states": "the second unit stays at 0.99, the first near 0"},
        {"W_h": (1.1 * Q).round(3), "phi": "linear", "states": "any"},
        {"W_h": (1.5 * Q).round(3), "phi": "tanh", "states": "every unit stays at 0.9 or -0.9"},
    ]  # fmt: skip
    return [({"ABCD"[i]: layers[n] for i, n in enumerate(order)},)]


def _slopes(layer):
    """The slope of each unit, as the description says."""
    if layer["phi"] == "linear":
        return np.ones(len(layer["W_h"]))
    return 1 - np.array([0.0, 0.99]) ** 2 if len(layer["W_h"]) == 2 else np.full(3, 1 - 0.9**2)


def _answers(layers, grows):
    return {name: "explode" if grows(layer) else "vanish" for name, layer in layers.items()}


def _grows(layer):
    jacobian = _slopes(layer)[:, None] * layer["W_h"].T
    return np.linalg.norm(np.linalg.matrix_power(jacobian, 50), 2) > 1


def _letters(answer, layers):
    return {name: answer[name] for name in layers}


predict = Exercise(
    "bptt.predict",
    "Vanish or explode?",
    level=2,
    reference=lambda layers: _answers(layers, _grows),
    cases=_four,
    view=_letters,
    value=True,
)


@predict.mistake(
    "judged by the spectral radius",
    "This is what the largest eigenvalue of W_h says. It decides only where nothing bends: with "
    "tanh, each step also multiplies by the slopes of the units.",
    look="one step back is `(d * (1 - h**2)) @ W_h.T`: take the eigenvalues of that, not of W_h",
)
def _(layers):
    return _answers(layers, lambda a: np.abs(np.linalg.eigvals(a["W_h"])).max() > 1)


@predict.mistake(
    "judged by the largest singular value",
    "This is what the largest singular value of W_h says. It gives a bound from above: below 1 the "
    "gradient must vanish, and above 1 nothing is decided.",
    look="the bound is one-sided; multiply a gradient back 50 times and look",
)
def _(layers):
    return _answers(layers, lambda a: np.linalg.norm(a["W_h"], 2) > 1)


@predict.mistake(
    "the two words exchanged",
    "Every answer is the opposite of the right one. Vanish: the norm falls towards 0 with the lag.",
    look="the meaning of the two words",
)
def _(layers):
    return _answers(layers, lambda a: not _grows(a))


@predict.mistake(
    "tanh always shrinks",
    "You let every tanh layer vanish. Its slope is at most 1, but W_h can make up for it.",
    look="one step back is `(d * (1 - h**2)) @ W_h.T`: a slope near 1 and a large weight explode",
)
def _(layers):
    return _answers(layers, lambda a: a["phi"] == "linear" and _grows(a))


# ---- clipping


def _norm(grads):
    return np.sqrt(sum(np.sum(g**2) for g in grads.values()))


def _clip(grads, max_norm):
    norm = _norm(grads)
    scale = min(1.0, max_norm / norm)
    return {name: g * scale for name, g in grads.items()}, norm


def _gradients(rng):
    def some(size):
        shapes = {"W_x": (3, 4), "W_h": (4, 4), "b": 4}
        grads = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        return {name: g * size / _norm(grads) for name, g in grads.items()}

    steep = {"W_h": np.array([[30.0, 4.0], [1.0, -2.0]]), "b": rng.normal(size=4)}
    return [(some(9.0), 2.0), (some(1.5), 5.0), (steep, 5.0)]  # the second is short enough


def _clipped(result, grads, max_norm):
    clipped, norm = result
    return {**{f"the gradient of {name}": clipped[name] for name in grads}, "norm": norm}


clip = Exercise(
    "bptt.clip", "Clip by norm", level=1, reference=_clip, cases=_gradients, view=_clipped
)
SCALE = "`scale = min(1, max_norm / norm)`, the same number for every entry of every array"


@clip.mistake(
    "element-wise clamp",
    "Each entry was clamped by itself. That turns the gradient: (30, 4) clamped at 5 points "
    "elsewhere. A common factor keeps the direction.",
    look=SCALE,
)
def _(grads, max_norm):
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, _norm(grads)


@clip.mistake(
    "each array by itself",
    "Each array was shortened to max_norm by its own norm. The joint norm is what counts, or the "
    "arrays' proportions change.",
    look="`norm = sqrt(sum of every squared entry of every array)`",
)
def _(grads, max_norm):
    own = {name: g * min(1, max_norm / np.linalg.norm(g)) for name, g in grads.items()}
    return own, _norm(grads)


@clip.mistake(
    "short gradients stretched",
    "A gradient that was short enough was made longer. Clipping only shortens.",
    look=f"{SCALE}: the min",
)
def _(grads, max_norm):
    return {name: g * (max_norm / _norm(grads)) for name, g in grads.items()}, _norm(grads)


@clip.mistake(
    "root missing",
    "The norm is the root of the sum of squares; the root is missing.",
    look="`norm = np.sqrt(...)`",
)
def _(grads, max_norm):
    norm = _norm(grads) ** 2
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}, norm


@clip.mistake(
    "norm after clipping",
    "The norm that came back is the one after clipping. The one before tells you how often, and "
    "how hard, you clip.",
    look="the value that is returned: the norm before",
)
def _(grads, max_norm):
    clipped, _ = _clip(grads, max_norm)
    return clipped, _norm(clipped)


@clip.mistake(
    "norms added up",
    "The arrays' norms were added. Their squares must be added, and then the root taken.",
    look="`norm = sqrt(sum of every squared entry of every array)`",
)
def _(grads, max_norm):
    norm = sum(np.linalg.norm(g) for g in grads.values())
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}, norm


@clip.mistake(
    "not clipped", "The gradients came back as they were.", look=SCALE
)  # fmt: skip
def _(grads, max_norm):
    return dict(grads), _norm(grads)


@clip.mistake(
    "gradients changed in place",
    "The arrays that came in were scaled.",
    look="`g *= scale` writes into the caller's array",
    by_itself=True,
)
def _(grads, max_norm):
    clipped, norm = _clip(grads, max_norm)
    for name, g in grads.items():
        g[...] = clipped[name]
    return grads, norm
