import assert from "node:assert/strict";
import { test } from "node:test";
import { compute, measure, summary } from "../../../rnn_core/widgets/backward/backward.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url).map((wanted) => ({ wanted, got: compute({ ...wanted.state, measured: measure(wanted.state) }) }));

test("every gradient of every step is rnn_core's, with both switches on and off", () => {
  for (const { wanted, got } of cases) {
    close(got.steps.map(({ own, next, dh, dx, dh_prev }) => ({ own, next, dh, dx, dh_prev })), wanted.steps);
    close(got.sums, wanted.sums);
  }
});

test("the gradient by central differences is as close as central differences are", () => {
  for (const { wanted, got } of cases) close(got.measured, wanted.measured, 1e-9);
});

test("the check passes with everything in place and all steps done, and only then", () => {
  for (const { wanted: { state, error }, got } of cases) {
    const done = state.back === state.xs.length && state.from_next && state.accumulate;
    assert.equal(got.error < 1e-7, done, JSON.stringify(state));
    if (!done) assert.ok(got.error > 1e-3);
    close(got.error, error, 1e-8);
  }
});

test("it says what the Python figure says", () => {
  for (const { wanted, got } of cases) assert.equal(summary(got), wanted.summary);
});
