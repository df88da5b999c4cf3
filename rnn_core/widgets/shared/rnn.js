// The recurrent layer in JavaScript: rnn_core.rnn with a batch of one.
// Legend: T steps, D inputs, H units; x (D), h (H), xs (T,D), hs (T,H); W_x (D,H), W_h (H,H), b (H).
// Vectors are rows, as in the book: h_t = tanh(x_t W_x + h_{t-1} W_h + b).
// tests/figures/node compares every function here with rnn_core, to 1e-12.

export const zeros = (n) => new Array(n).fill(0);
export const zerosLike = (W) => W.map((row) => zeros(row.length));
export const add = (u, v) => u.map((u_i, i) => u_i + v[i]);
export function dot(u, v) {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i] * v[i];
  return sum;
}
export const norm = (v) => Math.hypot(...v.flat());

// v W: a row vector times a matrix; v (M), W (M,N) -> (N)
export function times(v, W) {
  const out = zeros(W[0].length);
  for (let i = 0; i < v.length; i++) for (let j = 0; j < out.length; j++) out[j] += v[i] * W[i][j];
  return out;
}

// v W^T: the way back; v (N), W (M,N) -> (M)
export const timesTransposed = (v, W) => W.map((row) => dot(v, row));

// u^T v: every entry of u times every entry of v; u (M), v (N) -> (M,N)
export const outer = (u, v) => u.map((u_i) => v.map((v_j) => u_i * v_j));

export const addMatrix = (A, B) => A.map((row, i) => add(row, B[i]));

// phi, and its slope written with h = phi(a)
export const ACTIVATIONS = {
  tanh: { phi: Math.tanh, slope: (h) => 1 - h * h },
  linear: { phi: (a) => a, slope: () => 1 },
};

// One step: a_t = x_t W_x + h_{t-1} W_h + b, then h_t = phi(a_t).
export function cellForward(x, h_prev, { W_x, W_h, b, activation = "tanh" }) {
  const a = add(add(times(x, W_x), times(h_prev, W_h)), b);
  return { a, h: a.map(ACTIVATIONS[activation].phi) };
}

// One step back: from dh (all of it: own loss and step t+1) to everything that h_t was made from.
export function cellBackward(dh, x, h_prev, h, { W_x, W_h, activation = "tanh" }) {
  const { slope } = ACTIVATIONS[activation];
  const da = dh.map((dh_j, j) => dh_j * slope(h[j]));
  return {
    da,
    dx: timesTransposed(da, W_x),
    dh_prev: timesTransposed(da, W_h),
    W_x: outer(x, da),
    W_h: outer(h_prev, da),
    b: da,
  };
}

// The cell over time; xs (T,D), h_0 (H) -> as, hs (T,H). The last state is hs.at(-1).
export function forward(xs, h_0, weights) {
  const as = [], hs = [];
  let h = h_0;
  for (const x of xs) {
    const step = cellForward(x, h, weights);
    h = step.h;
    as.push(step.a);
    hs.push(h);
  }
  return { as, hs };
}

// Back-propagation through time; dhs (T,H) are the gradients from each step's own loss.
// blockLen = k cuts the backward flow every k steps, counted from the first.
// steps[t] keeps what happened at index t: dh_next came from t+1, dh = dhs[t] + dh_next, and the step's own shares.
export function backward(dhs, xs, h_0, hs, weights, { blockLen = xs.length } = {}) {
  const T = xs.length;
  const grads = { W_x: zerosLike(weights.W_x), W_h: zerosLike(weights.W_h), b: zeros(weights.b.length) };
  const dxs = new Array(T), steps = new Array(T);
  let dh_next = zeros(h_0.length);
  for (let t = T - 1; t >= 0; t--) {
    const cut = t < T - 1 && (t + 1) % blockLen === 0;
    if (cut) dh_next = zeros(h_0.length);
    const dh = add(dhs[t], dh_next);
    const step = cellBackward(dh, xs[t], t > 0 ? hs[t - 1] : h_0, hs[t], weights);
    steps[t] = { ...step, dh, dh_next, cut };
    dxs[t] = step.dx;
    dh_next = step.dh_prev;
    grads.W_x = addMatrix(grads.W_x, step.W_x);
    grads.W_h = addMatrix(grads.W_h, step.W_h);
    grads.b = add(grads.b, step.b);
  }
  return { dxs, dh_0: dh_next, grads, steps };
}
