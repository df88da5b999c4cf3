import assert from "node:assert/strict";
import { test } from "node:test";
import { bits, drawn, luck, predictions, states, truth } from "../../../rnn_core/widgets/shared/grammar.js";
import { close, fixture } from "./fixture.mjs";

const cases = fixture(import.meta.url);

test("states and true chances are the grammar's, remembered and forgotten", () => {
  for (const { automaton, walk, states: wanted, true: chances, forgotten } of cases) {
    const at = states(automaton, walk);
    assert.deepEqual(at.slice(1), wanted);
    close(at.slice(1).map((s) => truth(automaton, s)), chances);
    close(at.map((s) => truth(automaton, s, true)), forgotten);
  }
});

test("the RNN says in JavaScript what RNNLM says", () => {
  for (const { automaton, walk, weights, said } of cases) close(predictions(automaton.symbols, walk, weights), said);
});

test("bits are those of the Python figure", () => {
  for (const { automaton, walk, weights, bits: wanted } of cases) {
    const at = states(automaton, walk).slice(1).map((s) => truth(automaton, s));
    close(bits(automaton, walk, at), wanted.true);
    close(bits(automaton, walk, predictions(automaton.symbols, walk, weights)), wanted.RNN);
  }
});

test("luck is even, and what is drawn can be walked", () => {
  const many = Array.from({ length: 4000 }, (_, k) => luck(`${k} BTX`));
  assert.ok(many.every((u) => u >= 0 && u < 1));
  for (let k = 0; k < 4; k++) assert.ok(Math.abs(many.filter((u) => Math.floor(4 * u) === k).length / 4000 - 0.25) < 0.03);
  for (const { automaton } of cases) {
    let walk = "";
    for (let k = 0; k < 300; k++) walk += drawn(automaton, states(automaton, walk).at(-1), luck(`1 ${walk}`));
    assert.ok(states(automaton, walk).every((s) => s >= 0));
  }
});
