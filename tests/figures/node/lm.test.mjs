import assert from "node:assert/strict";
import { test } from "node:test";
import { perplexity, predict, softmax } from "../../../rnn_core/widgets/shared/lm.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url);

test("every probability is rnn_core's", () => {
  for (const { model, ids, probs } of cases) close(predict(ids, model), probs);
});

test("softmax of the same logits", () => {
  for (const { logits, probs } of cases) close(logits.map(softmax), probs);
});

test("the perplexity of a text is rnn_core's", () => {
  for (const { model, ids, perplexity: wanted } of cases) close(perplexity(ids, model), wanted, 1e-10);
});

test("logits of a thousand do no harm", () => {
  assert.deepEqual(softmax([1000, 1000, -1000]), [0.5, 0.5, 0]);
});
