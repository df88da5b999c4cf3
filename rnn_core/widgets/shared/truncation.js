// Truncated BPTT of a small language model, block by block: rnn_core's RNNLM with a batch of one.
// model: { embedding (V,D), W_x, W_h, b, affine_W (H,V), affine_b (V), ids (T+1) }: inputs and, one later, targets.
// k: steps in a block; carry: the state, or start each block from zeros.

import { softmax } from "./lm.js";
import { add, addMatrix, backward, dot, forward, norm, outer, times, timesTransposed, zeros, zerosLike } from "./rnn.js";

const borders = (T, k) => [...Array(Math.ceil(T / k)).keys()].map((i) => [i * k, Math.min(T, (i + 1) * k)]);

// The states of the text and, for each step, dL_t / dlogits of its own loss.
function read({ embedding, affine_W, affine_b, ids, ...weights }, k, carry) {
  const blocks = [], targets = ids.slice(1), xs = ids.slice(0, -1).map((id) => embedding[id]);
  let h = zeros(weights.b.length);
  for (const [from, to] of borders(xs.length, k)) {
    const h_0 = carry ? h : zeros(h.length), part = xs.slice(from, to), { hs } = forward(part, h_0, weights);
    const dlogits = hs.map((state, i) => softmax(add(times(state, affine_W), affine_b)).map((p, v) => p - (v === targets[from + i] ? 1 : 0)));
    blocks.push({ from, xs: part, h_0, hs, dlogits });
    h = hs.at(-1);
  }
  return blocks;
}

// The gradient of the mean loss over all T steps.
export function gradients(model, k, carry = true) {
  const { W_x, W_h, b, affine_W, affine_b, ids } = model, T = ids.length - 1;
  const total = { W_x: zerosLike(W_x), W_h: zerosLike(W_h), b: zeros(b.length), affine_W: zerosLike(affine_W), affine_b: zeros(affine_b.length) };
  for (const block of read(model, k, carry)) {
    const ds = block.dlogits.map((d) => d.map((v) => v / T)), dhs = ds.map((d) => timesTransposed(d, affine_W));
    const { grads } = backward(dhs, block.xs, block.h_0, block.hs, { W_x, W_h, b });
    total.W_x = addMatrix(total.W_x, grads.W_x);
    total.W_h = addMatrix(total.W_h, grads.W_h);
    total.b = add(total.b, grads.b);
    ds.forEach((d, i) => {
      total.affine_W = addMatrix(total.affine_W, outer(block.hs[i], d));
      total.affine_b = add(total.affine_b, d);
    });
  }
  return total;
}

// ||dL_question / dx_t|| for every input; steps count from 1
export function heard(model, question, k, carry = true) {
  const { W_x, W_h, b, affine_W, ids } = model, norms = zeros(ids.length - 1);
  const block = read(model, k, carry).find(({ from, hs }) => question > from && question <= from + hs.length);
  const dhs = block.hs.map((h, i) => block.from + i === question - 1 ? timesTransposed(block.dlogits[i], affine_W) : zeros(h.length));
  backward(dhs, block.xs, block.h_0, block.hs, { W_x, W_h, b }).dxs.forEach((dx, i) => { norms[block.from + i] = norm(dx); });
  return norms;
}

export function cosineAndRatio(full, cut) {
  const f = full.flat(Infinity), c = cut.flat(Infinity), long = norm(f), short = norm(c);
  return [short === 0 ? 0 : Math.max(-1, Math.min(1, dot(f, c) / (long * short))), short / long];
}

// For every k from 1 to T: [cosine, norm ratio] to the full gradient, of the recurrent and of the output layer.
export function biasCurves(model, carry = true) {
  const T = model.ids.length - 1, full = gradients(model, T), part = (g, names) => names.map((name) => g[name]);
  return [...Array(T).keys()].map((i) => {
    const cut = gradients(model, i + 1, carry);
    const compare = (names) => cosineAndRatio(part(full, names), part(cut, names));
    return { recurrent: compare(["W_x", "W_h", "b"]), output: compare(["affine_W", "affine_b"]) };
  });
}
