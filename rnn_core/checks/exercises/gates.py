"""Exercises of the page on gates: what is left, the forget bias, LSTM and GRU, the way back."""

import numpy as np

from ..exercise import Exercise
from .data import ONE_ROW, ONE_STEP, SINGLE, USUAL, single

KEEP = "`c = f * c_prev + i * g`"
SHOW = "`h = o * np.tanh(c)`"
ORDER_OF_GATES = "`np.split(a, 4, axis=1)` gives the blocks in the order i, f, g, o"
BACK_TO_C = "`dc = dc + dh * o * (1 - np.tanh(c)**2)`"


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


# ---- what is left of a gradient: fs (N, T, H) are the forget gates of all steps


def what_is_left(fs):
    left = np.ones_like(fs)
    for t in reversed(range(fs.shape[1] - 1)):
        left[:, t] = left[:, t + 1] * fs[:, t + 1]
    return left


def _gates_over_time(rng):
    def some(N, T, H):
        return (rng.uniform(0.3, 0.95, (N, T, H)),)

    return {
        USUAL: some(2, 5, 3),
        "as many rows as steps": some(4, 4, 3),
        ONE_STEP: some(3, 1, 2),
        SINGLE: single(some(2, 6, 3)),
    }


left = Exercise(
    "gates.left",
    "What is left",
    level=1,
    reference=what_is_left,
    cases=_gates_over_time,
    returns="left (N, T, H)",
    backward=True,
    hides={
        "as many rows as steps": {
            "return left": "return left.swapaxes(0, 1) if len(fs) == fs.shape[1] else left"
        },
        ONE_STEP: {"return left": "return left if fs.shape[1] > 1 else left * fs"},
        SINGLE: {"left = np": "fs = np.frombuffer(fs.tobytes()).reshape(fs.shape)\nleft = np"},
    },
)
mistake = left.mistake

mistake(
    "own gate counted",
    "Each step was multiplied with its own forget gate too. f_t stands between c_{t-1} and c_t, "
    "so the gradient of c_t has not passed it yet.",
    "the last step, where nothing has been passed: all ones",
    {"return left": "return left * fs"},
)
mistake(
    "from the start",
    "The product runs from the first step. A gradient comes from the end: step t has behind it the "
    "gates of the steps after it.",
    "`left[:, t] = left[:, t + 1] * fs[:, t + 1]`, with t counting down",
    lambda fs: np.cumprod(fs, axis=1),
)
mistake(
    "in the wrong order",
    "The values are right and stand in the reverse order of time.",
    "`reversed`: the last step comes first in the loop and last in the array",
    {"return left": "return left[:, ::-1]"},
)
mistake(
    "one gate too few",
    "The gate of the step after t was left out: every value belongs to one step earlier.",
    "`fs[:, t + 1]`: what stands between c_t and c_{t+1}",
    {"* fs[:, t + 1]": "* (fs[:, t + 2] if t + 2 < fs.shape[1] else 1)"},
)
mistake(
    "the gate of the step itself",
    "Going from step t+1 to step t passes f_{t+1}; f_t was used.",
    "`fs[:, t + 1]`",
    {"* fs[:, t + 1]": "* fs[:, t]"},
)
mistake(
    "mean gate to a power",
    "The mean gate was raised to the power of the distance. Gates differ from step to step, and "
    "their product is not that.",
    "multiply the gates themselves",
    lambda fs: (
        fs.mean(axis=1, keepdims=True) ** np.arange(fs.shape[1])[::-1, None] * np.ones_like(fs)
    ),
)

# ---- the forget bias by hand: at which bias is half of c left after so many steps?


def bias_for_half_life(steps):
    f = 0.5 ** (1 / steps)
    return np.log(f / (1 - f))


def _half_lives(rng):
    return {USUAL: (np.sort(rng.permutation(np.arange(2, 60))[:5]).astype(float),)}


half_life = Exercise(
    "gates.half_life",
    "A bias for a half-life",
    level=1,
    reference=bias_for_half_life,
    cases=_half_lives,
    returns="bias (K)",
)
mistake = half_life.mistake

mistake(
    "the gate, not the bias",
    "This is how far the gate must be open. The bias is what the sigmoid turns into that.",
    "the inverse of the sigmoid: log(f / (1 - f))",
    {"return np.log(f / (1 - f))": "return f"},
)
mistake(
    "sign turned",
    "The logarithm stands on its head: this bias shuts the gate as far as it should be open.",
    "the inverse of the sigmoid: log(f / (1 - f))",
    {"f / (1 - f)": "(1 - f) / f"},
)
mistake(
    "inverse of tanh",
    "The inverse of tanh was used. A gate is a sigmoid.",
    "the inverse of the sigmoid: log(f / (1 - f))",
    {"np.log(f / (1 - f))": "np.arctanh(f)"},
)
mistake(
    "1 - 1/n",
    "With f = 1 - 1/n about 1/e is left after n steps, not one half.",
    "f to the power n is one half",
    {"0.5 ** (1 / steps)": "1 - 1 / steps"},
)
mistake(
    "one half shared out",
    "One half was subtracted in n equal parts. Each step multiplies, so f to the power n is one "
    "half.",
    "f to the power n is one half",
    {"0.5 ** (1 / steps)": "1 - 0.5 / steps"},
)
mistake(
    "e for one half",
    "This is the bias at which 1/e is left after n steps.",
    "f to the power n is one half",
    {"0.5 **": "np.exp(-1) **"},
)

# ---- one step of an LSTM: x (N, D), h_prev and c_prev (N, H); blocks i, f, g, o


def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
    a_i, a_f, a_g, a_o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)
    g = np.tanh(a_g)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c


def gated(rng, D, H, blocks):
    """Weights of `blocks` gates: no zeros, no two blocks alike, nothing saturated."""
    W_x, W_h = rng.normal(0, 0.6, (D, blocks * H)), rng.normal(0, 0.6, (H, blocks * H))
    return W_x, W_h, rng.uniform(0.2, 0.6, blocks * H) * rng.choice([-1, 1], blocks * H)


def _remembered(rng, N, H):
    return rng.uniform(0.4, 1.5, (N, H)) * rng.choice([-1, 1], (N, H))


def _lstm_steps(rng):
    def some(N, D, H):
        x, h_prev = rng.normal(size=(N, D)), rng.uniform(-0.8, 0.8, (N, H))
        return x, h_prev, _remembered(rng, N, H), *gated(rng, D, H, 4)

    return {USUAL: some(3, 2, 4), ONE_ROW: some(1, 2, 3), SINGLE: single(some(3, 3, 2))}


step = Exercise(
    "gates.lstm_step",
    "One step of an LSTM",
    level=2,
    reference=lstm_step,
    cases=_lstm_steps,
    returns=("h (N, H)", "c (N, H)"),
    hides={
        ONE_ROW: {"return h, c": "return (h[0], c[0]) if len(x) == 1 else (h, c)"},
        SINGLE: {"a_i, a_f": "x = np.frombuffer(x.tobytes()).reshape(x.shape)\na_i, a_f"},
    },
)
mistake = step.mistake

mistake(
    "gate order i, f, o, g",
    "The last two blocks are exchanged: the output gate was read where the candidate stands. This "
    "is the order of some other libraries.",
    ORDER_OF_GATES,
    {"a_i, a_f, a_g, a_o": "a_i, a_f, a_o, a_g"},
)
mistake(
    "gate order f, i, g, o",
    "Input gate and forget gate are exchanged.",
    ORDER_OF_GATES,
    {"a_i, a_f, a_g, a_o": "a_f, a_i, a_g, a_o"},
)
mistake(
    "c for tanh(c)",
    "h shows c itself. What the output gate lets through is tanh(c).",
    SHOW,
    {"o * np.tanh(c)": "o * c"},
)
mistake(
    "sigmoid for the candidate",
    "The candidate g went through a sigmoid, so it can only add. Its tanh lets it subtract too.",
    "`g = np.tanh(a_g)`",
    {"np.tanh(a_g)": "sigmoid(a_g)"},
)
mistake(
    "tanh for the gates",
    "The three gates went through tanh. A gate says how much passes, between 0 and 1.",
    "`i, f, o`: sigmoids",
    {"sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)": "np.tanh(a_i), np.tanh(a_f), np.tanh(a_o)"},
)
mistake(
    "no forget gate",
    "All of c_prev was kept: the forget gate is not used. The LSTM of 1997 had none.",
    KEEP,
    {"f * c_prev": "c_prev"},
)
mistake(
    "no input gate",
    "All of the candidate was added: the input gate is not used.",
    KEEP,
    {"i * g": "g"},
)
mistake(
    "no output gate",
    "All of tanh(c) is shown: the output gate is not used.",
    SHOW,
    {"o * np.tanh(c)": "np.tanh(c)"},
)
mistake(
    "1 - i for the forget gate",
    "What is kept was computed as 1 - i. The two gates of an LSTM are not tied to each other.",
    KEEP,
    {"f * c_prev": "(1 - i) * c_prev"},
)
mistake(
    "h_prev for c_prev",
    "The forget gate was laid on h_prev. What is remembered is c_prev.",
    KEEP,
    {"f * c_prev": "f * h_prev"},
)
mistake("bias missing", "The bias b was left out.", "the sum before the split", {" + b, 4": ", 4"})
mistake(
    "h_prev ignored",
    "The gates hear the input alone: the previous state is not used.",
    "`x @ W_x + h_prev @ W_h + b`",
    {" + h_prev @ W_h": ""},
)

# ---- one step of a GRU: blocks r, z, n; the reset gate lies on the product


def gru_step(x, h_prev, W_x, W_h, b, b_h):
    x_r, x_z, x_n = np.split(x @ W_x + b, 3, axis=1)
    h_r, h_z, h_n = np.split(h_prev @ W_h, 3, axis=1)
    r = sigmoid(x_r + h_r)
    z = sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * (h_n + b_h))
    return (1 - z) * n + z * h_prev


def _gru_steps(rng):
    def some(N, D, H):
        x, h_prev = 0.7 * rng.normal(size=(N, D)), rng.uniform(0.3, 0.9, (N, H))
        h_prev *= rng.choice([-1, 1], (N, H))
        return x, h_prev, *gated(rng, D, H, 3), rng.uniform(0.3, 0.6, H) * rng.choice([-1, 1], H)

    return {USUAL: some(3, 2, 4), ONE_ROW: some(1, 2, 3), SINGLE: single(some(3, 3, 2))}


gru = Exercise(
    "gates.gru_step",
    "One step of a GRU",
    level=2,
    reference=gru_step,
    cases=_gru_steps,
    returns="h (N, H)",
    hides={
        ONE_ROW: {
            "return (1 - z) * n + z * h_prev": "h = (1 - z) * n + z * h_prev\n"
            "return h[0] if len(x) == 1 else h"
        },
        SINGLE: {"x_r, x_z": "x = np.frombuffer(x.tobytes()).reshape(x.shape)\nx_r, x_z"},
    },
)
mistake = gru.mistake

mistake(
    "z turned round",
    "z and 1 - z are exchanged: here z says how much of the old state stays. Some papers have it "
    "the other way.",
    "`(1 - z) * n + z * h_prev`",
    {"(1 - z) * n + z * h_prev": "z * n + (1 - z) * h_prev"},
)
mistake(
    "reset before the product",
    "The reset gate was laid on h_prev before the product, as in Cho et al. (2014). Here it lies "
    "on the product.",
    "`n = np.tanh(x_n + r * (h_n + b_h))`",
    {"r * (h_n + b_h)": "(r * h_prev) @ W_h[:, 2 * len(W_h):] + b_h"},
)
mistake(
    "gate order z, r, n",
    "Reset gate and update gate are exchanged.",
    "the order of the blocks: r, z, n",
    {"r = sigmoid(x_r + h_r)": "r = sigmoid(x_z + h_z)",
     "z = sigmoid(x_z + h_z)": "z = sigmoid(x_r + h_r)"},
)  # fmt: skip
mistake(
    "no reset gate",
    "The reset gate is not used: the candidate sees all of the old state.",
    "`n = np.tanh(x_n + r * (h_n + b_h))`",
    {"r * (h_n + b_h)": "h_n + b_h"},
)
mistake(
    "b_h outside the reset gate",
    "The bias b_h was added outside the reset gate. It belongs to the product that r multiplies.",
    "`r * (h_n + b_h)`",
    {"r * (h_n + b_h)": "r * h_n + b_h"},
)
mistake(
    "b_h missing",
    "The bias b_h was left out.",
    "`r * (h_n + b_h)`",
    {"r * (h_n + b_h)": "r * h_n"},
)
mistake(
    "reset on the input too",
    "The reset gate multiplies the input's part as well. It decides about the past alone.",
    "`n = np.tanh(x_n + r * (h_n + b_h))`",
    {"x_n + r * (h_n + b_h)": "r * (x_n + h_n + b_h)"},
)
mistake(
    "all of the candidate added",
    "The candidate was added whole, without 1 - z. What the update gate keeps and what it lets in "
    "make one together.",
    "`(1 - z) * n + z * h_prev`",
    {"(1 - z) * n": "n"},
)
mistake(
    "sigmoid for the candidate",
    "The candidate n went through a sigmoid. It is a state, between -1 and 1, and takes tanh.",
    "`n = np.tanh(x_n + r * (h_n + b_h))`",
    {"np.tanh(x_n + r * (h_n + b_h))": "sigmoid(x_n + r * (h_n + b_h))"},
)

# ---- the way back through an LSTM's gates: dh, dc (N, H) from later on; what the step computed


def gates_backward(dh, dc, c_prev, i, f, g, o, c):
    tanh_c = np.tanh(c)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c_prev * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    return np.concatenate((da_i, da_f, da_g, da_o), axis=1), dc * f


def _ways_back(rng):
    def some(N, H):
        dh, dc = rng.normal(size=(2, N, H))
        c_prev, (i, f, o) = _remembered(rng, N, H), rng.uniform(0.15, 0.8, (3, N, H))
        g = rng.uniform(0.3, 0.9, (N, H)) * rng.choice([-1, 1], (N, H))
        return dh, dc, c_prev, i, f, g, o, f * c_prev + i * g

    return {USUAL: some(3, 4), ONE_ROW: some(1, 3), SINGLE: single(some(4, 3))}


backward = Exercise(
    "gates.lstm_backward",
    "Back through the gates",
    level=3,
    reference=gates_backward,
    cases=_ways_back,
    returns=("da (N, 4H)", "dc_prev (N, H)"),
    hides={
        ONE_ROW: {"axis=1), dc * f": "axis=1)[0 if len(c) == 1 else slice(None)], dc * f"},
        SINGLE: {"tanh_c = np": "dh = np.frombuffer(dh.tobytes()).reshape(dh.shape)\ntanh_c = np"},
    },
)
mistake = backward.mistake

mistake(
    "forget gate left out of the way back",
    "dc goes to the step before unchanged. On the way forward c_prev was multiplied with f, so on "
    "the way back dc is too.",
    "`dc_prev = dc * f`",
    {"axis=1), dc * f": "axis=1), dc"},
)
mistake(
    "no sigmoid slope",
    "The gradients of the gates do not pass their sigmoids.",
    "`i * (1 - i)`, `f * (1 - f)`, `o * (1 - o)`",
    {" * i * (1 - i)": "", " * f * (1 - f)": "", " * o * (1 - o)": ""},
)
mistake(
    "tanh's slope for the gates",
    "The slope of tanh, 1 - i^2, was used for the gates. The slope of a sigmoid is i (1 - i).",
    "`i * (1 - i)`, `f * (1 - f)`, `o * (1 - o)`",
    {"i * (1 - i)": "(1 - i**2)", "f * (1 - f)": "(1 - f**2)", "o * (1 - o)": "(1 - o**2)"},
)
mistake(
    "sigmoid's slope for the candidate",
    "The slope g (1 - g) is a sigmoid's. The candidate came out of a tanh: 1 - g^2.",
    "`da_g = dc * i * (1 - g**2)`",
    {"i * (1 - g**2)": "i * g * (1 - g)"},
)
mistake(
    "c for tanh(c)",
    "The output gate multiplied tanh(c) on the way forward, so its gradient is dh times tanh(c), "
    "not times c.",
    "`da_o = dh * np.tanh(c) * o * (1 - o)`",
    {"dh * tanh_c * o": "dh * c * o"},
)
mistake(
    "no tanh derivative at c",
    "What comes through h has passed a tanh on its way to c: its slope is missing.",
    BACK_TO_C,
    {" * (1 - tanh_c**2)": ""},
)
mistake(
    "1 - c^2 for 1 - tanh(c)^2",
    "The slope was written with c. It is 1 minus the square of what the tanh gave.",
    BACK_TO_C,
    {"1 - tanh_c**2": "1 - c**2"},
)
mistake(
    "dc from later dropped",
    "What comes back along c from the next step was dropped. Two gradients meet at c.",
    BACK_TO_C,
    {"dc = dc + dh": "dc = dh"},
)
mistake(
    "dc through h dropped",
    "Only what comes back along c was used. h was made of c too, so two gradients meet there.",
    BACK_TO_C,
    {"dc = dc + dh * o * (1 - tanh_c**2)": "dc = dc + 0"},
)
mistake(
    "output gate left out of the way back",
    "What comes through h was multiplied with o on the way forward, and is on the way back.",
    BACK_TO_C,
    {"dh * o * (1 - tanh_c**2)": "dh * (1 - tanh_c**2)"},
)
mistake(
    "c for c_prev at the forget gate",
    "The forget gate multiplied c_prev; its gradient was formed with c.",
    "`da_f = dc * c_prev * f * (1 - f)`",
    {"dc * c_prev * f": "dc * c * f"},
)
mistake(
    "gate order i, f, o, g",
    "The blocks of da stand in another order than those of the weights.",
    ORDER_OF_GATES,
    {"da_g, da_o)": "da_o, da_g)"},
)
