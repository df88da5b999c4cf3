// The language model in JavaScript: rnn_core.model with a batch of one.
// A model is { embedding (V,D), W_x, W_h, b, affine_W (H,V), affine_b (V) }; ids are whole numbers below V.
// tests/figures/node compares every function here with rnn_core, to 1e-12.

import { add, forward, times, zeros } from "./rnn.js";

// exp(z_j) / sum_k exp(z_k); the largest logit is taken off first, so that exp stays finite.
export function softmax(logits) {
  const top = Math.max(...logits), e = logits.map((z) => Math.exp(z - top)), total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
}

// Probabilities of the next word after each of the ids: (T,V).
export function predict(ids, { embedding, affine_W, affine_b, ...weights }) {
  const { hs } = forward(ids.map((id) => embedding[id]), zeros(weights.b.length), weights);
  return hs.map((h) => softmax(add(times(h, affine_W), affine_b)));
}

// exp of the mean of -log p over all words of a text but the first.
export function perplexity(ids, model) {
  const rows = predict(ids.slice(0, -1), model);
  return Math.exp(-rows.reduce((sum, p, t) => sum + Math.log(p[ids[t + 1]]), 0) / rows.length);
}
