import assert from "node:assert/strict";
import { test } from "node:test";
import { addMatrix, backward, cellForward, dot, forward, outer, times, timesTransposed, zerosLike } from "../../../rnn_core/widgets/shared/rnn.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url);

test("every state is rnn_core's", () => {
  for (const { xs, h_0, weights, hs } of cases) close(forward(xs, h_0, weights).hs, hs);
});

test("every gradient is rnn_core's, cut or not", () => {
  for (const { xs, h_0, weights, hs, dhs, dxs, dh_0, grads, blockLen } of cases) {
    const back = backward(dhs, xs, h_0, hs, weights, { blockLen });
    close({ dxs: back.dxs, dh_0: back.dh_0, grads: back.grads }, { dxs, dh_0, grads });
  }
});

test("the steps' shares add up to the gradient", () => {
  for (const { xs, h_0, weights, hs, dhs, grads } of cases.filter(({ xs, blockLen }) => blockLen === xs.length)) {
    const { steps } = backward(dhs, xs, h_0, hs, weights);
    close(steps.map((step) => step.W_h).reduce(addMatrix, zerosLike(weights.W_h)), grads.W_h);
  }
});

test("a cut lets nothing through", () => {
  const { xs, h_0, weights, hs, dhs } = cases.find(({ blockLen }) => blockLen === 2);
  const { steps } = backward(dhs, xs, h_0, hs, weights, { blockLen: 2 });
  assert.deepEqual(steps.map((step) => step.cut), [false, true, false, true, false, true, false]);
  for (const step of steps.filter((step) => step.cut)) assert.ok(step.dh_next.every((v) => v === 0));
});

test("without tanh the state is the pre-activation, and its slope is one", () => {
  const { xs, h_0, weights, dhs } = cases[1], linear = { ...weights, activation: "linear" };
  const run = forward(xs, h_0, linear);
  assert.deepEqual(run.as, run.hs);
  const { steps } = backward(dhs, xs, h_0, run.hs, linear);
  assert.deepEqual(steps[2].da, steps[2].dh);
});

test("inputs are left as they were", () => {
  const { xs, h_0, weights, hs, dhs } = cases[1], before = JSON.stringify([xs, h_0, weights, hs, dhs]);
  backward(dhs, xs, h_0, forward(xs, h_0, weights).hs, weights, { blockLen: 2 });
  assert.equal(JSON.stringify([xs, h_0, weights, hs, dhs]), before);
});

test("products of small whole numbers", () => {
  const W = [[1, 2, 3], [4, 5, 6]];
  assert.deepEqual(times([1, 10], W), [41, 52, 63]);
  assert.deepEqual(timesTransposed([1, 10, 100], W), [321, 654]);
  assert.deepEqual(outer([1, 2], [3, 4]), [[3, 4], [6, 8]]);
  assert.equal(dot([1, 2], [3, 4]), 11);
  assert.deepEqual(cellForward([1], [2], { W_x: [[3]], W_h: [[4]], b: [5], activation: "linear" }).h, [16]);
});
