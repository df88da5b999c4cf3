"""Let a language model write."""

import numpy as np

from .loss import softmax
from .shapes import as_array, as_ids, as_int, as_made, as_positive, as_rng

__all__ = ["sample"]


def sample(model, prompt, length, rng, temperature=1.0, h_0=None, top_k=None):
    """Continue `prompt` by `length` tokens, each drawn from the model's own prediction.

    The state is carried from token to token, as in reading.

    Parameters
    ----------
    model : RNNLM
    prompt : array of ids (T,)
        Read first; at least one id.
    length : int
    rng : np.random.Generator
    temperature : float
        Logits are divided by it.  1 draws from the model's distribution, below 1 is more
        careful, above 1 more adventurous.  0 takes the likeliest token each time: that is
        greedy decoding and not sampling, and `rng` is not used.
    h_0 : array (1, H), optional
        The state before the prompt.
    top_k : int, optional
        Draw from the `top_k` likeliest tokens only (Fan et al. 2018).

    Returns
    -------
    array of ids (length,)
        The new tokens, without the prompt.
    """
    as_made("model", model, "logits vocab_size", "a model, such as an RNNLM")
    length = as_int("length", length)
    temperature = as_positive("temperature", temperature, zero=True)
    top_k = None if top_k is None else as_int("top_k", top_k)
    ids = as_ids("prompt", prompt, "T", vocab_size=model.vocab_size)[None]  # (1, T)
    rng = rng if rng is None and temperature == 0 else as_rng(rng)
    h, out = h_0, []
    for _ in range(length):
        logits, h = model.logits(ids, h)
        ids = np.array([[_draw(logits[0, -1], rng, temperature, top_k)]])
        out.append(ids[0, 0])
    return np.array(out, dtype=np.int64)


def _draw(logits, rng, temperature, top_k=None):
    logits = as_array("logits", logits, "V").astype(np.float64)
    if temperature == 0:
        return int(np.argmax(logits))
    if top_k is not None and top_k < len(logits):
        best = np.sort(np.argpartition(logits, -top_k)[-top_k:])
        return int(best[_draw(logits[best], rng, temperature)])
    temperature = max(temperature, 1e-200)  # the quotient below stays finite
    with np.errstate(over="ignore"):
        z = np.maximum((logits - logits.max()) / temperature, -1e4)  # exp(-1e4) is 0
    return int(rng.choice(len(z), p=softmax(z)))
