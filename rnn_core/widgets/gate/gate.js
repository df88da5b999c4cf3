// Gate: one memory cell whose gates a hand opens and shuts, beside a plain tanh unit that reads the same numbers.

import { arrow, color, el, math, num, short, text, tile } from "../shared/draw.js";
import { button, frame, html, like, listen, picture, put, range, reading, real, roomy, scrub, stepper, symbol, typeset, whole } from "../shared/controls.js";
import { backward, forward } from "../shared/rnn.js";
import { t } from "../shared/words.js";

const GATES = ["i", "f", "o"], TRAITS = ["xs", ...GATES, "w", "step", "moment"];
const WAIT = 700; // ms for a step of the player
const limit = (v) => Number(Math.max(0, Math.min(1, Math.round(v / 0.05) * 0.05)).toFixed(2));

// ---- compute: what follows from the traits

export function compute(s) {
  const T = s.xs.length, gs = s.xs.map(Math.tanh), cs = [], dcs = new Array(T).fill(1);
  for (let k = 0; k < T; k++) cs.push(s.f[k] * (k ? cs[k - 1] : 0) + s.i[k] * gs[k]);
  for (let k = T - 1; k > 0; k--) dcs[k - 1] = s.f[k] * dcs[k];
  const hs = cs.map((c, k) => s.o[k] * Math.tanh(c));
  const xs = s.xs.map((x) => [x]), plain = { W_x: [[1]], W_h: [[s.w]], b: [0] };
  const states = forward(xs, [0], plain).hs, own = xs.map((_, k) => [k === T - 1 ? 1 : 0]); // a loss of h_T alone
  const steps = backward(own, xs, [0], states, plain).steps;
  const plainHs = states.map(([h]) => h);
  return { ...s, T, gs, cs, hs, dcs, plainHs, plainDhs: steps.map(({ dh }) => dh[0]), slopes: plainHs.map((h) => s.w * (1 - h * h)) };
}

// The same words as Gate.summary() in Python.
export function summary(s) {
  const k = s.step - 1, { T } = s;
  return [t("The memory cell ends at c_{T} = {c}, and its gradient with respect to c_1 is {dc}.", { T, c: num(s.cs.at(-1)), dc: short(s.dcs[0]) }),
    t("The plain unit, with weight {w}, ends at h_{T} = {h}, and its gradient is {dh}.", { w: num(s.w), T, h: num(s.plainHs.at(-1)), dh: short(s.plainDhs[0]) }),
    t("Step {t}: input gate {i}, forget gate {f}, output gate {o}, c_{t} = {c}, h_{t} = {h}.",
      { t: s.step, i: num(s.i[k]), f: num(s.f[k]), o: num(s.o[k]), c: num(s.cs[k]), h: num(s.hs[k]) }),
    reached(s)].join(" ");
}

const reached = ({ moment, T }) => moment <= T ? t("On the way forward, at step {t}.", { t: moment }) : t("On the way back, at step {t}.", { t: 2 * T + 1 - moment });

// ---- scene: a column for each step; rows for the input, the cell's gates, state and gradient, and the plain unit's

const ROWS = { head: 12, x: 42, cell: 80, i: 108, f: 144, o: 180, c: 222, h: 264, dc: 306, plain: 348, ph: 380, dh: 422 };
const HEIGHT = 444, TALL = 36, TILE = 34; // of all, a gate, a tile

function layout(width, T) {
  const left = width < 480 ? 30 : 44, pitch = (width - left - 2) / T, size = Math.max(26, Math.min(40, pitch - 8));
  return { left, pitch, size, track: pitch - 12, digits: size < 34 ? 1 : 2, at: (k) => left + pitch * (k + 0.5) };
}

function scene(s, width) {
  const L = layout(width, s.T), front = Math.min(s.moment, s.T), back = 2 * s.T + 1 - s.moment;
  const forth = (k) => k < front, behind = (k) => k + 1 >= back, all = () => true;
  const head = (y, words) => text(0, y, words, { anchor: "start", size: 13, role: "muted" });
  const marks = [
    el("rect", { x: L.at(s.step - 1) - L.pitch / 2, y: 0, width: L.pitch, height: HEIGHT, rx: 6, fill: color("wash") }),
    s.xs.map((_, k) => text(L.at(k), ROWS.head, String(k + 1), { role: "muted", size: 12, weight: k + 1 === s.step ? 600 : undefined })),
    row(s, L, ROWS.x, "x", s.xs, all, { role: "input" }),
    head(ROWS.cell, t("memory cell: its gates, state, output, gradient")),
    GATES.map((name) => gates(s, L, name)),
    row(s, L, ROWS.c, "c", s.cs, forth, { factors: s.f, role: "state" }),
    row(s, L, ROWS.h, "h", s.hs, forth, { role: "state" }),
    row(s, L, ROWS.dc, "dc", s.dcs, behind, { factors: s.f, role: "grad", way: -1 }),
    head(ROWS.plain, t("plain unit: its state, gradient")),
    row(s, L, ROWS.ph, "h", s.plainHs, forth, { factors: s.plainHs.map(() => s.w), role: "state" }),
    row(s, L, ROWS.dh, "dh", s.plainDhs, behind, { factors: s.slopes, role: "grad", way: -1 }),
  ];
  return { height: HEIGHT, marks: marks.flat(2), label: summary(s), L };
}

// Values in their tiles, the ones that have been reached; between two tiles the factor, as thick as it is large.
function row(s, L, y, letter, values, seen, { factors, role, way = 1 }) {
  const tiles = values.map((value, k) => {
    const x = L.at(k) - L.size / 2, box = { x: x + 0.5, y: y - TILE / 2 + 0.5, width: L.size - 1, height: TILE - 1, rx: 2 };
    return seen(k)
      ? tile(x, y - TILE / 2, value, { size: L.size, height: TILE, digits: L.digits, data: { "data-row": letter } })
      : el("g", { class: "u-tile u-dim" }, el("rect", { ...box, fill: "none", class: "u-edge", "stroke-dasharray": "3 3" }));
  });
  const ways = factors ? factors.slice(1).map((factor, j) => passage(L, y, j, factor, role, way, seen(way > 0 ? j + 1 : j))) : [];
  return [symbolAt(y, letter, role), ways, tiles];
}

const symbolAt = (y, letter, role) => letter.length > 1
  ? text(0, y, letter, { anchor: "start", role, size: 15, cls: "u-math u-symbol" }) : math(2, y, letter, "", { anchor: "start", role });

// The way between column j and the next: shut, or open by so much.
function passage(L, y, j, factor, role, way, on) {
  const a = L.at(j) + L.size / 2 + 2, z = L.at(j + 1) - L.size / 2 - 2, shut = factor < 0.005;
  const ends = way > 0 ? [[a, y], [z, y]] : [[z, y], [a, y]];
  const node = z - a > 18
    ? arrow(ends, { backward: way < 0, cut: shut, role, width: 1 + 2 * Math.min(1, factor) })
    : shut ? el("path", { d: `M${(a + z) / 2} ${y - 6}v12`, stroke: color("ink"), "stroke-width": 2 })
      : el("path", { d: `M${a - 2} ${y}H${z + 2}`, stroke: color(role), "stroke-width": 1 + 5 * Math.min(1, factor) });
  return el("g", { class: on ? "" : "u-dim" }, node);
}

// A gate of every step: a bar that is filled as far as the gate is open, with a grip at its end.
function gates(s, L, name) {
  const y = ROWS[name];
  return [math(2, y, name, "", { anchor: "start", role: "weight" }), s[name].map((gate, k) => {
    const x = L.at(k) - L.track / 2, end = x + L.track * gate, hold = JSON.stringify([name, k]);
    return el("g", { class: "u-scrub", "data-hold": hold },
      el("rect", { x: L.at(k) - L.pitch / 2, y: y - TALL / 2, width: L.pitch, height: TALL, fill: "transparent" }),
      el("rect", { x, y: y - 4, width: L.track, height: 8, rx: 4, fill: color("paper"), stroke: color("muted"), "stroke-width": 1 }),
      el("rect", { x, y: y - 4, width: L.track * gate, height: 8, rx: 4, fill: color("weight") }),
      el("rect", { class: "u-grip", x: end - 4, y: y - 10, width: 8, height: 20, rx: 3, fill: color("paper"), stroke: color("weight"), "stroke-width": 2 }));
  })];
}

// ---- wiring

const FRESH = (T) => ({ i: Array.from({ length: T }, (_, k) => k === 0 ? 1 : 0), f: new Array(T).fill(1), o: Array.from({ length: T }, (_, k) => k === T - 1 ? 1 : 0) });
const SETTINGS = { // by name: the gates, for T steps
  keep: FRESH,
  leak: (T) => ({ ...FRESH(T), f: new Array(T).fill(0.8) }),
  erase: (T) => ({ ...FRESH(T), f: FRESH(T).f.map((_, k) => k === Math.floor(T / 2) ? 0 : 1) }),
  open: (T) => ({ i: new Array(T).fill(1), f: new Array(T).fill(1), o: new Array(T).fill(1) }),
};

function render({ model, el: host }) {
  const T = model.get("xs").length, gate = (name) => like(model, name, 0, 1);
  const link = { i: gate("i"), f: gate("f"), o: gate("o"), w: real(0, 2), step: whole(1, T), moment: whole(1, 2 * T) };
  const page = frame(host, { name: "gate", claim: CLAIM, shows: SHOWS, model, link });
  const read = () => compute(Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])));
  let s = read(), L;

  // readout
  const facts = { c: reading(), dc: reading(), h: reading(), dh: reading() };
  const fact = (name, ...words) => html("div", {}, html("dt", {}, ...words), html("dd", { "data-number": name }, facts[name].root));
  page.readout.append(html("dl", { class: "u-facts" },
    fact("c", t("the cell ends at")), fact("dc", t("its gradient at step 1")), fact("h", t("the plain unit ends at")), fact("dh", t("its gradient at step 1"))));
  const sum = roomy({ class: "u-sum" });
  const equation = ({ step, f, i, gs, cs, slopes, w }) => {
    const k = step - 1, before = k ? cs[k - 1] : 0;
    return [typeset(`c_${step} = `), `${num(f[k])} · ${num(before)} + ${num(i[k])} · ${num(gs[k])} = ${num(cs[k])}`, el("br"),
      t("factor back, cell: {f}; plain unit: {w} · {slope} = {factor}", { f: num(f[k]), w: num(w), slope: num(w ? slopes[k] / w : 1 - s.plainHs[k] ** 2), factor: num(slopes[k]) })].flat();
  };
  page.readout.append(sum.root);

  // controls: whatever a hand changes, all of the way is shown
  const all = (values) => { time.stop(); put(model, { ...values, moment: 2 * T }); };
  const open = (name, k, value) => all({ step: k + 1, [name]: model.get(name).map((v, j) => j === k ? value : v) });
  const spell = (m) => m <= T ? t("forward, step {t}", { t: m }) : t("back, step {t}", { t: 2 * T + 1 - m });
  const walk = (moment) => put(model, { moment, step: moment <= T ? moment : 2 * T + 1 - moment });
  const time = stepper({ label: t("time"), min: 1, max: 2 * T, value: s.moment, format: spell, oninput: walk, play: WAIT });
  const step = range({ label: t("gates of step"), min: 1, max: T, value: s.step, oninput: (value) => put(model, { step: value }) });
  const named = { i: t("input"), f: t("forget"), o: t("output") };
  const sliders = Object.fromEntries(GATES.map((name) => [name, range({
    label: html("span", {}, named[name], " ", symbol(name)), min: 0, max: 1, step: 0.05, value: s[name][s.step - 1], format: (v) => num(v),
    oninput: (value) => open(name, model.get("step") - 1, value),
  })]));
  const weight = range({ label: html("span", {}, t("plain unit's"), " ", symbol("w")), min: 0, max: 2, step: 0.05, value: s.w, format: (v) => num(v), oninput: (w) => all({ w }) });
  const words = { keep: t("keep"), leak: t("leak"), erase: t("erase midway"), open: t("all open") };
  const settings = Object.entries(words).map(([name, label]) => button({ label, onclick: () => all(SETTINGS[name](T)) }));
  page.controls.append(time.root, step.root, ...GATES.map((name) => sliders[name].root), weight.root,
    html("div", { class: "u-settings" }, settings.map(({ root }) => root)));

  const pic = picture(page.stage, (width) => { const drawn = scene(s, width); L = drawn.L; return drawn; });

  // update
  const update = () => {
    s = read();
    time.set(s.moment);
    step.set(s.step);
    for (const name of GATES) sliders[name].set(s[name][s.step - 1]);
    weight.set(s.w);
    facts.c.set(num(s.cs.at(-1)));
    facts.dc.set(short(s.dcs[0]));
    facts.h.set(num(s.plainHs.at(-1)));
    facts.dh.set(short(s.plainDhs[0]));
    sum.set(equation(s));
    sum.reserve(equation({ ...s, step: 8, f: FRESH(8).f, i: FRESH(8).f, gs: FRESH(8).f.map(() => -0.88), cs: FRESH(8).f.map(() => -8.88) }));
    pic.redraw();
    page.say(summary(s));
  };
  update();

  // the hand: drag a gate sideways; a tap opens it or shuts it
  let hand = null;
  const flip = ({ name, k }) => open(name, k, model.get(name)[k] < 0.5 ? 1 : 0);
  const drop = scrub(pic.svg, {
    model, names: [...GATES, "step", "moment"],
    hit: (event) => { const held = event.target.closest("[data-hold]"); return held && JSON.parse(held.dataset.hold); },
    take: ([name, k], event) => {
      hand = { name, k, from: model.get(name)[k], still: event.type === "pointerdown" };
      if (event.type === "pointerup") { flip(hand); hand = null; }
    },
    drag: (what, dx) => {
      if (Math.abs(dx) > 2) hand.still = false;
      if (!hand.still) open(hand.name, hand.k, limit(hand.from + dx / L.track));
    },
    drop: () => { if (hand?.still) flip(hand); hand = null; },
  });

  const stop = listen(model, TRAITS, update);
  return () => { stop(); drop(); time.stop(); pic.end(); page.end(); };
}

export default { render };
