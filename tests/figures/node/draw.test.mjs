import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, num, pointOn, roundedPath, scale, short, ticks } from "../../../rnn_core/widgets/shared/draw.js";

test("numbers are printed with a real minus sign, and zero without one", () => {
  assert.deepEqual([0.4999, -1, -0.001, 0, 12].map((v) => num(v)), ["0.50", "−1.00", "0.00", "0.00", "12.00"]);
  assert.deepEqual([Infinity, -Infinity, NaN].map((v) => num(v)), ["∞", "−∞", "not a number"]);
  assert.deepEqual([0.00012, 0.5, -12.34, 0, 31415].map((v) => short(v)), ["1.20e−4", "0.500", "−12.3", "0", "3.14e4"]);
});

test("ticks are round, inside the domain, and few", () => {
  assert.deepEqual(ticks({ domain: [0, 50] }, 5), [0, 10, 20, 30, 40, 50]);
  assert.deepEqual(ticks({ domain: [-1, 1] }, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticks({ domain: [0, 0.3] }, 3), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks({ domain: [1e-8, 10], log: true }, 4), [1e-6, 1e-3, 1]);
  assert.deepEqual(ticks({ domain: [0.1, 1000], log: true }, 9), [0.1, 1, 10, 100, 1000]);
});

test("scales meet the ends of their axis", () => {
  const linear = scale({ domain: [-1, 3] }, 0, 400), log = scale({ domain: [0.01, 100], log: true }, 200, 0);
  assert.deepEqual([-1, 0, 3].map(linear), [0, 100, 400]);
  assert.deepEqual([0.01, 1, 100].map(log), [200, 100, 0]);
});

test("a value's fill is blue above zero, orange below, and never hides its number", () => {
  assert.deepEqual(fill(2), { fill: "var(--u-state)", "fill-opacity": "0.450" });
  assert.deepEqual(fill(-0.5), { fill: "var(--u-grad)", "fill-opacity": "0.225" });
  assert.equal(fill(NaN)["fill-opacity"], "0.000");
});

test("a path keeps its ends, however short its pieces", () => {
  assert.equal(roundedPath([[0, 0], [10, 0]]), "M0.00 0.00L10.00 0.00");
  assert.match(roundedPath([[0, 0], [4, 0], [4, 100]], 12), /^M0.00 0.00L2.00 0.00Q4.00 0.00 4.00 2.00L4.00 100.00$/);
  assert.ok(!roundedPath([[0, 0], [0, 0], [5, 0]]).includes("NaN"));
});

test("what travels along an arrow goes at one speed, around corners and over pieces of no length", () => {
  const way = [[0, 0], [0, 0], [10, 0], [10, 30]];
  assert.deepEqual([0, 0.125, 0.25, 0.5, 1].map((share) => pointOn(way, share)), [[0, 0], [5, 0], [10, 0], [10, 10], [10, 30]]);
});
