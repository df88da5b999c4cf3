"""The two layers around the recurrence: ids to vectors before it, states to scores after it."""

import numpy as np

from .shapes import as_array, as_cache, as_float_type, as_ids, as_int, as_rng, check_room

__all__ = ["Affine", "Embedding"]


class Embedding:
    """A table with one row for each word: looking a word up is the layer.

    Parameters
    ----------
    W : array (V, D)
    """

    def __init__(self, W):
        self.W = as_array("W", W, "V D")

    @classmethod
    def init(cls, vocab_size, embed_size, rng, dtype=np.float64):
        """Rows from a standard Gaussian."""
        V, D = as_int("vocab_size", vocab_size), as_int("embed_size", embed_size)
        rng, dtype = as_rng(rng), as_float_type(dtype)
        check_room(vocab_size=V, embed_size=D)
        return cls(rng.normal(0, 1, (V, D)).astype(dtype))

    @property
    def params(self):
        return {"W": self.W}

    def forward(self, ids):
        """ids (N, T), whole numbers below V, give the rows xs (N, T, D)."""
        ids = as_ids("ids", ids, "N T", vocab_size=len(self.W))
        return self.W[ids], ids

    def backward(self, dxs, cache):
        """Given dL/dxs (N, T, D): ``{"W": dL/dW}``.  A word seen twice collects both gradients."""
        V, D = self.W.shape
        ids = as_ids("cache", cache, "N T", vocab_size=V)
        N, T = ids.shape
        dxs = as_array("dxs", dxs, "N T D", N=N, T=T, D=D)
        dW = np.zeros(V * D, dxs.dtype)
        entries = ids.reshape(-1, 1) * D + np.arange(D)  # where row ids[i] lies in the flat table
        np.add.at(dW, entries.ravel(), dxs.ravel())  # dW[entries] += dxs, repeats included
        return {"W": dW.reshape(V, D)}

    def __repr__(self):
        return f"Embedding(vocab_size={self.W.shape[0]}, embed_size={self.W.shape[1]})"


class Affine:
    """Scores for each word: logits = h W + b, the same at every step of time.

    Parameters
    ----------
    W : array (H, V)
    b : array (V,)
    """

    def __init__(self, W, b):
        self.W = as_array("W", W, "H V")
        self.b = as_array("b", b, "V", V=self.W.shape[1])

    @classmethod
    def init(cls, hidden_size, vocab_size, rng, dtype=np.float64):
        """Gaussian weights of variance 1/H and a zero bias."""
        H, V = as_int("hidden_size", hidden_size), as_int("vocab_size", vocab_size)
        rng, dtype = as_rng(rng), as_float_type(dtype)
        check_room(hidden_size=H, vocab_size=V)
        return cls(rng.normal(0, H**-0.5, (H, V)).astype(dtype), np.zeros(V, dtype))

    @property
    def params(self):
        return {"W": self.W, "b": self.b}

    def forward(self, hs):
        """States hs (N, T, H) give logits (N, T, V); any leading axes will do."""
        H, V = self.W.shape
        hs = as_array("hs", hs, "... H", H=H)
        logits = np.empty((hs.size // H, V), np.result_type(hs, self.W, self.b))
        np.matmul(hs.reshape(-1, H), self.W, out=logits)  # one product for all steps
        logits += self.b
        return logits.reshape(*hs.shape[:-1], V), hs

    def backward(self, dlogits, cache):
        """Given dL/dlogits (N, T, V): dL/dhs (N, T, H) and ``{"W": ..., "b": ...}``."""
        (hs,), (H, V) = as_cache((cache,), "... H", H=self.W.shape[0]), self.W.shape
        dlogits = as_array("dlogits", dlogits, "... V", V=V)
        if dlogits.shape[:-1] != hs.shape[:-1]:
            raise ValueError(
                f"dlogits should have shape {(*hs.shape[:-1], V)}, got {dlogits.shape}: "
                f"pass the gradient of the logits that belong to this cache"
            )
        d, h = dlogits.reshape(-1, V), hs.reshape(-1, H)
        return (d @ self.W.T).reshape(hs.shape), {"W": h.T @ d, "b": d.sum(axis=0)}

    def __repr__(self):
        return f"Affine(hidden_size={self.W.shape[0]}, vocab_size={self.W.shape[1]})"
