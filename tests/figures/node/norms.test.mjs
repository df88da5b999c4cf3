import assert from "node:assert/strict";
import { test } from "node:test";
import { compute, summary } from "../../../rnn_core/widgets/gradient_norms/gradient_norms.js";
import { fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url).map((wanted) => ({ wanted, got: compute(wanted.state) }));

// Norms run over many decades, so the difference is taken relative to each.
function alike(got, wanted, tolerance, words) {
  assert.equal(got.length, wanted.length);
  got.forEach((v, l) => assert.ok(Math.abs(v - wanted[l]) <= tolerance * wanted[l], `${words}, lag ${l}: ${v}, rnn_core has ${wanted[l]}`));
}

test("every curve is rnn_core's, to twelve digits of each number", () => {
  for (const { wanted, got } of cases) {
    const { kind, activation, radius, noise } = wanted.state, words = `${kind} ${activation} ${radius} ${noise}`;
    alike(got.norms, wanted.norms, 1e-12, words);
    alike(got.bounds, wanted.bounds, 1e-12, words);
    alike(got.slopes, wanted.slopes, 1e-12, words);
    for (const end of [0, 1]) alike(got.band.map((b) => b[end]), wanted.band.map((b) => b[end]), 1e-11, words);
  }
});

test("no gradient passes the bound", () => {
  for (const { got } of cases) got.norms.forEach((v, l) => assert.ok(v <= got.bounds[l] * (1 + 1e-12)));
});

test("linear and orthogonal meets it", () => {
  const exact = cases.filter(({ got }) => got.kind === "orthogonal" && got.activation === "linear");
  assert.equal(exact.length, 10);
  for (const { got } of exact) alike(got.norms, got.bounds, 1e-12, "exact");
});

test("the band holds the line and keeps to the bound", () => {
  for (const { got } of cases) {
    got.norms.forEach((v, l) => assert.ok(got.band[l][0] <= v && v <= got.band[l][1] && got.band[l][1] <= got.bounds[l] * (1 + 1e-12)));
  }
});

test("its words are those of the Python figure", () => {
  for (const { wanted, got } of cases) assert.equal(summary(got), wanted.summary);
});
