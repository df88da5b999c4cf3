// Truncated BPTT of a small language model: rnn_core's RNNLM with a batch of one.
// model: { embedding (V,D), W_x, W_h, b, affine_W (H,V), affine_b (V), ids (T+1) }: inputs and, one later, targets.
// way: { k, kind, carry }. Blocks of k steps: the state is carried over a border, or starts from zeros. A window: each loss goes back k steps.

import { softmax } from "./lm.js";
import { add, addMatrix, backward, dot, forward, norm, outer, times, timesTransposed, zeros, zerosLike } from "./rnn.js";

const borders = (T, k) => [...Array(Math.ceil(T / k)).keys()].map((i) => [i * k, Math.min(T, (i + 1) * k)]);

// The states of the text and, for each step, dL_t / dlogits of its own loss: piece by piece, where one is read at a time.
function read({ embedding, affine_W, affine_b, ids, ...weights }, { k, kind, carry }) {
  const pieces = [], targets = ids.slice(1), xs = ids.slice(0, -1).map((id) => embedding[id]);
  let h = zeros(weights.b.length);
  for (const [from, to] of borders(xs.length, kind === "window" ? xs.length : k)) {
    const h_0 = carry || kind === "window" ? h : zeros(h.length), part = xs.slice(from, to), { hs } = forward(part, h_0, weights);
    const dlogits = hs.map((state, i) => softmax(add(times(state, affine_W), affine_b)).map((p, v) => p - (v === targets[from + i] ? 1 : 0)));
    pieces.push({ from, xs: part, h_0, hs, dlogits });
    h = hs.at(-1);
  }
  return pieces;
}

// The way back through one piece, as RNN.backward: whole, or each step heard by itself and the k - 1 before it.
function wayBack(dhs, { xs, h_0, hs }, weights, { k, kind }) {
  return kind === "window" ? inWindows(dhs, xs, h_0, hs, weights, k) : backward(dhs, xs, h_0, hs, weights);
}

export function inWindows(dhs, xs, h_0, hs, { W_x, W_h }, k) {
  const slope = (v, t) => v.map((v_j, j) => v_j * (1 - hs[t][j] ** 2));
  let dh = dhs, messages = dhs; // messages[t]: what goes back from step t + lag, when it has come to step t
  for (let lag = 1; lag < Math.min(k, xs.length); lag++) {
    messages = messages.slice(1).map((message, t) => timesTransposed(slope(message, t + 1), W_h));
    dh = dh.map((d, t) => t < messages.length ? add(d, messages[t]) : d);
  }
  const das = dh.map(slope), sum = (matrices) => matrices.reduce(addMatrix);
  return {
    dxs: das.map((da) => timesTransposed(da, W_x)),
    grads: { W_x: sum(das.map((da, t) => outer(xs[t], da))), W_h: sum(das.map((da, t) => outer(t ? hs[t - 1] : h_0, da))), b: das.reduce(add) },
  };
}

// The gradient of the mean loss over all T steps.
export function gradients(model, way) {
  const { W_x, W_h, b, affine_W, affine_b, ids } = model, T = ids.length - 1;
  const total = { W_x: zerosLike(W_x), W_h: zerosLike(W_h), b: zeros(b.length), affine_W: zerosLike(affine_W), affine_b: zeros(affine_b.length) };
  for (const piece of read(model, way)) {
    const ds = piece.dlogits.map((d) => d.map((v) => v / T)), dhs = ds.map((d) => timesTransposed(d, affine_W));
    const { grads } = wayBack(dhs, piece, { W_x, W_h, b }, way);
    total.W_x = addMatrix(total.W_x, grads.W_x);
    total.W_h = addMatrix(total.W_h, grads.W_h);
    total.b = add(total.b, grads.b);
    ds.forEach((d, i) => {
      total.affine_W = addMatrix(total.affine_W, outer(piece.hs[i], d));
      total.affine_b = add(total.affine_b, d);
    });
  }
  return total;
}

// ||dL_question / dx_t|| for every input; steps count from 1
export function heard(model, question, way) {
  const { W_x, W_h, b, affine_W, ids } = model, norms = zeros(ids.length - 1);
  const piece = read(model, way).find(({ from, hs }) => question > from && question <= from + hs.length);
  const dhs = piece.hs.map((h, i) => piece.from + i === question - 1 ? timesTransposed(piece.dlogits[i], affine_W) : zeros(h.length));
  wayBack(dhs, piece, { W_x, W_h, b }, way).dxs.forEach((dx, i) => { norms[piece.from + i] = norm(dx); });
  return norms;
}

export const whole = (model) => ({ k: model.ids.length - 1, kind: "blocks", carry: true });

export function cosineAndRatio(full, cut) {
  const f = full.flat(Infinity), c = cut.flat(Infinity), long = norm(f), short = norm(c);
  return [short === 0 ? 0 : Math.max(-1, Math.min(1, dot(f, c) / (long * short))), short / long];
}

// For every k from 1 to T: [cosine, norm ratio] to the full gradient, of the recurrent and of the output layer.
export function biasCurves(model, way) {
  const full = gradients(model, whole(model)), part = (g, names) => names.map((name) => g[name]);
  return model.ids.slice(1).map((_, i) => {
    const cut = gradients(model, { ...way, k: i + 1 });
    const compare = (names) => cosineAndRatio(part(full, names), part(cut, names));
    return { recurrent: compare(["W_x", "W_h", "b"]), output: compare(["affine_W", "affine_b"]) };
  });
}

// At how many of k places in a block two steps `span` apart (both counted) lie together; in a window at all or none.
export const fits = (span, { k, kind }) => kind === "window" ? (span <= k ? k : 0) : Math.max(0, k - span + 1);

// Steps of the way back, for all T losses: once through each block, or a window for each.
export const stepsBack = (T, { k, kind }) => kind === "window" ? Array.from({ length: T }, (_, t) => Math.min(t + 1, k)).reduce((a, b) => a + b) : T;
