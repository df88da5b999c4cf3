"""One good call of every public callable: what tests/network/test_kinds.py then spoils.

To add a callable, write a function that makes everything anew and gives it and its arguments by
name, all of them, and put ``@good("module.Name")`` or ``@good("module.Class.method")`` above it.
Where two arguments exclude each other, give it two good calls.

``free`` names the kinds that the call may take with another result, by the beginnings of their
labels in tests/support/kinds.py: an axis whose size is the caller's choice, for instance.
"""

import importlib

import numpy as np

from rnn_core import (
    RNN,
    RNNLM,
    SGD,
    Adam,
    Affine,
    Embedding,
    GRUCell,
    LSTMCell,
    RNNCell,
    Vocabulary,
    checkpoint,
    gradcheck,
    loss,
    notebook,
    optim,
)
from rnn_core.data import batches, grammar, ngram, tasks, texts
from rnn_core.diagnostics import flow, matrices, memory, scoring, truncation
from rnn_core.rnn import StepByStep
from rnn_core.text import corpus
from rnn_core.text import scoring as scoring_of_texts

# in rnn_core's own namespace two of these names are functions
sample, train = (importlib.import_module(f"rnn_core.{name}") for name in ("sample", "train"))
N, T, D, H, V = 2, 3, 4, 5, 6
ANY_SHAPE = ("axis", "an axis", "a number")
CALLS = {}


def good(name, /, **free):
    """Register a good call under the name of what is called."""

    def register(make):
        CALLS.setdefault(f"rnn_core.{name}", []).append((make, free))
        return make

    return register


def rng():
    return np.random.default_rng(0)


def floats(*shape):
    return np.random.default_rng(len(shape)).normal(size=shape)


def ids(*shape, below=V):
    return np.random.default_rng(1).integers(0, below, shape)


def lm():
    return RNNLM.init(V, D, H, rng())


def layer():
    return RNN(RNNCell.init(D, H, rng()))


# ---- the network


@good("cell.RNNCell", W_x=["axis 0"])
def _():
    return RNNCell, {"W_x": floats(D, H), "W_h": floats(H, H), "b": floats(H)}


@good("cell.RNNCell.init")
def _():
    sizes = {"input_size": D, "hidden_size": H}
    return RNNCell.init, {**sizes, "rng": rng(), "dtype": np.float64}


@good("cell.RNNCell.forward")
def _():
    return layer().cell.forward, {"x": floats(N, D), "h_prev": floats(N, H)}


# what is in a cache comes out of a checked pass: its numbers are not looked at again
NOT_FINITE = ("nan", "inf", "-inf")


@good("cell.RNNCell.backward", cache=NOT_FINITE)
def _():
    cell = layer().cell
    _, cache = cell.forward(floats(N, D), floats(N, H))
    return cell.backward, {"dh": floats(N, H), "cache": cache}


@good("rnn.RNN")
def _():
    return RNN, {"cell": layer().cell}


@good("rnn.RNN.forward", xs=["axis 1"])
def _():
    return layer().forward, {"xs": floats(N, T, D), "h_0": floats(N, H)}


@good("rnn.RNN.backward", cache=NOT_FINITE)
def _():
    _, cache = layer().forward(floats(N, T, D), floats(N, H))
    return layer().backward, {"dhs": floats(N, T, H), "cache": cache, "block_len": 2}


@good("rnn.RNN.backward", cache=NOT_FINITE)
def _():
    _, cache = layer().forward(floats(N, T, D), floats(N, H))
    return layer().backward, {"dhs": floats(N, T, H), "cache": cache, "window": 2}


def gated(kind):
    return kind.init(D, H, rng())


@good("gates.LSTMCell", W_x=["axis 0"])
def _():
    return LSTMCell, gated(LSTMCell).params


@good("gates.GRUCell", W_x=["axis 0"])
def _():
    return GRUCell, gated(GRUCell).params


@good("gates.LSTMCell.init", forget_bias=["-"])
def _():
    how = {"input_size": D, "hidden_size": H, "rng": rng(), "dtype": np.float64}
    return LSTMCell.init, {**how, "forget_bias": 1.0}


@good("gates.GRUCell.init")
def _():
    how = {"input_size": D, "hidden_size": H, "rng": rng(), "dtype": np.float64}
    return GRUCell.init, how


@good("gates.LSTMCell.zero_state")
def _():
    return gated(LSTMCell).zero_state, {"batch_size": N}


@good("gates.GRUCell.zero_state")
def _():
    return gated(GRUCell).zero_state, {"batch_size": N}


@good("gates.LSTMCell.forward")
def _():
    state = floats(N, H), floats(N, H) / 2
    return gated(LSTMCell).forward, {"x": floats(N, D), "state": state}


@good("gates.GRUCell.forward")
def _():
    return gated(GRUCell).forward, {"x": floats(N, D), "h_prev": floats(N, H)}


@good("gates.LSTMCell.backward", cache=NOT_FINITE)
def _():
    cell = gated(LSTMCell)
    _, cache = cell.forward(floats(N, D), (floats(N, H), floats(N, H) / 2))
    return cell.backward, {"dstate": (floats(N, H), floats(N, H) / 2), "cache": cache}


@good("gates.GRUCell.backward", cache=NOT_FINITE)
def _():
    cell = gated(GRUCell)
    _, cache = cell.forward(floats(N, D), floats(N, H))
    return cell.backward, {"dh": floats(N, H), "cache": cache}


@good("rnn.StepByStep")
def _():
    return StepByStep, {"cell": gated(GRUCell)}


@good("rnn.StepByStep.forward", xs=["axis 1"])
def _():
    state = floats(N, H), floats(N, H) / 2
    return RNN(gated(LSTMCell)).forward, {"xs": floats(N, T, D), "state_0": state}


@good("rnn.StepByStep.backward", cache=NOT_FINITE)
def _():
    rnn = RNN(gated(GRUCell))
    _, cache = rnn.forward(floats(N, T, D), floats(N, H))
    return rnn.backward, {"dhs": floats(N, T, H), "cache": cache, "block_len": 2}


@good("rnn.StepByStep.backward", cache=NOT_FINITE)
def _():
    rnn = RNN(gated(GRUCell))
    _, cache = rnn.forward(floats(N, T, D), floats(N, H))
    return rnn.backward, {"dhs": floats(N, T, H), "cache": cache, "window": 2}


@good("layers.Embedding", W=["axis"])
def _():
    return Embedding, {"W": floats(V, D)}


@good("layers.Embedding.init")
def _():
    sizes = {"vocab_size": V, "embed_size": D}
    return Embedding.init, {**sizes, "rng": rng(), "dtype": np.float64}


@good("layers.Embedding.forward", ids=["axis"])
def _():
    return Embedding(floats(V, D)).forward, {"ids": ids(N, T)}


@good("layers.Embedding.backward")
def _():
    return Embedding(floats(V, D)).backward, {"dxs": floats(N, T, D), "cache": ids(N, T)}


@good("layers.Affine", W=["axis 0"])
def _():
    return Affine, {"W": floats(H, V), "b": floats(V)}


@good("layers.Affine.init")
def _():
    sizes = {"hidden_size": H, "vocab_size": V}
    return Affine.init, {**sizes, "rng": rng(), "dtype": np.float64}


@good("layers.Affine.forward", hs=["axis 0", "axis 1", "an axis more in front", "an axis less"])
def _():
    return Affine(floats(H, V), floats(V)).forward, {"hs": floats(N, T, H)}


@good("layers.Affine.backward", cache=NOT_FINITE)
def _():
    affine = Affine(floats(H, V), floats(V))
    return affine.backward, {"dlogits": floats(N, T, V), "cache": floats(N, T, H)}


@good("loss.softmax", logits=["axis", "an axis"])
def _():
    return loss.softmax, {"logits": floats(N, T, V)}


@good("loss.softmax_cross_entropy", logits=["axis 2 longer"])
def _():
    logits, mask = floats(N, T, V), np.array([[1, 0, 1], [1, 1, 0]])
    return loss.softmax_cross_entropy, {"logits": logits, "targets": ids(N, T), "mask": mask}


@good("loss.softmax_cross_entropy", out=NOT_FINITE)
def _():
    out = {"out": np.empty((N, T, V))}
    return loss.softmax_cross_entropy, {"logits": floats(N, T, V), "targets": ids(N, T), **out}


@good("loss.perplexity", loss=[*ANY_SHAPE, "inf"])
def _():
    return loss.perplexity, {"loss": abs(floats(N, T))}


ANY_GRADS = ("one entry", *ANY_SHAPE)


@good("optim.global_norm", grads=ANY_GRADS)
def _():
    return optim.global_norm, {"grads": {"a": floats(N, T), "b": floats(H)}}


@good("optim.clip_by_global_norm", grads=ANY_GRADS)
def _():
    grads = {"a": floats(N, T), "b": floats(H)}
    return optim.clip_by_global_norm, {"grads": grads, "max_norm": 0.5}


@good("optim.SGD")
def _():
    return SGD, {"lr": 0.5}


@good("optim.SGD.step", params=NOT_FINITE)
def _():
    arrays = {"a": floats(N, T), "b": floats(H)}
    return SGD(0.5).step, {"params": arrays, "grads": {k: -p for k, p in arrays.items()}}


@good("optim.Adam")
def _():
    return Adam, {"lr": 0.5, "beta1": 0.5, "beta2": 0.5, "eps": 0.5}


@good("optim.Adam.step", params=NOT_FINITE)
def _():
    arrays = {"a": floats(N, T), "b": floats(H)}
    return Adam(0.5).step, {"params": arrays, "grads": {k: -p for k, p in arrays.items()}}


@good("model.RNNLM")
def _():
    m = lm()
    return RNNLM, {"embedding": m.embedding, "rnn": m.rnn, "affine": m.affine}


@good("model.RNNLM.init")
def _():
    sizes = {"vocab_size": V, "embed_size": D, "hidden_size": H}
    return RNNLM.init, {**sizes, "rng": rng(), "dtype": np.float64, "cell": GRUCell}


@good("model.RNNLM.zero_state")
def _():
    return lm().zero_state, {"batch_size": N}


@good("model.RNNLM.logits", ids=["axis 1"])
def _():
    return lm().logits, {"ids": ids(N, T), "h_0": floats(N, H)}


def block():
    mask = np.array([[1, 0, 1], [1, 1, 0]])
    return {"ids": ids(N, T), "targets": ids(N, T), "h_0": floats(N, H), "mask": mask}


@good("model.RNNLM.loss")
def _():
    return lm().loss, block()


@good("model.RNNLM.loss_and_grads")
def _():
    return lm().loss_and_grads, {**block(), "block_len": 2}


@good("model.RNNLM.loss_and_grads")
def _():
    return lm().loss_and_grads, {**block(), "window": 2}


@good("checkpoint.best_segment")
def _():
    return checkpoint.best_segment, {"seq_len": 100}


@good("checkpoint.checkpointed_backward", xs=["axis 1"])
def _():
    arrays = {"xs": floats(N, T, D), "h_0": floats(N, H)}
    rest = {"dhs_of": lambda hs, start: hs, "segment_len": 2}
    return checkpoint.checkpointed_backward, {"rnn": layer(), **arrays, **rest}


# ---- proofs, training, writing


def square(z):
    return np.sum(z * z)


@good("gradcheck.central_difference", z=ANY_SHAPE)
def _():
    return gradcheck.central_difference, {"f": square, "z": floats(N, T), "eps": 2.0**-10}


@good("gradcheck.complex_step", z=ANY_SHAPE)
def _():
    return gradcheck.complex_step, {"f": square, "z": floats(N, T), "eps": 2.0**-10}


@good("gradcheck.relative_error")
def _():
    return gradcheck.relative_error, {"got": floats(N, T), "want": floats(N, T) + 0.5}


@good("train.train", on_step=["one that gives"])
def _():
    pair = [(ids(N, T), ids(N, T)), (ids(N, T), ids(N, T))]
    how = {"epochs": 2, "max_norm": 0.5, "carry": True, "block_len": 2, "progress": False}
    on_step = {"on_step": lambda step, loss: None}
    return train.train, {"model": lm(), "batches": pair, "optimizer": SGD(0.5), **how, **on_step}


@good("train.evaluate")
def _():
    pair = [(ids(N, T), ids(N, T)), (ids(N, T), ids(N, T))]
    return train.evaluate, {"model": lm(), "batches": pair, "carry": True}


@good("train.learn_grammar", watch=["one that gives"])
def _():
    how = {"steps": 1, "hidden_size": 2, "block_len": 2, "watch": lambda step, model: None}
    return train.learn_grammar, {"grammar": grammar.reber(), "rng": rng(), "cell": GRUCell, **how}


@good("train.train_recall", fixed=["nothing in it", "a generator of nothing"])
def _():
    how = {"block_len": 2, "carry": True, "seed": 3, "steps": 16, "fixed": ["rnn.b"]}
    return train.train_recall, {"task": tasks.Recall(2, 3), **how}


@good("train.perplexity_at_questions")
def _():
    task = tasks.Recall(2, 3)
    model = RNNLM.init(task.vocab_size, 2, 2, rng())
    how = {"block_len": 8, "carry": True, "steps": 16}
    return train.perplexity_at_questions, {"model": model, "task": task, **how}


@good("sample.sample", prompt=["axis 0"])
def _():
    how = {"length": 4, "rng": rng(), "temperature": 0.5, "h_0": floats(1, H), "top_k": 3}
    return sample.sample, {"model": lm(), "prompt": ids(T), **how}


# ---- texts, tasks, grammars, counts


@good("data.batches.stream_batches", ids=["axis 0", "an id far"])
def _():
    return batches.stream_batches, {"ids": ids(13), "batch_size": N, "seq_len": T}


@good("data.texts.load_text")
def _():
    return texts.load_text, {"name": "lantern"}


@good("data.vocabulary.Vocabulary", tokens=["a letter", "a sentence first", "one"])
def _():
    return Vocabulary, {"tokens": ["you", "say", "."]}


@good("data.vocabulary.Vocabulary.from_tokens", tokens=["a letter", "a sentence first"])
def _():
    how = {"max_size": 3, "min_count": 2}
    return Vocabulary.from_tokens, {"tokens": ["you", "say", "you", ".", "say"], **how}


@good("data.vocabulary.Vocabulary.encode", tokens=["nothing", "a list of n", "a generator of n"])
def _():
    return Vocabulary(["you", "say", "."]).encode, {"tokens": ["say", "you"]}


@good("data.vocabulary.Vocabulary.decode", ids=["axis 0", "a list of nothing"])
def _():
    return Vocabulary([*"abcdef"]).decode, {"ids": ids(4)}


@good("data.tasks.Recall")
def _():
    return tasks.Recall, {"cues": 3, "span": 4}


@good("data.tasks.Recall.stream")
def _():
    return tasks.Recall(3, 4).stream, {"batch_size": N, "seq_len": 20, "rng": rng()}


ARCS = {"s": {"a": "s", "b": "t"}, "t": {"a": "s"}}
PROBS = {"s": {"a": 0.25, "b": 0.75}, "t": {"a": 1.0}}


@good("data.grammar.Grammar", arcs=["one entry less"], probs=["one entry more"])
def _():
    copies = [{s: dict(ways) for s, ways in table.items()} for table in (ARCS, PROBS)]
    return grammar.Grammar, dict(zip(("arcs", "probs"), copies, strict=True))


for method in ("transitions", "stationary", "entropy_rate", "mean_length"):
    good(f"data.grammar.Grammar.{method}")(lambda m=method: (getattr(grammar.reber(), m), {}))


@good("data.grammar.Grammar.context_entropy")
def _():
    return grammar.reber().context_entropy, {"length": 2}


for method in ("read", "predict"):
    good(f"data.grammar.Grammar.{method}", ids=["axis 0 shorter"])(
        lambda m=method: (getattr(grammar.reber(), m), {"ids": np.array([0, 4, 6, 3, 1, 0])})
    )


@good("data.grammar.Grammar.sample")
def _():
    return grammar.reber().sample, {"length": 5, "rng": rng(), "batch_size": N}


@good("data.grammar.Grammar.sample_strings")
def _():
    return grammar.reber().sample_strings, {"count": 3, "rng": rng()}


@good("data.grammar.Grammar.merge", label=["one that gives a word"])
def _():
    return grammar.embedded_reber().merge, {"label": grammar.forget_outer}


@good("data.grammar.entropy", probs=["axis 0", "an axis"])
def _():
    return grammar.entropy, {"probs": np.array([[0.25, 0.75], [0.5, 0.5]])}


good("data.grammar.reber")(lambda: (grammar.reber, {}))
good("data.grammar.embedded_reber")(lambda: (grammar.embedded_reber, {}))


@good("data.grammar.forget_outer", state=["a letter"])
def _():
    return grammar.forget_outer, {"state": "T3"}


TEXT = np.array([0, 1, 2, 0, 1, 3, 0, 1, 2, 4, 4])


for kind, more in {"Unigram": {"add": 0.5}, "Bigram": {"add": 0.5},
                   "KneserNey": {"order": 3, "modified": True}}.items():  # fmt: skip
    good(f"data.ngram.{kind}", ids=["axis 0 longer", "axis 0 shorter"])(
        lambda k=kind, more=more: (getattr(ngram, k), {"ids": TEXT, "vocab_size": V, **more})
    )


@good("data.ngram.NGram", ids=["axis 0 longer", "axis 0 shorter"])
def _():
    return ngram.NGram, {"ids": TEXT, "vocab_size": V}


def counted():
    return ngram.KneserNey(TEXT, V, 3)


@good("data.ngram.NGram.prob", before=["nothing", "one", "a list", *ANY_SHAPE], word=ANY_SHAPE)
def _():
    return counted().prob, {"before": (TEXT[:3], TEXT[1:4]), "word": TEXT[2:5]}


@good("data.ngram.NGram.predict", ids=["axis 0"])
def _():
    return counted().predict, {"ids": TEXT[:4]}


@good("data.ngram.NGram.log_probs", ids=["axis 0 longer", "axis 0 shorter"])
def _():
    return counted().log_probs, {"ids": TEXT[:4]}


@good("data.ngram.NGram.loss", ids=["axis 0 longer", "axis 0 shorter"])
def _():
    return counted().loss, {"ids": TEXT[:4]}


@good("data.ngram.Pairs", ids=["axis 0 longer", "axis 0 shorter"])
def _():
    return ngram.Pairs, {"ids": TEXT, "vocab_size": V}


@good("data.ngram.Pairs.count", before=ANY_SHAPE, word=ANY_SHAPE)
def _():
    return ngram.Pairs(TEXT, V).count, {"before": TEXT[:3], "word": TEXT[1:4]}


@good("data.ngram.choose_order", ids=["axis 0"], valid=["axis 0"])
def _():
    how = {"vocab_size": V, "orders": [1, 2, 3], "modified": False}
    return ngram.choose_order, {"ids": TEXT, "valid": TEXT[:5], **how}


for name in ("discount", "discounts"):
    good(f"data.ngram.{name}", counts=[*ANY_SHAPE, "an id far"])(
        lambda n=name: (getattr(ngram, n), {"counts": np.array([1, 1, 2, 3, 1])})
    )


# ---- what happens to gradients and what a model is worth


def slopes():
    return 1 - np.tanh(floats(N, T, H)) ** 2


@good("diagnostics.flow.step_jacobians", slopes=["axis 0", "axis 1"])
def _():
    return flow.step_jacobians, {"W_h": floats(H, H), "slopes": slopes()}


for name in ("carry_back", "gradient_norms"):
    good(f"diagnostics.flow.{name}", slopes=["axis 1"])(
        lambda n=name: (
            getattr(flow, n),
            {"dh": floats(N, H), "W_h": floats(H, H), "slopes": slopes()},
        )
    )


@good("diagnostics.flow.contributions")
def _():
    arrays = {"dhs": floats(N, T, H), "W_h": floats(H, H), "slopes": slopes()}
    return flow.contributions, arrays


@good("diagnostics.flow.norm_bound")
def _():
    return flow.norm_bound, {"W_h": floats(H, H), "steps": 3, "start": 0.5}


@good("diagnostics.flow.saturation", hs=ANY_SHAPE[:2])
def _():
    return flow.saturation, {"hs": floats(N, T, H), "above": 0.5}


for name in ("spectral_radius", "spectral_norm"):
    good(f"diagnostics.matrices.{name}")(lambda n=name: (getattr(matrices, n), {"W": floats(H, H)}))


@good("diagnostics.matrices.with_radius")
def _():
    return matrices.with_radius, {"W": floats(H, H), "radius": 0.5}


@good("diagnostics.matrices.orthogonal")
def _():
    return matrices.orthogonal, {"size": H, "rng": rng()}


@good("diagnostics.matrices.angle")
def _():
    return matrices.angle, {"u": floats(N, H), "v": floats(N, H) + 0.5}


# what an array weighs depends on its type and its owner, not on its numbers
OTHER_ARRAYS = (
    "one", "not contiguous", "a masked array", "strings first", "dates", "records", "booleans",
    "f2", "f4", "g", "whole numbers", "complex", *ANY_SHAPE[:2], *NOT_FINITE,
)  # fmt: skip


NOTHING = "None first", "a list of n", "an empty dict"


@good("diagnostics.memory.cache_bytes", cache=[*OTHER_ARRAYS, *NOTHING])
def _():
    return memory.cache_bytes, {"cache": (floats(N, T, D), floats(H))}


good("diagnostics.scoring.StreamingPerplexity")(lambda: (scoring.StreamingPerplexity, {}))


@good("diagnostics.scoring.StreamingPerplexity.add", log_probs=["-inf"])
def _():
    mask = np.array([[1, 0, 1], [1, 1, 0]])
    return scoring.StreamingPerplexity().add, {"log_probs": -abs(floats(N, T)), "mask": mask}


@good("diagnostics.scoring.StreamingPerplexity.add_mean")
def _():
    return scoring.StreamingPerplexity().add_mean, {"loss": 0.5, "tokens": 3}


@good("diagnostics.scoring.excess_loss", ids=["axis"])
def _():
    g = grammar.reber()
    ids = g.sample(5, rng(), N)
    model = RNNLM.init(len(g.vocab), D, H, rng())
    return scoring.excess_loss, {"model": model, "grammar": g, "ids": ids}


@good("diagnostics.scoring.log_softmax", logits=["axis", "an axis"])
def _():
    return scoring.log_softmax, {"logits": floats(N, T, V)}


@good("diagnostics.scoring.token_log_probs", logits=["axis 2 longer"])
def _():
    return scoring.token_log_probs, {"logits": floats(N, T, V), "targets": ids(N, T)}


@good("diagnostics.scoring.readings", batches=["axis 0 longer", "axis 0 shorter"])
def _():
    return scoring.readings, {"batches": [np.array([0.25, 0.5, 1.0]), np.array([0.5, 0.75])]}


@good("diagnostics.truncation.cosine_and_ratio", name=["a letter", "a sentence"])
def _():
    arrays = {"full": floats(N, H), "cut": floats(N, H) + 0.5}
    return truncation.cosine_and_ratio, {**arrays, "name": "W_h"}


@good("diagnostics.truncation.input_gradients")
def _():
    return truncation.input_gradients, {"model": lm(), **block(), "block_len": 2}


@good("diagnostics.truncation.input_gradients")
def _():
    return truncation.input_gradients, {"model": lm(), **block(), "window": 2}


@good("diagnostics.truncation.truncation_bias")
def _():
    return truncation.truncation_bias, {"model": lm(), **block(), "block_lens": [1, 3]}


@good("diagnostics.truncation.truncation_bias")
def _():
    return truncation.truncation_bias, {"model": lm(), **block(), "windows": [1, 3]}


@good("diagnostics.truncation.share_through")
def _():
    return truncation.share_through, {"span": 3, "block_len": 5}


# ---- code and listings


@good("notebook.Listing", source=["a letter"])
def _():
    return notebook.Listing, {"source": "x = 1"}


@good("notebook.quote", thing=["a function", "a class", "its class"])
def _():
    lines = {"start": "cell.W_x", "end": "hs[0]", "doc": False}
    return notebook.quote, {"thing": RNN.forward, **lines}


# ---- texts of one's own

SENTENCES = "you say goodbye and I say hello . " * 40
SAID = ("a letter", "a sentence")


@good("text.corpus.tokenize", text=SAID)
def _():
    return corpus.tokenize, {"text": "you say", "unit": "words", "graphemes": False}


@good("text.corpus.join", tokens=["nothing", "a generator of n", "a list of n", "a letter first",
                                  "a sentence first"])  # fmt: skip
def _():
    return corpus.join, {"tokens": ["you", "say"], "unit": "words"}


good("text.corpus.graphemes_known")(lambda: (corpus.graphemes_known, {}))


@good("text.corpus.build_corpus")
def _():
    parts = {"text": SENTENCES, "valid": SENTENCES, "test": SENTENCES}
    sizes = {"max_size": 20, "min_count": 1, "least": 3}
    return corpus.build_corpus, {**parts, "unit": "words", **sizes, "graphemes": False}


@good("text.corpus.build_corpus")
def _():
    vocab = Vocabulary(["you", "say", "<unk>"])
    return corpus.build_corpus, {"text": SENTENCES, "vocab": vocab}


@good("text.corpus.Corpus.unknown", ids=["axis 0 longer", "axis 0 shorter"])
def _():
    return corpus.build_corpus(SENTENCES).unknown, {"ids": np.array([0, 1, 2])}


@good("text.scoring.score", ids=["axis 0 longer", "axis 0 shorter"])
def _():
    return scoring_of_texts.score, {"model": lm(), "ids": ids(7), "block": 3}


@good("text.scoring.Scores.bits_per_character", text=SAID)
def _():
    return scoring_of_texts.score(lm(), ids(7)).bits_per_character, {"text": "you say"}


@good("text.scoring.Scores.worst")
def _():
    return scoring_of_texts.score(lm(), ids(7)).worst, {"number": 3, "least": 1}
