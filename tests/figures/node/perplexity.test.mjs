import assert from "node:assert/strict";
import { test } from "node:test";
import { batchesOf, readings } from "../../../rnn_core/widgets/shared/perplexity.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url);

test("the right value and every slip are rnn_core's", () => {
  for (const { probs, counts, cuts, values } of cases) {
    const got = readings(probs, counts, cuts);
    assert.deepEqual(Object.keys(got), Object.keys(values));
    close(got, values);
  }
});

test("borders of batches do not move the right value", () => {
  const probs = [0.5, 0.05, 0.9], counts = [100, 10, 3];
  const whole = readings(probs, counts, [0, 0]).right;
  for (const cuts of [[0, 1], [1, 0], [1, 1]]) assert.equal(readings(probs, counts, cuts).right, whole);
  assert.deepEqual(batchesOf(3, [0, 1]), [[0, 1], [2]]);
});
