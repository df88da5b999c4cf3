import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, judge, place, valueAt } from "../../../rnn_core/widgets/shared/guesses.js";
import { intuition } from "../../../rnn_core/widgets/guesses/guesses.js";

const number = { kind: "number", low: 1, high: 10_000, scale: "log", within: 0.05, mistakes: [{ name: "T times", at: 10, words: "..." }] };
const curve = { kind: "curve", xs: [0, 1, 2, 3], low: 1e-6, high: 1, scale: "log", within: 0.08, mistakes: [] };
const choice = { kind: "choice", mistakes: [{ name: "all", at: [0, 1, 2], words: "..." }] };

test("a place on the scale: 0 at the low end, 1 at the high end, what is outside at the end", () => {
  assert.equal(place(100, number), 0.5);
  assert.equal(place(0, number), 0);
  assert.equal(place(1e9, number), 1);
  assert.equal(place(3, { low: 1, high: 5, scale: "linear" }), 0.5);
});

test("a curve between its points is straight, and level beyond them", () => {
  const c = { xs: [1, 3], ys: [10, 30] };
  assert.deepEqual([0, 1, 2, 3, 4].map((x) => valueAt(c, x)), [10, 10, 20, 30, 30]);
});

test("a number counts within the share of the scale, and not beyond it", () => {
  assert.equal(judge({ ...number, truth: 100, guess: 150 }).right, true); // 0.044 of four decades
  assert.equal(judge({ ...number, truth: 100, guess: 170 }).right, false);
});

test("a wrong number has the name of the mistake beside it, and no other", () => {
  assert.equal(judge({ ...number, truth: 1000, guess: 11 }).name, "T times");
  assert.equal(judge({ ...number, truth: 1000, guess: 60 }).name, "");
  assert.equal(judge({ ...number, truth: 12, guess: 40 }).name, ""); // nearer to the outcome than to the mistake
});

test("over tells on which side a guess lies", () => {
  assert.ok(judge({ ...number, truth: 10, guess: 1000 }).over > 0);
  assert.ok(judge({ ...number, truth: 1000, guess: 30 }).over < 0);
});

test("a curve is as far as the axis says, on average over its places", () => {
  const flat = (y) => ({ xs: curve.xs, ys: curve.xs.map(() => y) });
  assert.ok(Math.abs(distance(curve, flat(1e-3), flat(1)) - 0.5) < 1e-12);
  assert.equal(judge({ ...curve, guess: flat(0.4), truth: flat(1) }).right, true);
  assert.equal(judge({ ...curve, guess: flat(0.1), truth: flat(1) }).right, false);
});

test("several options are right together or not at all", () => {
  assert.equal(judge({ ...choice, guess: [1, 2], truth: [1, 2] }).right, true);
  assert.equal(judge({ ...choice, guess: [0, 1, 2], truth: [1, 2] }).name, "all");
  assert.equal(judge({ ...choice, guess: [1], truth: [1, 2] }).name, "");
});

test("the end of a chapter speaks of what was guessed", () => {
  const one = (right, over, name = "") => ({ right, over, name });
  assert.match(intuition([], 4), /not committed/);
  assert.match(intuition([one(true, 0), one(false, 0.3, "a straight line")], 4), /2 of 4 guesses; 1 .*a straight line/);
  assert.match(intuition([one(false, 0.3), one(false, 0.2), one(true, 0)], 4), /more than came/);
  assert.doesNotMatch(intuition([one(false, 0.3), one(false, -0.2)], 4), /than came/);
});
