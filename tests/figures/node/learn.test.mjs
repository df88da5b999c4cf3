import assert from "node:assert/strict";
import { test } from "node:test";
import { kit } from "../../../rnn_core/widgets/shared/train.js";
import { close, fixture } from "./fixture.mjs";

Object.assign(globalThis, { CLAIM: "", SHOWS: "" });
const { planOf, PRESETS, probed, sizesOf, smooth, standing, summary } = await import("../../../rnn_core/widgets/learn/learn.js");
const cases = fixture(import.meta.url), { host, network, record, run } = kit();

test("what is read, and the floors, are the Python figure's", () => {
  for (const { state, plan } of cases) {
    const { floors, ...rest } = planOf(state), { floors: wanted, ...others } = plan;
    assert.deepEqual(rest, others);
    floors.forEach((floor, i) => wanted[i] === null ? assert.equal(floor, null) : close(floor, wanted[i]));
  }
  assert.equal(planOf({ ...cases[3].state, text: "short" }), null);
});

test("the probe's states, chances and lags are rnn_core's", () => {
  for (const { state, plan, probed: wanted } of cases) {
    close(probed(plan, network(sizesOf(plan, state.hidden, state.weights), state.weights), 4), wanted);
  }
});

test("its words are those of the Python figure", () => {
  for (const { state, plan, summary: wanted, untrained } of cases) {
    assert.equal(summary({ plan, data: state.data, history: state.history }), wanted);
    assert.equal(summary({ plan: null }), untrained);
  }
});

const [toy, embedded, recall] = cases.map(({ state }) => state);
function trained(preset, seed, updates, change = {}) {
  const s = { ...toy, span: 8, ...PRESETS[preset], ...change }, plan = planOf(s), log = record();
  const made = run({ ...s, data: plan, sizes: sizesOf(plan, s.hidden), seed });
  const seen = [];
  for (let i = 1; i <= updates; i++) {
    log.add(i, made.update());
    seen.push(standing(plan, log.list));
    if (preset === "just remembers" && seen.at(-1).at === 0) break;
  }
  return { seen, list: log.list, plan };
}

test("the lesson of each preset is there, from more than one start", () => {
  for (const seed of [1, 2, 3]) {
    const kept = trained("just remembers", seed, 1500).seen, rested = kept.findIndex(({ at }) => at === 1);
    assert.ok(rested > 0 && kept.at(-1).at === 0, `seed ${seed}: rests without the first letter, then at the optimum`);
    assert.ok(trained("forgets", seed, 1500).seen.at(-1).at === 1, `seed ${seed}: half and half`);
    assert.ok(trained("k too short", seed, 300).seen.at(-1).loss > 0.9 * Math.log(4), `seed ${seed}: nothing reaches the cue`);
    assert.ok(trained("k too short", seed, 600, { k: 16, carry: true }).seen.at(-1).loss < 0.3, `seed ${seed}: k as long as two spans`);
    assert.ok(trained("explodes", seed, 150).seen.at(-1).loss > Math.log(6), `seed ${seed}: worse than an even guess`);
    assert.ok(trained("explodes", seed, 150, { clip: true }).seen.at(-1).loss < 0.5, `seed ${seed}: clipped, it learns`);
  }
});

test("a record never grows, and forgets no update", () => {
  const log = record();
  for (let i = 1; i <= 100000; i++) {
    log.add(i, { loss: i, norm: i % 977, tokens: 1 });
    assert.ok(log.list.length <= 240);
  }
  const list = log.list, wide = list[1][0] - list[0][0];
  list.forEach(([step, loss, norm], i) => {
    assert.equal(step, (i + 1) * wide);
    assert.ok(Math.abs(loss - (step - (wide - 1) / 2)) < 1e-9 && norm > 0);
  });
  assert.equal(smooth(list, 1).length, list.length);
});

test("what a worker is told: begin, go on, change, begin where it was", () => {
  const told = [], tell = host((result) => told.push(result)), plan = planOf(toy);
  const setting = { ...toy, data: plan, sizes: sizesOf(plan, 8), seed: 4, lr: 0.02, k: 3 };
  tell({ start: { setting }, id: 1 });
  tell({ go: { ms: 1e9, updates: 30 } });
  tell({ set: { lr: 1e-9 } });
  tell({ go: { ms: 1e9, updates: 1 } });
  assert.deepEqual(told.map(({ id, n, step }) => [id, n, step]), [[1, 30, 30], [1, 1, 31]]);
  close([...told[1].params["rnn.b"]], [...told[0].params["rnn.b"]], 1e-6);
  const params = Object.fromEntries(Object.entries(told[1].params).map(([name, p]) => [name, [...p]]));
  tell({ start: { setting, params, history: told[1].history }, id: 2 });
  tell({ go: { ms: 0, updates: 9 } });
  assert.deepEqual([told[2].id, told[2].step, told[2].history.length], [2, 32, 32]);
});
