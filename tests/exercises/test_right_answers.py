"""Right answers, each written in another way than the reference: all of them are right."""

import math
from collections import Counter

import numpy as np
import pytest

from rnn_core import RNN, RNNCell, perplexity, stream_batches
from rnn_core.checks.answer import run
from rnn_core.checks.judge import judge
from rnn_core.checks.runner import find, library
from rnn_core.layers import Affine, Embedding
from rnn_core.loss import softmax, softmax_cross_entropy
from rnn_core.optim import clip_by_global_norm

ANSWERS = []


def right(id):
    """Decorator: a right answer to this exercise."""

    def add(function):
        ANSWERS.append((id, function))
        return function

    return add


@right("anatomy.step")
def anatomy_step_1(x, h_prev, W_x, W_h, b):
    return RNNCell(W_x, W_h, b).forward(x, h_prev)[0]


@right("anatomy.step")
def anatomy_step_2(x, h_prev, W_x, W_h, b):
    return np.array(
        [
            [
                math.tanh(
                    sum(x[n][d] * W_x[d][j] for d in range(len(W_x)))
                    + sum(h_prev[n][i] * W_h[i][j] for i in range(len(W_h)))
                    + b[j]
                )
                for j in range(len(b))
            ]
            for n in range(len(x))
        ]
    )


@right("anatomy.step")
def anatomy_step_3(x, h_prev, W_x, W_h, b):
    return 2 / (1 + np.exp(-2 * (x @ W_x + h_prev @ W_h + b))) - 1


@right("anatomy.forward")
def anatomy_forward_1(xs, h_0, W_x, W_h, b):
    return RNN(RNNCell(W_x, W_h, b)).forward(xs, h_0)[0]


@right("anatomy.forward")
def anatomy_forward_2(xs, h_0, W_x, W_h, b):
    N, T, _D = xs.shape
    hs = np.zeros((N, T, len(b)), dtype=xs.dtype)
    h = h_0
    for t in range(T):
        hs[:, t, :] = np.tanh(np.dot(xs[:, t, :], W_x) + np.dot(h, W_h) + b)
        h = hs[:, t, :]
    return hs


@right("anatomy.unshare")
def anatomy_unshare_1(cell, xs, h_0, dhs):
    r = RNN(cell)
    T = xs.shape[1]
    h = h_0
    cs = []
    for t in range(T):
        h, c = cell.forward(xs[:, t], h)
        cs.append(c)
    out = np.zeros((T,) + cell.W_h.shape)
    d = np.zeros_like(h_0)
    for t in range(T - 1, -1, -1):
        _, d, g = cell.backward(dhs[:, t] + d, cs[t])
        out[t] = g["W_h"]
    return out, r.backward(dhs, r.forward(xs, h_0)[1])[2]["W_h"]


@right("anatomy.to_torch")
def anatomy_to_torch_1(W_x, W_h, b, h_0):
    return {
        "weight_ih_l0": np.transpose(W_x).copy(),
        "weight_hh_l0": W_h.T.tolist(),
        "bias_ih_l0": b / 2,
        "bias_hh_l0": b / 2,
        "h_0": h_0.reshape(1, *h_0.shape),
    }


@right("bptt.cell_backward")
def bptt_cell_backward_1(dh, x, h_prev, h, W_x, W_h):
    return RNNCell(W_x, W_h, np.zeros(len(W_h))).backward(dh, (x, h_prev, h))


@right("bptt.clip")
def bptt_clip_1(g, m):
    n = math.sqrt(sum(float((v**2).sum()) for v in g.values()))
    if n <= m:
        return g, n
    return {k: v * (m / n) for k, v in g.items()}, n


@right("bptt.clip")
def bptt_clip_2(g, m):
    return clip_by_global_norm(g, m)


@right("bptt.clip")
def bptt_clip_3(g, m):
    n = np.linalg.norm(np.concatenate([v.ravel() for v in g.values()]))
    c = m / (n + 1e-6)
    return {k: v * min(1.0, c) for k, v in g.items()}, n


@right("truncation.carry")
def truncation_carry_1(rnn, xs, h_0, k):
    return rnn.forward(xs, h_0)[0]


@right("truncation.backward")
def truncation_backward_1(dhs, hs, h_0, W_h, k):
    N, T, H = hs.shape
    tot = np.zeros_like(hs)
    dW = np.zeros_like(W_h)
    for s in range(0, T, k):
        d = np.zeros((N, H))
        for t in reversed(range(s, min(s + k, T))):
            tot[:, t] = dhs[:, t] + d
            da = tot[:, t] * (1 - hs[:, t] ** 2)
            dW = dW + (h_0 if t == 0 else hs[:, t - 1]).T @ da
            d = da @ W_h.T
    return tot, dW


@right("truncation.batches")
def truncation_batches_1(ids, N, T):
    return list(stream_batches(ids, N, T))


@right("truncation.batches")
def truncation_batches_2(ids, N, T):
    L = (len(ids) - 1) // N
    out = []
    for s in range(0, L, T):
        e = min(s + T, L)
        out.append(
            (
                np.stack([ids[i * L + s : i * L + e] for i in range(N)]),
                np.stack([ids[i * L + s + 1 : i * L + e + 1] for i in range(N)]),
            )
        )
    return out


@right("truncation.batches")
def truncation_batches_3(ids, N, T):
    return [np.stack(pair) for pair in stream_batches(ids, N, T)]


@right("truncation.bias")
def truncation_bias_1(rnn, xs, h_0, dhs, ks):
    c = rnn.forward(xs, h_0)[1]
    def fl(g):
        return np.hstack([v.ravel() for v in g.values()])
    f = fl(rnn.backward(dhs, c)[2])
    r = []
    for k in ks:
        t = fl(rnn.backward(dhs, c, block_len=k)[2])
        r.append(
            (
                float(np.dot(f / np.linalg.norm(f), t / np.linalg.norm(t))),
                float(np.linalg.norm(t) / np.linalg.norm(f)),
            )
        )
    return r


@right("truncation.memory")
def truncation_memory_1(s, k, N, H):
    return np.zeros((N, min(s, k) + 1, H)).nbytes


@right("language.embedding")
def language_embedding_1(dxs, ids, V):
    return np.eye(V)[ids.ravel()].T @ dxs.reshape(-1, dxs.shape[-1])


@right("language.embedding")
def language_embedding_2(dxs, ids, V):
    return Embedding(np.zeros((V, dxs.shape[-1]))).backward(dxs, ids)["W"]


@right("language.embedding")
def language_embedding_3(dxs, ids, V):
    d = np.zeros((V, dxs.shape[2]), dtype=dxs.dtype)
    for n in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            d[ids[n, t]] += dxs[n, t]
    return d


@right("language.affine")
def language_affine_1(d, hs, W):
    return Affine(W, np.zeros(W.shape[1])).backward(d, hs)


@right("language.affine")
def language_affine_2(d, hs, W):
    return np.einsum("ntv,hv->nth", d, W), {
        "W": np.tensordot(hs, d, ((0, 1), (0, 1))),
        "b": d.sum((0, 1)),
    }


@right("language.cross_entropy")
def language_cross_entropy_1(l, t, m):
    return softmax_cross_entropy(l, t, m)


@right("language.cross_entropy")
def language_cross_entropy_2(l, t, m):
    lp = l - np.logaddexp.reduce(l, axis=-1, keepdims=True)
    n = m.sum()
    loss = -np.sum(np.take_along_axis(lp, t[..., None], -1)[..., 0] * m) / n
    d = np.exp(lp)
    N, T = t.shape
    d[np.arange(N)[:, None], np.arange(T), t] -= 1
    return loss, d * m[:, :, None] / n


@right("language.same_step")
def language_same_step_1(lr, m):
    return lr / np.count_nonzero(m)


@right("language.generate")
def language_generate_1(model, first, length, draw):
    text = [first]
    for _ in range(length):
        text.append(draw(softmax(model.logits(np.array([text]))[0][0, -1])))
    return text[1:]


@right("language.generate")
def language_generate_2(model, first, length, draw):
    h = model.zero_state(1)
    w = [first]
    while len(w) <= length:
        z, h = model.logits([[w[-1]]], h)
        z = z[0, 0]
        p = np.exp(z - z.max())
        w.append(draw(p / p.sum()))
    return w[1:]


@right("perplexity.of_words")
def perplexity_of_words_1(p):
    return 2 ** (-np.log2(p).mean())


@right("perplexity.of_words")
def perplexity_of_words_2(p):
    return math.exp(-sum(math.log(x) for x in p) / len(p))


@right("perplexity.of_words")
def perplexity_of_words_3(p):
    return perplexity(-np.log(p).mean())


@right("perplexity.streaming")
def perplexity_streaming_1(b):
    p = np.concatenate(list(b))
    return np.exp(-np.log(p).mean())


@right("perplexity.two_models")
def perplexity_two_models_1(P, V, c):
    e = np.array([1 / P] * P + [0] * (V - P))
    e = np.roll(e, c)
    s = np.zeros(V)
    s[c] = 1 / P
    s[c - 1] = 1 - s[c]
    return e, s


@right("perplexity.per_word")
def perplexity_per_word_1(q, c, w):
    return math.exp(math.log(q) * c / w), math.log(q) / math.log(2)


@right("perplexity.floors")
def perplexity_floors_1(ids, V):
    a = ids[1:]
    u = Counter(a.tolist())
    b = Counter(zip(ids[:-1].tolist(), a.tolist(), strict=False))
    f = Counter(ids[:-1].tolist())
    n = len(a)
    return (
        float(V),
        math.exp(-sum(c * math.log(c / n) for c in u.values()) / n),
        math.exp(-sum(c * math.log(c / f[k[0]]) for k, c in b.items()) / n),
    )


@right("perplexity.automaton")
def perplexity_automaton_1(v, p):
    return np.exp(sum(v[s] * -sum(q * math.log(q) for q in p[s] if q > 0) for s in range(len(v))))


@pytest.mark.parametrize("id, answer", ANSWERS, ids=[f.__name__ for _, f in ANSWERS])
def test_it_is_right_however_it_is_written(id, answer):
    for seed in (None, *range(20)):
        kept = library(id, seed)
        with np.errstate(all="ignore"):
            rans = run(find(id), answer, kept.cases, 10.0, apart=False)
        verdict = judge(find(id), rans, kept)
        assert verdict.right, f"seed {seed}: {verdict}"
