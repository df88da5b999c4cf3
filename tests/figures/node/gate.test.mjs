import assert from "node:assert/strict";
import { test } from "node:test";
import { compute, summary } from "../../../rnn_core/widgets/gate/gate.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url).map((wanted) => ({ wanted, got: compute(wanted.state) }));

test("states and gradients are those of LSTMCell and RNNCell", () => {
  for (const { wanted, got } of cases) {
    for (const name of ["cs", "hs", "dcs", "plainHs", "plainDhs"]) close(got[name], wanted[name], 1e-12, name);
  }
});

test("the gradient along the cell is the product of the forget gates, and nothing else moves it", () => {
  for (const { got } of cases) {
    const product = got.f.slice(1).reduce((all, f) => all * f, 1);
    close(got.dcs[0], product);
    close(compute({ ...got, i: got.i.map((v) => 1 - v), o: got.o.map((v) => 1 - v) }).dcs, got.dcs);
  }
});

test("its words are those of the Python figure", () => {
  for (const { wanted, got } of cases) assert.equal(summary(got), wanted.summary);
});
