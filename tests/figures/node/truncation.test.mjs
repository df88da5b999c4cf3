import assert from "node:assert/strict";
import { test } from "node:test";
import { biasCurves, cosineAndRatio, fits, gradients, heard, stepsBack, whole } from "../../../rnn_core/widgets/shared/truncation.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url);

test("cosine and norm ratio of both layers are rnn_core's: blocks, carried and reset, and windows", () => {
  for (const { model, way, bias } of cases) close(biasCurves(model, way), bias);
});

test("what a loss says to each input is what rnn_core says, at every k", () => {
  for (const { model, way, question, heard: wanted } of cases) {
    wanted.forEach((norms, i) => close(heard(model, question, { ...way, k: i + 1 }), norms));
  }
});

test("the steps of the way back, and the places where both fit, are counted as in Python", () => {
  for (const { model, way, question, counts } of cases) {
    counts.forEach((wanted, i) => {
      const now = { ...way, k: i + 1 };
      assert.deepEqual([fits(question, now), stepsBack(model.ids.length - 1, now)], wanted);
    });
  }
});

test("with the state carried the output layer hears the same at every k, bit by bit", () => {
  for (const { model, way } of cases.filter(({ way }) => way.carry)) {
    const { affine_W } = gradients(model, whole(model));
    for (let k = 1; k < model.ids.length; k++) close(gradients(model, { ...way, k }).affine_W, affine_W, 1e-15);
  }
});

test("beyond the cut is zero, exactly", () => {
  const { model } = cases.find(({ model }) => model.ids.length === 13);
  const silent = (way) => heard(model, 7, way).map((v) => v === 0);
  const only = (...steps) => Array.from({ length: 12 }, (_, i) => !steps.includes(i + 1));
  assert.deepEqual(silent({ k: 6, kind: "blocks", carry: true }), only(7));
  assert.deepEqual(silent({ k: 3, kind: "window", carry: true }), only(5, 6, 7));
});

test("nothing against something has cosine 0", () => {
  assert.deepEqual(cosineAndRatio([[3, 4]], [[0, 0]]), [0, 0]);
  assert.deepEqual(cosineAndRatio([[3, 4]], [[6, 8]]), [1, 2]);
});
