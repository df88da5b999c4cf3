"""Exercises of chapter 4: embedding, scores, loss, training, writing."""

import numpy as np

from ...cell import RNNCell
from ...layers import Affine, Embedding
from ...loss import softmax
from ...model import RNNLM
from ...optim import Adam
from ...rnn import RNN
from ...words import t
from ..compare import Malformed, came, same
from ..exercise import Exercise
from ..plain import Model

# ---- the embedding's gradient

ADD = "`np.add.at(dW, ids, dxs)`, or a loop with `dW[id] += d`"


def _embedding_backward(dxs, ids, vocab_size):
    dW = np.zeros((vocab_size, dxs.shape[-1]))
    np.add.at(dW, ids, dxs)
    return dW


def _lookups(rng):
    cases = []
    for N, T, D, V in ((2, 7, 3, 6), (3, 5, 4, 8)):
        ids = rng.integers(1, V - 1, (N, T))  # the first and the last word never come
        ids[0, 1] = ids[0, 3] = ids[1, 4] = ids[0, 0]  # and one comes at least four times
        cases.append((rng.normal(size=(N, T, D)), ids, V))
    return cases


embedding = Exercise(
    "language.embedding",
    "The embedding's gradient",
    level=1,
    reference=_embedding_backward,
    cases=_lookups,
    returns="dW (V, D)",
)


@embedding.mistake(
    "last one wins",
    "A word that comes twice got only its last gradient. `dW[ids] += d` reads all rows first and "
    "writes them afterwards, so repeats overwrite each other.",
    look=ADD,
)
def _(dxs, ids, vocab_size):
    dW = np.zeros((vocab_size, dxs.shape[-1]))
    dW[ids] += dxs
    return dW


@embedding.mistake(
    "mean over the repeats",
    "A word that comes several times got the mean of its gradients. Each place adds its own.",
    look=ADD,
)
def _(dxs, ids, vocab_size):
    counts = np.maximum(np.bincount(ids.ravel(), minlength=vocab_size), 1)
    return _embedding_backward(dxs, ids, vocab_size) / counts[:, None]


@embedding.mistake(
    "only the first sequence",
    "Only the first row of the batch was collected.",
    look="the loop runs over all N sequences and all T steps",
)
def _(dxs, ids, vocab_size):
    return _embedding_backward(dxs[:1], ids[:1], vocab_size)


@embedding.mistake(
    "ids and gradients out of step",
    "The ids were flattened in another order than the gradients.",
    look="`ids.ravel()` goes with `dxs.reshape(-1, D)`; no transpose in one of them only",
)
def _(dxs, ids, vocab_size):
    flat = dxs.reshape(-1, dxs.shape[-1])
    return _embedding_backward(flat, ids.T.ravel(), vocab_size)


@embedding.mistake(
    "rows only for the words that came",
    "dW has a row only for the words that came. It has the shape of W: (V, D).",
    look="`dW = np.zeros((vocab_size, D))`",
)
def _(dxs, ids, vocab_size):
    return _embedding_backward(dxs, ids, vocab_size)[np.unique(ids)]


class _Collector:
    """A gradient that is made once and collects for ever."""

    def __init__(self):
        self.dW = {}

    def __call__(self, dxs, ids, vocab_size):
        dW = self.dW.setdefault(dxs.shape, np.zeros((vocab_size, dxs.shape[-1])))
        dW += _embedding_backward(dxs, ids, vocab_size)
        return dW.copy()


@embedding.mistake(
    "another answer the second time",
    "The gradient keeps what it collected in an earlier call.",
    look="`dW = np.zeros(...)` belongs inside the function",
    by_itself=True,
)
def _(dxs, ids, vocab_size, collect=_Collector()):  # noqa: B008 (the mistake itself)
    return collect(dxs, ids, vocab_size)


# ---- scores at every step


def _affine_backward(dlogits, hs, W):
    grads = {"W": np.einsum("nth,ntv->hv", hs, dlogits), "b": dlogits.sum(axis=(0, 1))}
    return dlogits @ W.T, grads


def _scores(rng):
    cases = []
    for N, T, H, V in ((2, 5, 3, 4), (3, 4, 6, 5)):
        hs, W = rng.uniform(-0.9, 0.9, (N, T, H)), rng.normal(size=(H, V))
        cases.append((rng.normal(size=(N, T, V)), hs, W))
    return cases


affine = Exercise(
    "language.affine",
    "Scores at every step, backward",
    level=2,
    reference=_affine_backward,
    cases=_scores,
    returns=("dhs (N, T, H)", {"W": "dW (H, V)", "b": "db (V)"}),
)
ALL = "`dW = sum over n, t of h_nt^T dlogits_nt`: one W serves every step of every sequence"


@affine.mistake(
    "only the last step",
    "The weights' gradients hold only what the last step adds.",
    look=ALL,
)
def _(dlogits, hs, W):
    dhs, _ = _affine_backward(dlogits, hs, W)
    return dhs, _affine_backward(dlogits[:, -1:], hs[:, -1:], W)[1]


@affine.mistake(
    "only the first step",
    "The weights' gradients hold only one step: each overwrote the one before.",
    look=f"{ALL}; add with `+=`",
)
def _(dlogits, hs, W):
    dhs, _ = _affine_backward(dlogits, hs, W)
    return dhs, _affine_backward(dlogits[:, :1], hs[:, :1], W)[1]


@affine.mistake(
    "loss at the last step only",
    "Only the last step sends a gradient back to its state.",
    look="`dhs = dlogits @ W.T`, at every step",
)
def _(dlogits, hs, W):
    last = np.zeros_like(dlogits)
    last[:, -1] = dlogits[:, -1]
    return _affine_backward(last, hs, W)


@affine.mistake(
    "averaged over the steps",
    "The weights' gradients were divided by T. The mean, if there is one, is in dlogits already.",
    look=ALL,
)
def _(dlogits, hs, W):
    dhs, grads = _affine_backward(dlogits, hs, W)
    return dhs, {name: g / hs.shape[1] for name, g in grads.items()}


@affine.mistake(
    "db with a time axis",
    "db was summed over the batch only and still has one row for each step.",
    look="`db = dlogits.sum(axis=(0, 1))`",
)
def _(dlogits, hs, W):
    dhs, grads = _affine_backward(dlogits, hs, W)
    return dhs, {**grads, "b": dlogits.sum(axis=0)}


@affine.mistake(
    "states of other steps",
    "dW pairs the states with the gradients of another step or sequence: one was flattened in "
    "another order.",
    look=ALL,
)
def _(dlogits, hs, W):
    dhs, grads = _affine_backward(dlogits, hs, W)
    (H, V), turned = W.shape, hs.swapaxes(0, 1)
    return dhs, {**grads, "W": turned.reshape(-1, H).T @ dlogits.reshape(-1, V)}


# ---- softmax and cross-entropy, with a mask


def _cross_entropy(logits, targets, mask):
    top = logits - logits.max(axis=-1, keepdims=True)
    log_p = top - np.log(np.exp(top).sum(axis=-1, keepdims=True))
    hit = np.eye(logits.shape[-1])[targets]
    count = mask.sum()
    return -(mask * (hit * log_p).sum(axis=-1)).sum() / count, (
        (np.exp(log_p) - hit) * mask[..., None] / count
    )


def _predictions(rng):
    cases = []
    for N, T, V, size in ((2, 5, 6, 1.5), (3, 4, 5, 1.5), (2, 3, 4, 1000.0)):
        logits = rng.normal(0, size, (N, T, V))
        targets = rng.integers(V, size=(N, T))
        if size > 100:  # far apart, and the target hardly ever on top
            logits[..., 0] = size
            targets[0, 0] = 1
        mask = np.ones((N, T))
        mask[-1, -1] = mask[0, -2] = 0
        cases.append((logits, targets, mask))
    return cases


cross_entropy = Exercise(
    "language.cross_entropy",
    "The loss, with a mask",
    level=2,
    reference=_cross_entropy,
    cases=_predictions,
    returns=("loss", "dlogits (N, T, V)"),
)
MEAN = "`loss = -(mask * log_p).sum() / mask.sum()`"
GRADIENT = "`dlogits = (p - one_hot) * mask / mask.sum()`"


def _moderate(function):
    """Both results of a plain, unstable formula."""

    def wrapped(logits, targets, mask):
        p = function(logits)
        hit = np.eye(logits.shape[-1])[targets]
        loss = -(mask * np.log((hit * p).sum(axis=-1))).sum() / mask.sum()
        return loss, (p - hit) * mask[..., None] / mask.sum()

    return wrapped


def _overflows(got, want):
    fine = [same(got[n], want[n], 1e-5) if np.isfinite(got[n]).all() else None for n in want]
    return False not in fine


cross_entropy.mistake(
    "unstable at large logits",
    "With logits around 1,000 something overflows: exp(1000) is infinite, and log(0) too.",
    "take the largest logit off first, and stay with logarithms: "
    "`log_p = z - log(sum(exp(z)))` with `z = logits - max`",
    recognize=_overflows,
)(_moderate(lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)))


def _floor_in_log(got, want):
    if not all(np.isfinite(g).all() for g in got.values()):
        return False
    loss, dlogits = want
    small = same(got[loss], want[loss], 1e-4) or (got[loss] < want[loss] and want[loss] > 100)
    return bool(small) and same(got[dlogits], want[dlogits], 1e-4)


@cross_entropy.mistake(
    "a small number inside the log",
    "Where the target is very unlikely the loss is too small: a small number was added inside "
    "the log, or p was clipped. It hides log(0) and caps the loss.",
    look="`log_p = z - log(sum(exp(z)))` with `z = logits - max`: no log of 0 can come up",
    recognize=_floor_in_log,
)
def _(logits, targets, mask):
    p = softmax(logits)
    hit = np.eye(logits.shape[-1])[targets]
    loss = -(mask * np.log((hit * p).sum(axis=-1) + 1e-7)).sum() / mask.sum()
    return loss, (p - hit) * mask[..., None] / mask.sum()


@cross_entropy.mistake(
    "softmax over the wrong axis",
    "The probabilities add up to 1 over time, not over the words.",
    look="`axis=-1` in the max, in the sum, in both",
)
def _(logits, targets, mask):
    top = logits - logits.max(axis=1, keepdims=True)
    log_p = top - np.log(np.exp(top).sum(axis=1, keepdims=True))
    hit = np.eye(logits.shape[-1])[targets]
    loss = -(mask * (hit * log_p).sum(axis=-1)).sum() / mask.sum()
    return loss, (np.exp(log_p) - hit) * mask[..., None] / mask.sum()


@cross_entropy.mistake(
    "softmax twice",
    "The softmax was taken of probabilities. They are all between 0 and 1, so what comes out is "
    "nearly uniform.",
    look="the input is logits: one softmax, and only here",
)
def _(logits, targets, mask):
    return _cross_entropy(softmax(logits), targets, mask)


@cross_entropy.mistake(
    "padding counted", "The mask is not used: padding counts as words.", look=f"{MEAN}; {GRADIENT}"
)
def _(logits, targets, mask):
    return _cross_entropy(logits, targets, np.ones_like(mask))


@cross_entropy.mistake(
    "mask after the mean",
    "The masked losses were divided by N T, so padding makes the loss smaller. Divide by the "
    "number of tokens that count.",
    look=f"{MEAN}; {GRADIENT}",
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    return loss * mask.mean(), dlogits * mask.mean()


@cross_entropy.mistake(
    "summed, not averaged",
    "This is the sum over the tokens. Their mean does not depend on the size of the batch.",
    look=f"{MEAN}; {GRADIENT}",
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    return loss * mask.sum(), dlogits * mask.sum()


@cross_entropy.mistake(
    "divided by N alone",
    "The sum was divided by the number of sequences, not by the number of tokens that count.",
    look=f"{MEAN}; {GRADIENT}",
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    scale = mask.sum() / len(mask)
    return loss * scale, dlogits * scale


@cross_entropy.mistake(
    "gradient not averaged",
    "The loss is a mean and its gradient is that of the sum: divide it by the count too.",
    look=GRADIENT,
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    return loss, dlogits * mask.sum()


@cross_entropy.mistake(
    "gradient not masked",
    "The loss leaves the padding out and the gradient does not.",
    look=GRADIENT,
)
def _(logits, targets, mask):
    loss, _ = _cross_entropy(logits, targets, mask)
    return loss, _cross_entropy(logits, targets, np.ones_like(mask))[1] * mask.size / mask.sum()


@cross_entropy.mistake(
    "one-hot not subtracted",
    "The gradient is p itself. At the word that came it is p - 1.",
    look=GRADIENT,
)
def _(logits, targets, mask):
    loss, _ = _cross_entropy(logits, targets, mask)
    return loss, softmax(logits) * mask[..., None] / mask.sum()


@cross_entropy.mistake(
    "minus missing",
    "The loss is negative: the logarithm of a probability is, and the minus in front is missing.",
    look=MEAN,
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    return -loss, dlogits


@cross_entropy.mistake(
    "minus missing in both",
    "Loss and gradient have the wrong sign.",
    look=f"{MEAN}; {GRADIENT}",
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    return -loss, -dlogits


@cross_entropy.mistake(
    "base 2",
    "The loss is in bits: log2. The book counts in nats, and the gradient belongs to those.",
    look="`np.log`, not `np.log2`",
)
def _(logits, targets, mask):
    loss, dlogits = _cross_entropy(logits, targets, mask)
    return loss / np.log(2), dlogits


# ---- sum against mean


def _same_step(lr, mask):
    return lr / mask.sum()


def _masks(rng):
    cases = []
    for N, T, padding in ((2, 5, 3), (4, 7, 6), (3, 8, 1)):
        mask = np.ones(N * T)
        mask[rng.permutation(N * T)[:padding]] = 0
        cases.append((round(float(rng.uniform(0.1, 2)), 2), mask.reshape(N, T)))
    return cases


same_step = Exercise(
    "language.same_step",
    "Sum against mean",
    level=1,
    reference=_same_step,
    cases=_masks,
    returns="lr",
)
STEP = "`lr_sum * (count * g) = lr * g`, where g is the gradient of the mean"


def _rate(name, words, function):
    same_step.mistake(name, words, STEP)(function)


_rate(
    "multiplied",
    "The sum's gradient is the larger one, so its learning rate must be smaller: divide.",
    lambda lr, mask: lr * mask.sum(),
)
_rate(
    "unchanged",
    "With the same learning rate the sum takes steps that are as many times larger as there are "
    "tokens.",
    lambda lr, mask: lr,
)
_rate(
    "padding counted",
    "This divides by N T. Padding adds nothing to the sum: divide by the tokens that count.",
    lambda lr, mask: lr / mask.size,
)
_rate(
    "divided by N", "This divides by the number of sequences.", lambda lr, mask: lr / mask.shape[0]
)
_rate("divided by T", "This divides by the number of steps.", lambda lr, mask: lr / mask.shape[1])

# ---- train on the toy sentence

NO_MEMORY = 2 ** (1 / 3)  # the best perplexity without memory: one of six words is a coin toss


def _fit(ids, vocab_size, rng, steps=40, targets=None, mask=None, forget=False):
    """A small model, trained on the sentence; the keywords are what can go wrong."""
    model, optimizer = RNNLM.init(vocab_size, 8, 12, rng), Adam(0.1)
    inputs, right = ids[None, :-1], ids[None, 1:]
    targets = right if targets is None else targets
    for _ in range(steps):
        if forget:
            model.params["rnn.W_h"][:] = 0
        _, grads, _ = model.loss_and_grads(inputs, targets, mask=mask)
        optimizer.step(model.params, grads)
    if forget:
        model.params["rnn.W_h"][:] = 0
    return model


def _sentences(rng):
    """ "you say goodbye and I say hello" with the words numbered anew for each seed."""
    number = rng.permutation(6)
    return [(number[[0, 1, 2, 3, 4, 1, 5]], 6, np.random.default_rng(int(rng.integers(1000))))]


def _learned(model, ids, vocab_size, rng):
    """In words, what the model has learned."""
    return {"the model": model if isinstance(model, str) else _what(rebuilt(model), ids)}


def rebuilt(model):
    """An `RNNLM` made of the arrays that came back, and of nothing else."""
    if not isinstance(model, Model):
        raise Malformed(t("Instead of the trained model {thing} came.", thing=came(model)))
    try:
        of = {name: np.array(p, dtype=np.float64) for name, p in model.params.items()}
        cell = RNNCell(of["rnn.W_x"], of["rnn.W_h"], of["rnn.b"])
        affine = Affine(of["affine.W"], of["affine.b"])
        return RNNLM(Embedding(of["embedding.W"]), RNN(cell), affine)
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(t("The arrays of the model make no RNNLM: {error}", error=error)) from error


def _what(model, ids):
    inputs, targets = ids[None, :-1], ids[None, 1:]
    if model.vocab_size <= ids.max():
        return "knows fewer words than the sentence has"
    reached = np.exp(model.loss(inputs, targets)[0])
    if reached < NO_MEMORY * (1 - 1e-6):
        return "remembers"
    copy = np.exp(model.loss(inputs, inputs)[0])
    if copy < 1.5:
        return "repeats its input"
    p = softmax(model.logits(inputs)[0])[0, np.arange(len(ids) - 1), targets[0]]
    if p[-1] > 0.9 and (p[:-1] < 0.5).sum() >= 3:
        return "knows only the last word"
    after_say = p[[1, 5]]
    if reached < 1.4 and np.all(np.abs(after_say - 0.5) < 0.15):
        return "has no memory"
    return t("perplexity {reached}, and below {floor} is asked", reached=f"{reached:.4f}",
             floor=f"{NO_MEMORY:.4f}")  # fmt: skip


train_toy = Exercise(
    "language.train_toy",
    "Below the floor of the forgetful",
    level=3,
    reference=lambda ids, vocab_size, rng: "remembers",
    cases=_sentences,
    view=_learned,
    form="the trained `RNNLM`",
    once=True,
    seconds=60.0,
)


def _is(label):
    return lambda got, want: str(got["the model"]) == label


@train_toy.mistake(
    "targets not shifted",
    "The model repeats its input: the targets were the inputs. Its loss looked splendid.",
    look="inputs `ids[:-1]`, targets `ids[1:]`",
    recognize=_is("repeats its input"),
)
def _(ids, vocab_size, rng):
    return _fit(ids, vocab_size, rng, targets=ids[None, :-1])


@train_toy.mistake(
    "loss at the last step only",
    "The model knows only how the sentence ends: only the last prediction was trained.",
    look="the loss is the mean over all steps; look at a mask, or a [:, -1]",
    recognize=_is("knows only the last word"),
)
def _(ids, vocab_size, rng):
    mask = np.zeros((1, len(ids) - 1))
    mask[0, -1] = 1
    return _fit(ids, vocab_size, rng, mask=mask)


@train_toy.mistake(
    "no memory",
    "After both *say* the model tosses a coin: it does not know what came before. That is the "
    "best that a model without memory can do, 2^(1/3) = 1.26.",
    look="the sentence is read as one sequence, (1, T), so that the state reaches the second *say*",
    recognize=_is("has no memory"),
)
def _(ids, vocab_size, rng):
    return _fit(ids, vocab_size, rng, forget=True)


# ---- writing


class Coin:
    """A `draw` that notes the probabilities it is given; what it draws was decided beforehand."""

    def __init__(self, path):
        self.path, self.given = list(path), []

    def __call__(self, probs):
        self.given.append(np.array(probs, dtype=np.float64).ravel())
        return self.path[(len(self.given) - 1) % len(self.path)]

    def plain(self):
        """What `check` reads of it after the call."""
        return {"given": self.given}


def _generate(model, first, length, draw):
    h, word, out = None, first, []
    for _ in range(length):
        logits, h = model.logits(np.array([[word]]), h)
        word = draw(softmax(logits[0, -1]))
        out.append(word)
    return out


def _written(out, model, first, length, draw):
    given = np.array(draw["given"]) if draw["given"] else np.zeros((0, model.vocab_size))
    words = np.asarray(out).ravel()
    return {"the words (T)": words, "the probabilities given to draw (T, V)": given}


def _writers(rng):
    cases = []
    for V, length in ((7, 5), (6, 8)):
        model = RNNLM.init(V, 4, 5, rng)
        first, path = int(rng.integers(V)), [int(i) for i in rng.permutation(V)]
        cases.append((model, first, length, Coin(path * 2)))
    return cases


generate = Exercise(
    "language.generate",
    "Let it write",
    level=2,
    reference=_generate,
    cases=_writers,
    view=_written,
    form="a list of `length` words",
    notes="draw",
)


@generate.mistake(
    "state restarted at each word",
    "The state starts from zeros at each word, so the model has forgotten what it wrote.",
    look="`logits, h = model.logits(..., h)`: hand the state on",
)
def _(model, first, length, draw):
    word, out = first, []
    for _ in range(length):
        word = draw(softmax(model.logits(np.array([[word]]))[0][0, -1]))
        out.append(word)
    return out


@generate.mistake(
    "greedy called sampling",
    "draw was never asked: the likeliest word was taken each time. That is greedy decoding; it "
    "gives one text, and often one that runs in circles.",
    look="`word = draw(p)`, not `np.argmax(p)`",
)
def _(model, first, length, draw):
    return _generate(model, first, length, lambda p: int(np.argmax(p)))


@generate.mistake(
    "the first word again and again",
    "Every prediction is made from the first word: what was drawn is not read.",
    look="the word that was drawn is the next input",
)
def _(model, first, length, draw):
    h, out = None, []
    for _ in range(length):
        logits, h = model.logits(np.array([[first]]), h)
        out.append(draw(softmax(logits[0, -1])))
    return out


@generate.mistake(
    "everything read twice",
    "The whole text so far is read again at each word, starting from a state that has read it "
    "already.",
    look="either the whole text from zeros, or the new word alone from the carried state",
)
def _(model, first, length, draw):
    h, text = None, [first]
    for _ in range(length):
        logits, h = model.logits(np.array([text]), h)
        text.append(draw(softmax(logits[0, -1])))
    return text[1:]


@generate.mistake(
    "logits given to draw",
    "draw was given logits. It wants probabilities: 0 or more, and 1 in all.",
    look="`draw(softmax(logits[0, -1]))`",
)
def _(model, first, length, draw):
    h, word, out = None, first, []
    for _ in range(length):
        logits, h = model.logits(np.array([[word]]), h)
        word = draw(logits[0, -1])
        out.append(word)
    return out


@generate.mistake(
    "first word among the new ones",
    "The first word came back as well. Only the new ones are asked for.",
    look="the list of words begins empty",
)
def _(model, first, length, draw):
    return [first, *_generate(model, first, length, draw)]


@generate.mistake(
    "one word too few",
    "The first word was counted as one of the new ones.",
    look="the loop makes `length` new words",
)
def _(model, first, length, draw):
    return _generate(model, first, length - 1, draw)
