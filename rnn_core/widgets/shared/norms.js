// rnn_core.diagnostics in JavaScript, for one sequence: a gradient's length on its way back.

import { ACTIVATIONS, norm, times, timesTransposed } from "./rnn.js";

// The slopes (T, H) of h_t = phi(noise x_t + h_{t-1} W_h), t = 1 .. T.
export function slopesOf(xs, h_0, W_h, noise, activation) {
  if (activation === "linear") return xs.map(() => h_0.map(() => 1)); // whatever comes in
  const { phi, slope } = ACTIVATIONS[activation];
  let h = h_0;
  return xs.map((x) => {
    h = times(h, W_h).map((a, j) => phi(noise * x[j] + a));
    return h.map(slope);
  });
}

// ||dL_T / dh_k|| by lag T - k, from the gradient dh that reaches the last state: (T + 1)
export function gradientNorms(dh, W_h, slopes) {
  const norms = [norm(dh)];
  for (let k = slopes.length - 1; k >= 0; k--) {
    dh = timesTransposed(dh.map((d, j) => d * slopes[k][j]), W_h);
    norms.push(norm(dh));
  }
  return norms;
}

// start * sigma^l for l = 0 .. steps
export const normBound = (sigma, steps, start = 1) => Array.from({ length: steps + 1 }, (_, l) => start * sigma ** l);
