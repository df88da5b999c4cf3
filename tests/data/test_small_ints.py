"""Ids of a small integer type give what the same ids give in int64."""

import numpy as np
import pytest

from rnn_core import Embedding, Vocabulary, softmax_cross_entropy, stream_batches
from rnn_core.data.ngram import Bigram, KneserNey, Unigram
from rnn_core.diagnostics.scoring import token_log_probs

KINDS = ["u1", "i1", "u2", "i2", "u4", ">u2", ">i8", "u8"]


def ids_of(dtype):
    """More words than half the type can count, up to 1,000, the largest among them."""
    V = min(int(np.iinfo(dtype).max), 1000) // 2 + 1
    ids = np.random.default_rng(0).integers(0, V, 400)
    ids[:4] = V - 1
    return V, ids, ids.astype(dtype)


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("model", [Unigram, Bigram, KneserNey])
def test_counting_models(model, dtype):
    V, ids, small = ids_of(dtype)
    want, got = model(ids, V), model(small, V)
    for a, b in ((want.prob(ids[:-1], ids[1:]), got.prob(small[:-1], small[1:])),
                 (want.predict(ids[:9]), want.predict(small[:9])),
                 (want.log_probs(ids), got.log_probs(small))):  # fmt: skip
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", KINDS)
def test_layers_losses_batches_and_vocabularies(dtype):
    V, ids, small = ids_of(dtype)
    table = Embedding(np.random.default_rng(1).normal(size=(V, 3)))
    logits = np.random.default_rng(2).normal(size=(2, 200, V))
    ends = []
    for z in (ids, small):
        z = z.reshape(2, 200)
        xs, cache = table.forward(z)
        loss, dlogits = softmax_cross_entropy(logits, z)
        blocks = [b for pair in stream_batches(z.ravel(), 3, 7) for b in pair]
        words = Vocabulary([f"w{i}" for i in range(V)]).decode(z[0])
        ends.append([xs, table.backward(xs, cache)["W"], loss, dlogits,
                     token_log_probs(logits, z), *blocks, words])  # fmt: skip
    assert len(ends[0]) == len(ends[1])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_array_equal(a, b)
