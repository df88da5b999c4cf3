import assert from "node:assert/strict";
import { test } from "node:test";
import { kit } from "../../../rnn_core/widgets/shared/train.js";
import { close, fixture } from "./fixture.mjs";

const wanted = fixture(import.meta.url);
const { dice, passage, run, start } = kit();
const plain = (params) => Object.fromEntries(Object.entries(params).map(([name, p]) => [name, [...p]]));
const told = ({ loss, norm, tokens }) => [loss, norm, tokens];
const words = ({ data, way, carry, clip, optimizer, k }) => `${data.grammar ?? data.kind}, ${way} of ${k}, ${carry ? "carry" : "reset"}, ${clip ? "clip" : "no clip"}, ${optimizer}`;

test("chance is NumPy's", () => {
  const rng = dice(12), { uniform, below, normal } = wanted.chance;
  assert.deepEqual(uniform.map(() => rng.uniform()), uniform);
  assert.deepEqual(below.map(() => rng.below(5)), below);
  close(normal.map(() => rng.normal()), normal, 1e-14);
});

test("what is read is what Grammar.sample, Recall.stream and stream_batches give", () => {
  wanted.data.forEach((data, i) => {
    const { ids, targets, mask } = passage(data, dice(3));
    assert.deepEqual([ids, targets, mask].map((a) => a && [...a]), wanted.passages[i]);
  });
});

test("a run begins with the same weights", () => {
  for (const { setting, start: begun } of wanted.cases) close(plain(start(setting.sizes, dice(setting.seed)).params), begun, 1e-12, words(setting));
});

test("one update agrees to 1e-12 and a hundred to 1e-8, for every switch", () => {
  const switches = new Set();
  for (const { setting, first, once, last, hundred } of wanted.cases) {
    const name = words(setting), made = run(structuredClone(setting));
    switches.add([setting.way, setting.carry, setting.clip, setting.optimizer].join());
    close(told(made.update()), first, 1e-12, name);
    close(plain(made.net.params), once, 1e-12, name);
    for (let i = 0; i < 98; i++) made.update();
    close(told(made.update()), last, 1e-8, name);
    close(plain(made.net.params), hundred, 1e-8, name);
    assert.equal(made.step, 100);
  }
  assert.equal(switches.size, 16);
});

test("a switch that is moved on the way is as if it had been so from there", () => {
  const slow = { ...wanted.cases[0].setting, lr: 1e-9, optimizer: "sgd" }, moved = run({ ...slow }), same = run({ ...slow });
  const b = ({ net }) => [...net.params["affine.b"]], both = [moved, same];
  both.forEach((one) => one.update());
  const begun = b(moved);
  assert.deepEqual(begun, b(same));
  moved.set({ lr: 0.5 });
  both.forEach((one) => one.update());
  const way = (one, lr) => b(one).map((v, i) => (v - begun[i]) / lr);
  assert.ok(Math.hypot(...way(moved, 0.5)) > 1e-3);
  close(way(moved, 0.5), way(same, 1e-9), 1e-6);
});

test("its source alone is enough, as in a worker", () => {
  const alone = new Function(`return (${kit.toString()})();`)();
  assert.equal(alone.dice(12).uniform(), wanted.chance.uniform[0]);
});
