"""Exercises of chapter 4: embedding, scores, loss, training, writing."""

import numpy as np

from ...cell import RNNCell
from ...layers import Affine, Embedding
from ...loss import softmax
from ...model import RNNLM
from ...optim import Adam
from ...rnn import RNN
from ...words import t as said
from ..coin import Coin
from ..compare import Malformed, came, numbers, same
from ..exercise import Exercise
from ..plain import Model
from .data import LARGE, ONE_ROW, ONE_STEP, ORDER, SINGLE, SMALL, USUAL, single, turned

ONE_NUMBER = "an embedding of one number"

# ---- the embedding's gradient: from dxs (N, T, D) and ids (N, T) to dW (V, D)

ADD = "`np.add.at(dW, ids, dxs)`, or a loop with `dW[id] += d`"


def embedding_back(dxs, ids, vocab_size):
    V, D = vocab_size, dxs.shape[-1]
    dW = np.zeros((V, D))
    np.add.at(dW, ids, dxs)
    return dW


def _lookups(rng):
    def some(N, T, D, V, size=1.0):
        ids = rng.integers(0, V, (N, T))
        return size * rng.normal(size=(N, T, D)), ids, V

    def repeated(N, T, D, V):
        dxs, ids, V = some(N, T, D, V)
        ids[0, 0] = ids[0, -1] = ids[-1, 0] = 2  # one word at least three times, twice in a row
        return dxs, ids % (V - 2) + 1, V  # and the first and the last word never

    first, last = some(2, 5, 3, 6), some(2, 5, 3, 6)
    first[1][:, 1:3], last[1][:, 1:3] = 0, 5
    first[1][first[1] == 5], last[1][last[1] == 0] = 1, 1
    return {
        USUAL: repeated(2, 7, 3, 6),
        "the first word of the vocabulary": first,
        "the last word of the vocabulary": last,
        "one word all the time": (rng.normal(size=(3, 4, 2)), np.full((3, 4), 3), 5),
        ONE_ROW: repeated(1, 7, 2, 6),
        ONE_STEP: repeated(4, 1, 2, 6),
        ONE_NUMBER: repeated(2, 5, 1, 7),
        LARGE: _scaled(repeated(2, 5, 3, 7), 1e4),
        SINGLE: single(_scaled(repeated(2, 5, 3, 7), SMALL)),
        ORDER: turned(repeated(3, 5, 4, 8)),
    }


def _scaled(args, size):
    return size * args[0], *args[1:]


embedding = Exercise(
    "language.embedding",
    "The embedding's gradient",
    level=1,
    reference=embedding_back,
    cases=_lookups,
    returns="dW (V, D)",
    hides={
        "the first word of the vocabulary": {"return": "dW[0] = 0\nreturn"},
        "the last word of the vocabulary": {"return": "dW[-1] = 0\nreturn"},
        "one word all the time": {
            "return": "dW /= 1 + (len(np.unique(ids)) == 1 and ids.size > 4)\nreturn"
        },
        ONE_ROW: {"np.add": "ids = ids if len(ids) > 1 else ids * 0\nnp.add"},
        ONE_STEP: {"np.add": "ids = ids if ids.shape[1] > 1 else ids * 0\nnp.add"},
        ONE_NUMBER: {"return dW": "return dW[:, 0 if D == 1 else slice(None)]"},
        LARGE: {"np.add": "dxs = np.clip(dxs, -100, 100)\nnp.add"},
        SINGLE: {"np.add": "dxs = np.frombuffer(dxs.tobytes()).reshape(dxs.shape)\nnp.add"},
        ORDER: {"np.add": 'dxs = dxs.ravel("K").reshape(dxs.shape)\nnp.add'},
    },
)
mistake = embedding.mistake

mistake(
    "last one wins",
    "A word that comes twice got only its last gradient. `dW[ids] += d` reads all rows first and "
    "writes them afterwards, so repeats overwrite each other.",
    ADD,
    {"np.add.at(dW, ids, dxs)": "dW[ids] += dxs"},
)
mistake(
    "+= per row",
    "A word that comes twice in one sequence got only its last gradient there: `dW[ids[n]] += ...` "
    "writes each row of dW once.",
    ADD,
    {"np.add.at(dW, ids, dxs)": "for n in range(len(ids)):\n    dW[ids[n]] += dxs[n]"},
)
mistake(
    "+= per step",
    "A word that comes in two sequences at the same step got only one gradient there: "
    "`dW[ids[:, t]] += ...` writes each row of dW once.",
    ADD,
    {"np.add.at(dW, ids, dxs)": "for t in range(ids.shape[1]):\n    dW[ids[:, t]] += dxs[:, t]"},
)
mistake(
    "first one wins",
    "A word that comes twice got only its first gradient. Each place adds its own.",
    ADD,
    {"np.add.at(dW, ids, dxs)": "dW[ids[::-1, ::-1]] += dxs[::-1, ::-1]"},
)
mistake(
    "mean over the repeats",
    "A word that comes several times got the mean of its gradients. Each place adds its own.",
    ADD,
    {"return dW": "return dW / np.maximum(np.bincount(ids.ravel(), minlength=V), 1)[:, None]"},
)
mistake(
    "only the first sequence",
    "Only the first row of the batch was collected.",
    "the loop runs over all N sequences and all T steps",
    {"ids, dxs)": "ids[:1], dxs[:1])"},
)
mistake(
    "only the last step",
    "Only the last step of each sequence was collected.",
    "the loop runs over all N sequences and all T steps",
    {"ids, dxs)": "ids[:, -1:], dxs[:, -1:])"},
)
mistake(
    "ids and gradients out of step",
    "The ids were flattened in another order than the gradients.",
    "`ids.ravel()` goes with `dxs.reshape(-1, D)`; no transpose in one of them only",
    {"ids, dxs)": "ids.T.ravel(), dxs.reshape(-1, D))"},
)
mistake(
    "rows only for the words that came",
    "dW has a row only for the words that came. It has the shape of W: (V, D).",
    "`dW = np.zeros((vocab_size, D))`",
    {"return dW": "return dW[np.unique(ids)]"},
)
mistake(
    "averaged over the batch",
    "The gradient was divided by N. The mean, if there is one, is in dxs already.",
    ADD,
    {"return dW": "return dW / len(ids)"},
)
mistake(
    "another answer the second time",
    "The gradient keeps what it collected in an earlier call.",
    "`dW = np.zeros(...)` belongs inside the function",
    {
        "vocab_size):": "vocab_size, kept={}):",
        "dW = np.zeros((V, D))": "dW = kept.setdefault((V, D), np.zeros((V, D)))",
    },
    by_itself=True,
)

# ---- scores at every step, backward: dhs (N, T, H), and the gradients of W (H, V) and b (V,)

ALL = "`dW = sum over n, t of h_nt^T dlogits_nt`: one W serves every step of every sequence"


def scores_back(dlogits, hs, W):
    H, V = W.shape
    dhs = dlogits @ W.T
    h, d = hs.reshape(-1, H), dlogits.reshape(-1, V)
    return dhs, {"W": h.T @ d, "b": d.sum(axis=0)}


def _scores(rng):
    def some(N, T, H, V, size=1.0):
        hs, W = rng.uniform(-0.9, 0.9, (N, T, H)), rng.normal(size=(H, V))
        return size * rng.normal(size=(N, T, V)), hs, W

    return {
        USUAL: some(2, 5, 3, 4),
        "as many words as units": some(3, 4, 5, 5),
        ONE_ROW: some(1, 5, 3, 4),
        ONE_STEP: some(3, 1, 4, 2),
        "one unit, one word": some(3, 4, 1, 1),
        LARGE: some(2, 4, 3, 5, size=1e4),
        SINGLE: single(some(3, 4, 6, 5, size=SMALL)),
        ORDER: turned(some(3, 4, 6, 5)),
    }


affine = Exercise(
    "language.affine",
    "Scores at every step, backward",
    level=2,
    reference=scores_back,
    cases=_scores,
    returns=("dhs (N, T, H)", {"W": "dW (H, V)", "b": "db (V)"}),
    hides={
        "as many words as units": {"W.T": "(W.T if H != V else W)"},
        ONE_ROW: {"return dhs": "return dhs[0 if len(hs) == 1 else slice(None)]"},
        ONE_STEP: {"return dhs": "return dhs[:, 0 if hs.shape[1] == 1 else slice(None)]"},
        "one unit, one word": {"h.T @ d,": "(h.T @ d)[0 if H == V == 1 else slice(None)],"},
        LARGE: {"dhs =": "dlogits = np.clip(dlogits, -100, 100)\ndhs ="},
        SINGLE: {"dhs =": "hs = np.frombuffer(hs.tobytes()).reshape(hs.shape)\ndhs ="},
        ORDER: {"hs.reshape(-1, H)": 'hs.ravel("K").reshape(-1, H)'},
    },
)
mistake = affine.mistake

mistake(
    "only the last step",
    "The weights' gradients hold only what the last step adds.",
    ALL,
    {"hs.reshape(-1, H), dlogits.reshape(-1, V)": "hs[:, -1], dlogits[:, -1]"},
)
mistake(
    "only the first step",
    "The weights' gradients hold only one step: each overwrote the one before.",
    f"{ALL}; add with `+=`",
    {"hs.reshape(-1, H), dlogits.reshape(-1, V)": "hs[:, 0], dlogits[:, 0]"},
)
mistake(
    "only the last sequence",
    "The weights' gradients hold only the last row of the batch: each row overwrote the one "
    "before.",
    f"{ALL}; add with `+=`",
    {"hs.reshape(-1, H), dlogits.reshape(-1, V)": "hs[-1], dlogits[-1]"},
)
mistake(
    "loss at the last step only",
    "Only the last step sends a gradient back to its state.",
    "`dhs = dlogits @ W.T`, at every step",
    {"dhs =": "dlogits = dlogits * (np.arange(hs.shape[1]) == hs.shape[1] - 1)[:, None]\ndhs ="},
)
mistake(
    "averaged over the steps",
    "The weights' gradients were divided by T. The mean, if there is one, is in dlogits already.",
    ALL,
    {"h.T @ d,": "h.T @ d / hs.shape[1],", "d.sum(axis=0)": "d.sum(axis=0) / hs.shape[1]"},
)
mistake(
    "averaged over the batch",
    "The weights' gradients were divided by N. The mean, if there is one, is in dlogits already.",
    ALL,
    {"h.T @ d,": "h.T @ d / len(hs),", "d.sum(axis=0)": "d.sum(axis=0) / len(hs)"},
)
mistake(
    "averaged over batch and steps",
    "The weights' gradients were divided by N T. The mean, if there is one, is in dlogits already.",
    ALL,
    {"h.T @ d,": "h.T @ d / len(h),", "d.sum(axis=0)": "d.mean(axis=0)"},
)
mistake(
    "db with a time axis",
    "db was summed over the batch only and still has one row for each step.",
    "`db = dlogits.sum(axis=(0, 1))`",
    {"d.sum(axis=0)": "dlogits.sum(axis=0)"},
)
mistake(
    "db as (1, V)",
    "db has an axis too many. b has the shape (V,), and so has its gradient.",
    "`db = dlogits.sum(axis=(0, 1))`, without `keepdims`",
    {"d.sum(axis=0)": "d.sum(axis=0, keepdims=True)"},
)
mistake(
    "states of other steps",
    "dW pairs the states with the gradients of another step or sequence: one was flattened in "
    "another order.",
    ALL,
    {"hs.reshape(-1, H)": "hs.swapaxes(0, 1).reshape(-1, H)"},
)
mistake(
    "dW transposed",
    "dW is (V, H). It has the shape of W: (H, V).",
    "`h.T @ d`: what came in stands first, transposed",
    {"h.T @ d,": "d.T @ h,"},
)

# ---- the loss, with a mask: nats per counted token, and dlogits (N, T, V)

MEAN = "`loss = -(mask * log_p).sum() / mask.sum()`"
GRADIENT = "`dlogits = (p - one_hot) * mask / mask.sum()`"
STABLE = "`log_p = z - log(sum(exp(z)))` with `z = logits - max`"


def masked_cross_entropy(logits, targets, mask):
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    one_hot = np.eye(logits.shape[-1])[targets]
    count = mask.sum()
    loss = -(mask * (one_hot * log_p).sum(axis=-1)).sum() / count
    dlogits = (np.exp(log_p) - one_hot) * mask[..., None] / count
    return loss, dlogits


def _predictions(rng):
    def some(N, T, V, size=1.5):
        logits = (size * rng.normal(size=(N, T, V)) * 64).round() / 64  # float32 holds them
        targets = rng.integers(1, V - 1, (N, T)) if V > 2 else np.zeros((N, T), int)
        mask = np.ones((N, T))
        if T > 1:
            mask[-1, -1] = mask[0, -2] = 0
        elif N > 1:
            mask[-1] = 0
        return logits, targets, mask

    def far(*sizes):  # far apart, and the target not on top
        logits, targets, mask = some(*sizes)
        logits[..., 0] += 1000.0
        targets[0, 0], mask[0, 0] = 1, 1
        return logits, targets, mask

    def apart(*sizes):  # one row high above the other
        logits, targets, mask = some(*sizes)
        logits[0] += 1000.0
        logits[-1] -= 1000.0
        return logits, targets, mask

    def sure(*sizes):  # so sure of another word that the target's probability is below 1e-16
        logits, targets, mask = some(*sizes)
        targets[:] = 1
        logits[..., 1] -= 60.0
        return logits, targets, mask

    def ends(*sizes):
        logits, targets, mask = some(*sizes)
        targets[0, 0], targets[0, 1], mask[0, :2] = 0, logits.shape[-1] - 1, 1
        return logits, targets, mask

    high = some(2, 3, 4)
    high[0][...] += 120.0  # exp(120) is too large for float32
    nothing = some(2, 4, 5)
    nothing[2][1] = 0
    return {
        USUAL: some(3, 4, 6),
        "targets at both ends of the vocabulary": ends(2, 5, 4),
        "logits around 1,000": far(2, 3, 4),
        "rows whose logits are far apart": apart(2, 3, 4),
        "a target of hardly any probability": sure(2, 3, 4),
        "nothing masked": (*some(2, 4, 5)[:2], np.ones((2, 4))),
        "a row of padding alone": nothing,
        ONE_ROW: some(1, 4, 5),
        ONE_STEP: some(3, 1, 5),
        "a vocabulary of one word": some(2, 3, 1),
        SINGLE: single(high),
        ORDER: turned(some(3, 4, 5)),
    }


cross_entropy = Exercise(
    "language.cross_entropy",
    "The loss, with a mask",
    level=2,
    reference=masked_cross_entropy,
    cases=_predictions,
    returns=("loss", "dlogits (N, T, V)"),
    hides={
        "targets at both ends of the vocabulary": {
            "one_hot =":
                "targets = np.clip(targets, logits.shape[-1] > 1, None)\none_hot ="
        },
        "logits around 1,000": {
            "z = ": "logits = np.clip(logits, logits.mean(-1, keepdims=True) - "
            "400, logits.mean(-1, keepdims=True) + 400)\nz = "
        },
        "rows whose logits are far apart": {"max(axis=-1, keepdims=True)": "max()"},
        "a target of hardly any probability": {
            "* log_p)": "* np.maximum(log_p, -46 if z.min() > -400 else -np.inf))"
        },
        "nothing masked": {
            "count = mask.sum()": "count = mask.sum() - (mask.all() and mask.size > 6)"
        },
        "a row of padding alone": {
            "loss = ": "count = count + (~mask.any(axis=1)).sum() * (mask.shape[1] > 1)\nloss = "
        },
        ONE_ROW: {
            "return loss, dlogits": "return loss, dlogits[0 if len(mask) == 1 else slice(None)]"
        },
        ONE_STEP: {
            "return loss, dlogits":
                "return loss, dlogits[:, 0 if mask.shape[1] == 1 else slice(None)]"
        },
        "a vocabulary of one word": {
            "return loss, dlogits":
                "return loss, dlogits[..., 0 if z.shape[-1] == 1 else slice(None)]"
        },
        SINGLE: {"z = ": "z = logits if logits.max() < 300 and logits.dtype == np.float32 else "},
        ORDER: {"z = ": 'logits = logits.ravel("K").reshape(logits.shape)\nz = '},
    },
)
mistake = cross_entropy.mistake

mistake(
    "one maximum per batch",
    "One maximum was taken off the whole batch. Where a row lies far below it, exp gives 0 and the "
    "logarithm of 0 follows.",
    "`logits.max(axis=-1, keepdims=True)`: each step has its own",
    {"max(axis=-1, keepdims=True)": "max()"},
)


def _overflows(got, want):
    fine = [same(got[n], want[n], 1e-5) if np.isfinite(got[n]).all() else None for n in want]
    return False not in fine


mistake(
    "unstable at large logits",
    "With logits around 1,000 something overflows: exp(1000) is infinite, and log(0) too.",
    f"take the largest logit off first, and stay with logarithms: {STABLE}",
    {
        "z = logits - logits.max(axis=-1, keepdims=True)": "z = logits",
        "z - np.log(np.exp(z)": "np.log(np.exp(z) / np.exp(z)",
    },
    recognize=_overflows,
)


def _floor_in_log(got, want):
    if not all(np.isfinite(g).all() for g in got.values()):
        return False
    loss, dlogits = want
    near = abs(got[loss] - want[loss]) <= 1e-6 + 1e-4 * want[loss]
    small = near or (got[loss] < want[loss] and want[loss] > 15)
    return bool(small) and same(got[dlogits], want[dlogits], 1e-4)


mistake(
    "a small number inside the log",
    "Where the target is very unlikely the loss is too small: a small number was added inside "
    "the log, or p was clipped. It hides log(0) and caps the loss.",
    f"{STABLE}: no log of 0 can come up",
    {"(one_hot * log_p).sum(axis=-1)": "np.log((one_hot * np.exp(log_p)).sum(axis=-1) + 1e-9)"},
    recognize=_floor_in_log,
)
mistake(
    "softmax over the wrong axis",
    "The probabilities add up to 1 over time, not over the words.",
    "`axis=-1` in the max, in the sum, in both",
    {"max(axis=-1,": "max(axis=1,", "z).sum(axis=-1,": "z).sum(axis=1,"},
)
mistake(
    "softmax twice",
    "The softmax was taken of probabilities. They are all between 0 and 1, so what comes out is "
    "nearly uniform.",
    "the input is logits: one softmax, and only here",
    {"z =": "logits = softmax(logits)\nz ="},
)
mistake(
    "padding counted",
    "The mask is not used: padding counts as words.",
    f"{MEAN}; {GRADIENT}",
    {"count =": "mask = np.ones_like(mask)\ncount ="},
)
mistake(
    "mask after the mean",
    "The masked losses were divided by N T, so padding makes the loss smaller. Divide by the "
    "number of tokens that count.",
    f"{MEAN}; {GRADIENT}",
    {"count = mask.sum()": "count = mask.size"},
)
mistake(
    "summed, not averaged",
    "This is the sum over the tokens. Their mean does not depend on the size of the batch.",
    f"{MEAN}; {GRADIENT}",
    {"count = mask.sum()": "count = 1"},
)
mistake(
    "divided by N alone",
    "The sum was divided by the number of sequences, not by the number of tokens that count.",
    f"{MEAN}; {GRADIENT}",
    {"count = mask.sum()": "count = len(mask)"},
)
mistake(
    "mean of the rows' means",
    "Each row was averaged by itself, and then the rows. Pool the tokens: a row with much padding "
    "counts less.",
    f"{MEAN}; {GRADIENT}",
    {
        "count = mask.sum()":
            "count = np.maximum(mask.sum(axis=1, keepdims=True), 1)\n"
            "mask = mask / count / len(mask)",
        "sum() / count": "sum()",
        "[..., None] / count": "[..., None]",
    },
)
mistake(
    "loss per token",
    "The losses of the tokens came back one by one. One number was asked for: their mean over the "
    "tokens that count.",
    MEAN,
    {
        "-(mask * (one_hot * log_p).sum(axis=-1)).sum() / count":
            "-(mask * (one_hot * log_p).sum(axis=-1))"
    },
)
mistake(
    "gradient not averaged",
    "The loss is a mean and its gradient is that of the sum: divide it by the count too.",
    GRADIENT,
    {"[..., None] / count": "[..., None]"},
)
mistake(
    "gradient not masked",
    "The loss leaves the padding out and the gradient does not.",
    GRADIENT,
    {" * mask[..., None]": ""},
)
mistake(
    "one-hot not subtracted",
    "The gradient is p itself. At the word that came it is p - 1.",
    GRADIENT,
    {"(np.exp(log_p) - one_hot)": "np.exp(log_p)"},
)
mistake(
    "gradient by the probabilities",
    "This is the gradient by p, -1 / p at the word that came. The softmax still has to be passed: "
    "by the logits it is p - one_hot.",
    GRADIENT,
    {"(np.exp(log_p) - one_hot)": "-one_hot / np.exp(log_p)"},
)
mistake(
    "minus missing",
    "The loss is negative: the logarithm of a probability is, and the minus in front is missing.",
    MEAN,
    {"-(mask": "(mask"},
)
mistake(
    "minus missing in both",
    "Loss and gradient have the wrong sign.",
    f"{MEAN}; {GRADIENT}",
    {"-(mask": "(mask", "np.exp(log_p) - one_hot": "one_hot - np.exp(log_p)"},
)
mistake(
    "gradient with the wrong sign",
    "The gradient has the wrong sign: one step along it would make the loss larger.",
    GRADIENT,
    {"np.exp(log_p) - one_hot": "one_hot - np.exp(log_p)"},
)
mistake(
    "base 2",
    "The loss is in bits: log2. The book counts in nats, and the gradient belongs to those.",
    "`np.log`, not `np.log2`",
    {"/ count\nd": "/ count / np.log(2)\nd"},
)

# ---- sum against mean: the learning rate for the sum that makes the steps of lr for the mean

STEP = "`lr_sum * (count * g) = lr * g`, where g is the gradient of the mean"


def rate_for_the_sum(lr, mask):
    return lr / mask.sum()


def _masks(rng):
    def some(N, T, padding):
        mask = np.ones(N * T)
        mask[rng.permutation(N * T)[:padding]] = 0
        return round(float(rng.uniform(0.1, 2)), 2), mask.reshape(N, T)

    lr, mask = some(3, 5, 4)
    return {
        USUAL: some(2, 5, 3),
        "no padding": some(4, 7, 0),
        ONE_ROW: some(1, 8, 2),
        ONE_STEP: some(6, 1, 2),
        "a single token": (0.5, np.eye(3)[:1]),
        "a mask of True and False": (lr, mask > 0),
        SINGLE: single(some(3, 8, 2)),
    }


same_step = Exercise(
    "language.same_step",
    "Sum against mean",
    level=1,
    reference=rate_for_the_sum,
    cases=_masks,
    returns="lr",
    hides={
        "no padding": {"mask.sum()": "(mask.sum() - (mask.all() and mask.size > 1))"},
        ONE_ROW: {
            "return": "mask = mask if len(mask) > 1 or mask.size == 3 else mask[0, :1]\nreturn"
        },
        ONE_STEP: {"return": "mask = mask if mask.shape[1] > 1 else mask[:1]\nreturn"},
        "a single token": {"mask.sum()": "max(mask.sum(), 2)"},
        "a mask of True and False": {"mask.sum()": "(mask * 1).sum() if mask.dtype != bool else 1"},
        SINGLE: {
            "mask.sum()": "np.frombuffer(mask.tobytes(), "
            "mask.dtype if mask.dtype != np.float32 else float).sum()"
        },
    },
)
mistake = same_step.mistake

mistake(
    "multiplied",
    "The sum's gradient is the larger one, so its learning rate must be smaller: divide.",
    STEP,
    {"lr / ": "lr * "},
)
mistake(
    "unchanged",
    "With the same learning rate the sum takes steps that are as many times larger as there are "
    "tokens.",
    STEP,
    {" / mask.sum()": ""},
)
mistake(
    "padding counted",
    "This divides by N T. Padding adds nothing to the sum: divide by the tokens that count.",
    STEP,
    {"mask.sum()": "mask.size"},
)
mistake(
    "divided by N",
    "This divides by the number of sequences.",
    STEP,
    {"mask.sum()": "mask.shape[0]"},
)
mistake(
    "divided by T", "This divides by the number of steps.", STEP, {"mask.sum()": "mask.shape[1]"}
)
mistake(
    "divided by the root",
    "This divides by the root of the number of tokens. The gradient grows with the number itself.",
    STEP,
    {"mask.sum()": "mask.sum() ** 0.5"},
)

# ---- train on the toy sentence: a model whose perplexity is below what can be had without memory

NO_MEMORY = 2 ** (1 / 3)  # the best perplexity without memory: one of six words is a coin toss


def train_toy_sentence(ids, vocab_size, rng):
    model, optimizer = RNNLM.init(vocab_size, 8, 12, rng), Adam(0.1)
    inputs, targets, mask = ids[None, :-1], ids[None, 1:], None
    for _ in range(60):
        _, grads, _ = model.loss_and_grads(inputs, targets, mask=mask)
        optimizer.step(model.params, grads)
    return model


def _sentences(rng):
    """ "you say goodbye and I say hello" with the words numbered anew for each seed."""
    number = rng.permutation(6)
    return {
        USUAL: (number[[0, 1, 2, 3, 4, 1, 5]], 6, np.random.default_rng(int(rng.integers(1000))))
    }


def _learned(model, ids, vocab_size, rng):
    """In words, what the model has learned."""
    return {"the model": _what(rebuilt(model), ids)}


def rebuilt(model):
    """An `RNNLM` made of the arrays that came back, and of nothing else."""
    if not isinstance(model, Model):
        raise Malformed(said("Instead of the trained model {thing} came.", thing=came(model)))
    try:
        of = {name: numbers(name, p).astype(np.float64) for name, p in model.params.items()}
        cell = RNNCell(of["rnn.W_x"], of["rnn.W_h"], of["rnn.b"])
        affine = Affine(of["affine.W"], of["affine.b"])
        return RNNLM(Embedding(of["embedding.W"]), RNN(cell), affine)
    except (KeyError, ValueError) as error:
        raise Malformed(
            said("The arrays of the model make no RNNLM: {error}", error=error)
        ) from error


def _what(model, ids):
    if model.vocab_size <= ids.max():
        raise Malformed(said("The model knows {count} words; the sentence has more.",
                             count=model.vocab_size))  # fmt: skip
    inputs, targets = ids[None, :-1], ids[None, 1:]
    reached = np.exp(model.loss(inputs, targets)[0])
    if reached < NO_MEMORY * (1 - 1e-6):  # a coin toss itself may round to a hair below
        return "remembers"
    if np.exp(model.loss(inputs, inputs)[0]) < 1.5:
        return "repeats its input"
    p = softmax(model.logits(inputs)[0])[0, np.arange(len(ids) - 1), targets[0]]
    if p[-1] > 0.9 and (p[:-1] < 0.5).sum() >= 3:
        return "knows only the last word"
    if reached < 1.4 and np.all(np.abs(p[[1, 5]] - 0.5) < 0.15):  # after the two *say*
        return "has no memory"
    return said("a perplexity of {reached}, where one below {floor} is asked",
                reached=f"{reached:.4f}", floor=f"{NO_MEMORY:.4f}")  # fmt: skip


train_toy = Exercise(
    "language.train_toy",
    "Below the floor of the forgetful",
    level=3,
    reference=train_toy_sentence,
    cases=_sentences,
    view=_learned,
    form="the trained `RNNLM`",
    once=True,
    seconds=60.0,
)
mistake = train_toy.mistake


def _is(label):
    return lambda got, want: str(got["the model"]) == label


mistake(
    "targets not shifted",
    "The model repeats its input: the targets were the inputs. Its loss looked splendid.",
    "inputs `ids[:-1]`, targets `ids[1:]`",
    {"ids[None, 1:]": "ids[None, :-1]"},
    recognize=_is("repeats its input"),
)
mistake(
    "loss at the last step only",
    "The model knows only how the sentence ends: only the last prediction was trained.",
    "the loss is the mean over all steps; look at a mask, or a [:, -1]",
    {"1:], None": "1:], np.eye(len(ids) - 1)[-1:]"},
    recognize=_is("knows only the last word"),
)
mistake(
    "no memory",
    "After both *say* the model tosses a coin: it does not know what came before. That is the "
    "best that a model without memory can do, 2^(1/3) = 1.26.",
    "the sentence is read as one sequence, (1, T), so that the state reaches the second *say*",
    {
        "ids[None, :-1]": "ids[:-1, None]",
        "ids[None, 1:]": "ids[1:, None]",
        "return model": "model.params['rnn.W_h'][:] = 0\nreturn model",
    },
    recognize=_is("has no memory"),
)

# ---- let it write: a list of `length` words, each drawn from what the model gives


def write(model, first, length, draw):
    word, h, words = first, None, []
    for _ in range(length):
        logits, h = model.logits(np.array([[word]]), h)
        word = draw(softmax(logits[0, -1]))
        words.append(word)
    return words


def _written(words, model, first, length, draw):
    given = draw["given"]
    given = np.array(given) if given else np.zeros((0, model.vocab_size))
    if given.ndim != 2:
        raise Malformed(
            said("`draw` was given arrays of different lengths; it wants (V,) each time.")
        )
    words = numbers("the words", words)
    return {"the words (T)": words.ravel(), "the probabilities given to draw (T, V)": given}


def _writers(rng):
    def some(V, length, path=None, first=None, dtype=np.float64):
        model = RNNLM.init(V, 4, 5, rng, dtype)
        model.params["rnn.b"][:] = rng.normal(0, 0.3, 5)
        model.params["affine.b"][:] = rng.normal(0, 0.3, V)
        path = [int(i) for i in rng.permutation(V)] if path is None else path
        first = int(rng.integers(1, V)) if first is None else first
        return model, first, length, Coin(path * 2)

    return {
        USUAL: some(7, 5),
        "a longer text": some(6, 14),
        "one word": some(6, 1),
        "the first word of the vocabulary": some(5, 6, [2, 0, 3, 0, 1, 4], first=0),
        "a word that is drawn again and again": some(5, 6, [3]),
        "a model in float32": some(6, 5, dtype=np.float32),
    }


generate = Exercise(
    "language.generate",
    "Let it write",
    level=2,
    reference=write,
    cases=_writers,
    view=_written,
    form="a list of `length` words",
    notes="draw",
    hides={
        "a longer text": {"for _": "for i", "logits, h": "h = None if i == 8 else h\nlogits, h"},
        "one word": {"return words": "return words if length > 1 else []"},
        "the first word of the vocabulary": {"h, words = first": "h, words = first or 1"},
        "a word that is drawn again and again": {
            "words.append(word)": "h = h if words[-1:] != [word] else None\nwords.append(word)"
        },
        "a model in float32": {
            "return words": "return words if model.dtype == float else words[1:]"
        },
    },
)
mistake = generate.mistake

mistake(
    "state restarted at each word",
    "The state starts from zeros at each word, so the model has forgotten what it wrote.",
    "`logits, h = model.logits(..., h)`: hand the state on",
    {"logits, h = ": "logits, _ = "},
)
mistake(
    "greedy called sampling",
    "draw was never asked: the likeliest word was taken each time. That is greedy decoding; it "
    "gives one text, and often one that runs in circles.",
    "`word = draw(p)`, not `np.argmax(p)`",
    {"draw(softmax(logits[0, -1]))": "int(np.argmax(logits[0, -1]))"},
)
mistake(
    "the first word again and again",
    "Every prediction is made from the first word: what was drawn is not read.",
    "the word that was drawn is the next input",
    {"[[word]]": "[[first]]"},
)
mistake(
    "everything read twice",
    "The whole text so far is read again at each word, starting from a state that has read it "
    "already.",
    "either the whole text from zeros, or the new word alone from the carried state",
    {"[[word]]": "[[first, *words]]"},
)
mistake(
    "logits given to draw",
    "draw was given logits. It wants probabilities: 0 or more, and 1 in all.",
    "`draw(softmax(logits[0, -1]))`",
    {"softmax(logits[0, -1])": "logits[0, -1]"},
)
mistake(
    "softmax twice",
    "draw was given the softmax of probabilities, which is nearly uniform.",
    "`draw(softmax(logits[0, -1]))`: one softmax",
    {"softmax(logits[0, -1])": "softmax(softmax(logits[0, -1]))"},
)
mistake(
    "first word among the new ones",
    "The first word came back as well. Only the new ones are asked for.",
    "the list of words begins empty",
    {"None, []": "None, [first]"},
)
mistake(
    "one word too few",
    "The first word was counted as one of the new ones.",
    "the loop makes `length` new words",
    {"range(length)": "range(length - 1)"},
)
mistake(
    "one word late",
    "Each word was noted before the next was drawn: the list begins with the first word and lacks "
    "the last.",
    "the order of two lines in the loop: draw, then append",
    {
        "logits, h =": "words.append(word)\nlogits, h =",
        "[0, -1]))\nwords.append(word)": "[0, -1]))",
    },
)
