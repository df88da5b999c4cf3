import assert from "node:assert/strict";
import { test } from "node:test";
import { biasCurves, cosineAndRatio, gradients, heard } from "../../../rnn_core/widgets/shared/truncation.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url);

test("cosine and norm ratio of both layers are rnn_core's, carried and reset", () => {
  for (const { model, carry, bias } of cases) close(biasCurves(model, carry), bias);
});

test("what a loss says to each input is what rnn_core says, at every k", () => {
  for (const { model, carry, question, heard: wanted } of cases) {
    wanted.forEach((norms, i) => close(heard(model, question, i + 1, carry), norms));
  }
});

test("with the state carried the output layer hears the same at every k, bit by bit", () => {
  for (const { model } of cases.filter(({ carry }) => carry)) {
    const { affine_W } = gradients(model, model.ids.length - 1);
    for (let k = 1; k < model.ids.length; k++) close(gradients(model, k).affine_W, affine_W, 1e-15);
  }
});

test("beyond the border is zero, exactly", () => {
  const { model } = cases.find(({ model }) => model.ids.length === 13);
  assert.deepEqual(heard(model, 7, 6).map((v) => v === 0), Array.from({ length: 12 }, (_, t) => t !== 6));
});

test("nothing against something has cosine 0", () => {
  assert.deepEqual(cosineAndRatio([[3, 4]], [[0, 0]]), [0, 0]);
  assert.deepEqual(cosineAndRatio([[3, 4]], [[6, 8]]), [1, 2]);
});
