"""A training run that the page can make too: the same chance, weights, data and updates.

Chance is NumPy's ``Generator`` over the Mersenne Twister, which ``shared/train.js`` has as well.
What is drawn from it by `Grammar.sample` and `Recall.stream` is then the same on both sides.
"""

import numpy as np

from rnn_core import RNNLM, SGD, Adam, clip_by_global_norm, stream_batches
from rnn_core.cell import RNNCell
from rnn_core.data.grammar import embedded_reber, reber
from rnn_core.data.tasks import Recall
from rnn_core.layers import Affine, Embedding
from rnn_core.optim import global_norm
from rnn_core.rnn import RNN

GRAMMARS = {"reber": reber(), "embedded": embedded_reber()}


def dice(seed):
    """The generator of a seed, as the page has it."""
    bits = np.random.MT19937()
    bits.state = np.random.RandomState(seed).get_state(legacy=False)
    return np.random.Generator(bits)


def normals(rng, count):
    """`count` Gaussian numbers, two from each pair of uniform ones (Box & Muller 1958)."""
    u, v = rng.random((-(-count // 2), 2)).T
    r, turn = np.sqrt(-2 * np.log(1 - u)), 2 * np.pi * v
    return np.column_stack([r * np.cos(turn), r * np.sin(turn)]).ravel()[:count]


def start(vocab_size, embed_size, hidden_size, rng):
    """The model that a run starts from, an RNNLM.

    W_h is orthogonal: the state neither grows nor shrinks.  The output weights are small, so that
    the first guess is an even one and the first perplexity is V.
    """
    V, D, H = vocab_size, embed_size, hidden_size
    sizes = [(V, D), (D, H), (H, H), (H, V)]
    drawn = np.split(normals(rng, sum(a * b for a, b in sizes)), np.cumsum([V * D, D * H, H * H]))
    E, W_x, W_h, W = (z.reshape(shape) for z, shape in zip(drawn, sizes, strict=True))
    for i in range(H):  # Gram and Schmidt, row by row
        for row in W_h[:i]:
            W_h[i] -= (W_h[i] @ row) * row
        W_h[i] /= np.linalg.norm(W_h[i])
    cell = RNNCell(W_x * D**-0.5, W_h, np.zeros(H))
    return RNNLM(Embedding(E * 0.5), RNN(cell), Affine(W * 0.1 * H**-0.5, np.zeros(V)))


def model_of(params):
    """An RNNLM with copies of these arrays, named as in `RNNLM.params`."""
    p = {name: np.array(value, dtype=float) for name, value in params.items()}
    cell = RNNCell(p["rnn.W_x"], p["rnn.W_h"], p["rnn.b"])
    return RNNLM(Embedding(p["embedding.W"]), RNN(cell), Affine(p["affine.W"], p["affine.b"]))


def passage(data, rng):
    """Inputs, targets (N, T) and a mask or None: what is read before the state is zero again."""
    if data["kind"] == "text":
        ids, N = np.array(data["ids"]), data["rows"]
        ((inputs, targets),) = stream_batches(ids, N, (len(ids) - 1) // N)
        return inputs, targets, None
    N, T = data["rows"], data["length"]
    if data["kind"] == "recall":
        return Recall(data["cues"], data["span"]).stream(N, T, rng)
    ids = GRAMMARS[data["grammar"]].sample(T + 1, rng, N)
    return ids[:, :-1], ids[:, 1:], None


class Run:
    """The updates of a figure `Learn`, made with rnn_core.

    Parameters
    ----------
    data : dict
        As `Learn.plan` has it.
    embed_size, hidden_size, seed : int
    lr : float
    k : int
        Steps that the gradient travels back.
    way : "block" or "window"
    carry, clip : bool
        Carry the state from block to block; clip the gradient's global norm at 1.
    optimizer : "adam" or "sgd"
    """

    def __init__(
        self, data, *, embed_size, hidden_size, seed, lr, k, way="block", carry=True, clip=True,
        optimizer="adam",
    ):  # fmt: skip
        self.data, self.rng = data, dice(seed)
        self.model = start(data["V"], embed_size, hidden_size, self.rng)
        self.optimizer = Adam(lr) if optimizer == "adam" else SGD(lr)
        self.long = k if way == "block" else data["stretch"]
        self.window, self.carry, self.clip = k if way == "window" else None, carry, clip
        self.blocks, self.h = iter(()), None

    def block(self):
        """The next block, (inputs, targets, mask or None); a new passage begins without a state."""
        block = next(self.blocks, None)
        if block is None:
            arrays, self.h = passage(self.data, self.rng), None
            T = arrays[0].shape[1]
            cuts = [slice(t, t + self.long) for t in range(0, T, self.long)]
            self.blocks = iter([[a if a is None else a[:, s] for a in arrays] for s in cuts])
            block = next(self.blocks)
        return block

    def update(self):
        """One update; the loss before it, the gradient's norm before clipping, the tokens."""
        inputs, targets, mask = self.block()
        while mask is not None and not mask.any():  # nobody is asked: read on
            _, h = self.model.logits(inputs, self.h)
            self.h = h if self.carry else None
            inputs, targets, mask = self.block()
        loss, grads, h = self.model.loss_and_grads(
            inputs, targets, self.h, mask, window=self.window
        )
        norm = global_norm(grads)
        if self.clip:
            grads, norm = clip_by_global_norm(grads, 1.0)
        self.optimizer.step(self.model.params, grads)
        self.h = h if self.carry else None
        return loss, norm, int(targets.size if mask is None else np.count_nonzero(mask))
