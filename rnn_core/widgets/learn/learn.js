// Learn: a language model that trains in the page, beside the floors that its data have. The numbers are those of shared/train.js.

import { axes, color, el, group, line, num, short, text } from "../shared/draw.js";
import { button, calm, checkbox, flag, frame, html, listen, oneOf, picture, player, put, range, real, roomy, segmented, select, symbol, whole, write } from "../shared/controls.js";
import { gradientNorms } from "../shared/norms.js";
import { kit } from "../shared/train.js";
import { t } from "../shared/words.js";
import { driver } from "./driver.js";

const KINDS = ["toy", "reber", "embedded", "recall", "text"], LEAST = 40, LONGEST = 100000, WIDEST = 16, NEAR = 0.01, RECENT = 24;
const SWITCHES = ["lr", "k", "way", "carry", "clip", "optimizer"]; // these change a run on its way
const FRESH = ["data", "hidden", "seed", "span", "text"]; // these begin another one
const SHOWN = ["view", "column", "history", "weights"];
const TICK = 100, WORK = 80, PACE = 16; // ms, ms of training in each, and updates of the toy sentence: slow enough to be seen
const SLOW = 500; // ms between two pictures for readers who want no motion
const { dice, forward, network, start } = kit();

// ---- compute: what is read, and what the network makes of the probe

// As Learn.plan() in Python
export function planOf({ data, span, text: words, plans }) {
  if (data === "recall") return recallPlan(span);
  if (data === "text") return words.length < LEAST ? null : textPlan(words);
  return plans.fixed[data];
}

function recallPlan(span) {
  const cues = 4, V = cues + 2, probe = [], truth = [];
  for (const cue of [0, 2]) {
    probe.push(cue, ...Array(span - 2).fill(cues), cues + 1);
    truth.push(...Array(span - 1).fill(null), Array.from({ length: V }, (_, v) => Number(v === cue)));
  }
  return {
    kind: "recall", cues, span, rows: 16, length: Math.max(240, 10 * span), stretch: 32, V, space: "", tokens: [..."abcd·?"],
    floors: [0, Math.log(cues), Math.log(V)], probe: [...probe, cues].slice(0, 27), truth: truth.slice(0, 26),
  };
}

function textPlan(words) {
  const characters = [...words], tokens = [...new Set(characters)].sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
  const number = new Map(tokens.map((each, v) => [each, v])), ids = characters.map((each) => number.get(each)), V = tokens.length;
  const pairs = new Map(), seen = new Float64Array(V);
  ids.slice(1).forEach((v, i) => { const pair = ids[i] * V + v; pairs.set(pair, (pairs.get(pair) ?? 0) + 1); seen[ids[i]] += 1; });
  let loss = 0;
  for (const [pair, count] of pairs) loss -= count * Math.log(count / seen[Math.floor(pair / V)]);
  return {
    kind: "text", ids, rows: Math.max(1, Math.min(16, Math.floor((ids.length - 1) / 64))), stretch: 32, V, space: "", tokens,
    floors: [null, loss / (ids.length - 1), Math.log(V)], probe: ids.slice(0, 27), truth: Array(Math.min(26, ids.length - 1)).fill(null),
  };
}

export const sizesOf = (plan, hidden, weights) => ({ V: plan.V, D: weights?.["rnn.W_x"]?.length ?? Math.min(plan.V, WIDEST), H: hidden });

// Steps and losses of a history, each the mean of what lies `updates` back
export function smooth(history, updates = 8) {
  const wide = history.length > 1 ? Math.max(1, Math.round(updates / (history[1][0] - history[0][0]))) : 1;
  let sum = 0;
  return history.map(([step, loss], i) => {
    sum += loss - (i >= wide ? history[i - wide][1] : 0);
    return [step, sum / Math.min(i + 1, wide)];
  });
}

export const names = (data) => [t("optimum"), data === "embedded" ? t("first letter forgotten") : t("without memory"), t("even guess")];

// Where a run is: its loss over the last updates, and which floor that is at (-1: none)
export function standing(plan, history) {
  const loss = smooth(history, RECENT).at(-1)[1];
  return { loss, at: plan.floors.findIndex((floor) => floor !== null && Math.abs(loss - floor) < NEAR) };
}

// The same words as Learn.summary() in Python.
export function summary({ plan, data, history, broken }) {
  if (!plan) return t("Type or drop a text of at least {least} characters.", { least: LEAST });
  const said = names(data).map((name, i) => plan.floors[i] === null ? null : `${name} ${num(Math.exp(plan.floors[i]), 3)}`).filter(Boolean);
  const where = t("Floors: {floors}.", { floors: said.join(", ") });
  if (broken) return `${t("It has exploded: the loss is no longer a number.")} ${where}`;
  if (!history.length) return `${t("Not trained yet.")} ${where}`;
  const { loss, at } = standing(plan, history), now = t("After {n} updates the perplexity is {p}.", { n: history.at(-1)[0], p: num(Math.exp(loss), 3) });
  if (at < 0) return `${now} ${where}`;
  const rests = at === 0 ? t("It has reached the optimum.") : t("It rests at {p}: {name}.", { p: num(Math.exp(plan.floors[at]), 3), name: names(data)[at] });
  return `${now} ${rests} ${where}`;
}

// States (T,H) and probabilities (T,V) along the probe, and how long the gradient of one step's loss is at each lag (column + 1)
export function probed(plan, net, column) {
  const { V, H, params } = net, T = plan.probe.length - 1, { hs, z } = forward(net, plan.probe, 1, T, null);
  const rows = (a, wide, from = 0) => Array.from({ length: T }, (_, i) => [...a.subarray(from + i * wide, from + (i + 1) * wide)]);
  const states = rows(hs, H, H), chances = rows(z, V).map((logits) => {
    const top = Math.max(...logits), e = logits.map((v) => Math.exp(v - top)), total = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / total);
  });
  const dz = chances[column].map((p, v) => p - Number(v === plan.probe[column + 1]));
  const matrix = (name, wide) => Array.from({ length: H }, (_, i) => [...params[name].subarray(i * wide, (i + 1) * wide)]);
  const dh = matrix("affine.W", V).map((row) => row.reduce((sum, w, v) => sum + w * dz[v], 0));
  const slopes = states.slice(1, column + 1).map((h) => h.map((v) => 1 - v * v));
  return { states, chances, lags: gradientNorms(dh, matrix("rnn.W_h", H), slopes) };
}

// What the network says when its own words are given back to it
export function sample({ tokens, space, probe }, net, count, rng) {
  let h = null, v = probe[0];
  const said = [tokens[v]];
  for (let i = 0; i < count; i++) {
    const { hs, z } = forward(net, [v], 1, 1, h), top = Math.max(...z), e = [...z].map((value) => Math.exp(value - top));
    h = hs.slice(net.H);
    let u = rng.uniform() * e.reduce((a, b) => a + b, 0);
    for (v = 0; v < net.V - 1 && u >= e[v]; v++) u -= e[v];
    said.push(tokens[v]);
  }
  return said.join(space);
}

// ---- scene

function curve({ plan, data, history, past }, width, height) {
  const [best, forgot] = plan.floors.map(Math.exp), near = best && forgot < 1.2 * best && history.length && Math.exp(smooth(history, RECENT).at(-1)[1]) < 1.3 * forgot;
  const [low, top] = near ? [0.97 * best, 1.25 * forgot] : [0.93, 1.4 * plan.V]; // two floors close together: the picture comes nearer, once the curve is there
  const upto = Math.max(40, history.at(-1)?.[0] ?? 0, past.at(-1)?.[0] ?? 0);
  const ticks = near ? [1.5, 1.6, 1.7, 1.8, 1.9] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].filter((v) => v <= top);
  const ax = axes({ width, height, x: { domain: [0, upto], label: t("updates") }, y: { domain: [low, top], log: true, ticks, label: t("perplexity") }, margin: { left: 40, right: 12, top: 26, bottom: 42 } });
  const path = (list) => smooth(list).map(([step, loss]) => [step, Math.max(low, Math.min(top, Math.exp(loss)))]);
  const below = best && ax.y(best) - ax.y(forgot) < 16;
  const floors = plan.floors.map((floor, i) => floor === null || Math.exp(floor) > top ? null : group(
    line(ax, [[0, Math.exp(floor)], [upto, Math.exp(floor)]], { role: "truth", dashed: true, width: 1.25 }),
    text(ax.box.right, ax.y(Math.exp(floor)) + (i === 0 && below ? 10 : -9), `${names(data)[i]} ${num(Math.exp(floor), 3)}`, { anchor: "end", size: 12 })));
  return group(ax.node, floors,
    el("g", { class: "u-ghost" }, past.length ? line(ax, path(past), { role: "output", width: 2 }) : null),
    history.length ? el("g", { "data-curve": history.length }, line(ax, path(history), { role: "output", width: 2.5 })) : null);
}

const spaced = (token) => token === " " ? "␣" : token === "\n" ? "⏎" : token;

// The states along the probe, one column for each symbol that is read; to its right, or below, what is expected after the column that is pressed.
function states({ plan, column }, { states: rows, chances }, width, top) {
  const wide = width >= 600, left = 4, T = rows.length, room = wide ? width * 0.62 : width - 8, pitch = Math.min(60, room / T), units = Math.min(32, rows[0].length), tall = 132 / units;
  const heat = rows.map((h, i) => el("g", { class: "u-press", "data-column": i },
    h.slice(0, units).map((v, j) => el("rect", { x: left + i * pitch, y: top + 22 + j * tall, width: pitch - 1, height: tall, fill: color(v < 0 ? "grad" : "state"), "fill-opacity": Math.abs(v).toFixed(2) })),
    el("rect", { x: left + i * pitch - 0.5, y: top + 21, width: pitch, height: 164, fill: "transparent", stroke: i === column ? color("weight") : "none", "stroke-width": 2 }),
    text(left + (i + 0.5) * pitch, top + 172, spaced(plan.tokens[plan.probe[i]]), { size: 12, role: i === column ? "ink" : "muted", weight: i === column ? 700 : undefined })));
  const box = wide ? { x: room + 28, y: top, width: width - room - 32, height: 176 } : { x: 4, y: top + 196, width: width - 8, height: 136 };
  const truth = plan.truth[column], p = chances[column], order = p.map((_, v) => v).filter((v) => p.length <= 8 || (truth?.[v] ?? 0) > 0 || p[v] > 0).sort((a, b) => p.length <= 8 ? a - b : p[b] - p[a]).slice(0, 8);
  const step = box.width / order.length, base = box.y + box.height - 14, scale = base - box.y - 40;
  return [
    text(left, top + 8, t("states along a probe: press a column"), { anchor: "start", size: 12, role: "muted" }), heat,
    text(box.x, box.y + 8, truth ? t("expected next; outline: the truth") : t("expected next"), { anchor: "start", size: 12, role: "muted" }),
    order.map((v, i) => {
      const x = box.x + i * step + 2, w = step - 4;
      return group(el("rect", { x: x + 3, y: base - scale * p[v], width: Math.max(1, w - 6), height: scale * p[v], fill: color("output"), "data-p": p[v].toFixed(3) }),
        truth && truth[v] > 0 ? el("path", { d: `M${x} ${base}V${base - scale * truth[v]}h${w}V${base}`, fill: "none", stroke: color("truth"), "stroke-width": 2 }) : null,
        text(x + w / 2, base - scale * Math.max(p[v], truth?.[v] ?? 0) - 8, num(p[v]), { size: 12, cls: "u-number" }),
        text(x + w / 2, base + 10, spaced(plan.tokens[v]), { size: 12, role: "muted" }));
    }),
    el("path", { d: `M${box.x} ${base}H${box.x + box.width}`, class: "u-axis" }),
  ];
}

function lags({ plan, column, k }, { lags: norms }, width, top, height) {
  const low = 1e-6, high = 10, ax = axes({ width, height, x: { domain: [-0.5, Math.max(5, plan.probe.length - 2) + 0.5], label: t("steps back from {symbol}", { symbol: spaced(plan.tokens[plan.probe[column]]) }), ticks: [0, 5, 10, 15, 20, 25].filter((v) => v <= Math.max(5, plan.probe.length - 2)) }, y: { domain: [low, high], log: true, label: t("gradient of that prediction's loss; open: beyond k, cut") }, margin: { left: 48, right: 12, top: 26, bottom: 42 } });
  const wide = Math.min(22, 0.7 * (ax.x(1) - ax.x(0)));
  return el("g", { transform: `translate(0 ${top})` }, ax.node, norms.map((v, l) => {
    const y = ax.y(Math.max(low, Math.min(high, v)));
    return el("rect", { x: ax.x(l) - wide / 2, y, width: wide, height: Math.max(0, ax.box.bottom - y), fill: color(l < k ? "grad" : "paper"), stroke: color("grad"), "stroke-width": 1.25, "data-lag": l });
  }));
}

function normsOf({ history, clip, past }, width, top, height) {
  const low = 1e-3, high = 1e3, upto = Math.max(40, history.at(-1)?.[0] ?? 0, past.at(-1)?.[0] ?? 0), within = (v) => Math.max(low, Math.min(high, v));
  const ax = axes({ width, height, x: { domain: [0, upto], label: t("updates") }, y: { domain: [low, high], log: true, label: t("norm of the gradient before clipping") }, margin: { left: 48, right: 12, top: 26, bottom: 42 } });
  return el("g", { transform: `translate(0 ${top})` }, ax.node,
    line(ax, [[0, 1], [upto, 1]], { role: clip ? "truth" : "line", dashed: true, width: 1.25 }),
    text(ax.box.right, ax.y(1) - 9, clip ? t("clipped to 1") : t("clipping is off"), { anchor: "end", size: 12, role: clip ? "ink" : "muted" }),
    history.length ? line(ax, history.map(([step, , v]) => [step, within(v)]), { role: "grad", width: 1.5 }) : null);
}

function scene(s, width) {
  const label = summary(s), high = width < 600 ? 210 : 230, below = s.view === "states" && width < 600 ? 340 : 196;
  if (!s.plan) return { height: high + below, marks: [text(width / 2, high / 2, label, { role: "muted" })], label };
  const seen = probed(s.plan, s.net, s.column), top = high + 8;
  const panel = s.view === "states" ? states(s, seen, width, top) : s.view === "lags" ? lags(s, seen, width, top, below - 8) : normsOf(s, width, top, below - 8);
  return { height: high + below, marks: [curve(s, width, high), group(panel)], label };
}

// ---- presets, named after what they show

export const PRESETS = {
  "just remembers": { data: "embedded", hidden: 24, k: 32, lr: 0.01, way: "block", carry: true, clip: true, optimizer: "adam", view: "states", column: 6 },
  forgets: { data: "toy", hidden: 8, k: 1, lr: 0.01, way: "block", carry: false, clip: true, optimizer: "adam", view: "states", column: 1 },
  "k too short": { data: "recall", span: 8, hidden: 24, k: 4, lr: 0.01, way: "block", carry: false, clip: true, optimizer: "adam", view: "lags", column: 7 },
  explodes: { data: "recall", span: 8, hidden: 24, k: 32, lr: 1, way: "block", carry: true, clip: false, optimizer: "sgd", view: "norms", column: 7 },
};

// ---- wiring

function render({ model, el: host }) {
  const link = {
    data: oneOf(...KINDS), span: whole(3, 24), hidden: whole(2, 64), lr: real(1e-4, 3), k: whole(1, 64), way: oneOf("block", "window"), carry: flag, clip: flag,
    optimizer: oneOf("adam", "sgd"), seed: whole(1, 9999), view: oneOf("states", "lags", "norms"), column: whole(0, 63),
  };
  const page = frame(host, { name: "learn", claim: CLAIM, shows: SHOWS, model, link, beside: true });
  const get = (name) => model.get(name), { defaults } = get("plans");
  let plan, net, history = [], past = [], broken = false, begun = false, fresh = "", drawnAt = 0, sampledAt = 0, single = false, mine = get("weights");

  const engine = driver((result) => {
    ({ history, broken } = result);
    for (const name in net.params) net.params[name].set(result.params[name]);
    if (broken) { play.stop(); keep(); }
    if (single) { single = false; keep(); }
    if (!play.playing && !engine.busy) keep();
    const now = performance.now();
    if (play.playing && calm() && now - drawnAt < SLOW) return;
    drawnAt = now;
    update();
  });

  // The run from its beginning, or from where another view or Python has left it
  const setting = () => ({ data: plan, sizes: { V: net.V, D: net.D, H: net.H }, seed: get("seed"), ...Object.fromEntries(SWITCHES.map((name) => [name, get(name)])) });
  const plainly = (params) => Object.fromEntries(Object.entries(params).map(([name, p]) => [name, [...p]]));
  function begin() {
    plan = planOf({ data: get("data"), span: get("span"), text: get("text"), plans: get("plans") });
    begun = false;
    broken = false;
    if (!plan) { history = []; return; }
    const weights = get("weights"), given = Object.keys(weights).length > 0 && weights["embedding.W"].length === plan.V && weights["rnn.b"].length === get("hidden");
    const sizes = sizesOf(plan, get("hidden"), given ? weights : null);
    net = given ? network(sizes, weights) : start(sizes, dice(get("seed")));
    history = given ? get("history") : [];
  }
  function go(ms, updates) {
    if (!begun) engine.start(setting(), Object.keys(get("weights")).length ? plainly(net.params) : null, history);
    begun = true;
    engine.go(ms, updates);
  }
  // What has been learned goes into the traits: Python has it, and another view
  function keep() {
    const shape = { "embedding.W": net.D, "rnn.W_x": net.H, "rnn.W_h": net.H, "affine.W": net.V };
    const nested = (name, p) => shape[name] ? Array.from({ length: p.length / shape[name] }, (_, i) => [...p.subarray(i * shape[name], (i + 1) * shape[name])]) : [...p];
    mine = Object.fromEntries(Object.entries(net.params).map(([name, p]) => [name, nested(name, p)]));
    put(model, { weights: mine, history: history.map((entry) => [...entry]) });
  }
  const freshly = () => JSON.stringify(FRESH.map(get));
  const set = (name) => (value) => put(model, { [name]: value });
  const renew = (change) => { // another run: the one before stays, pale
    if (history.length) past = history;
    history = [];
    put(model, { ...change, weights: {}, history: [] });
  };

  // controls
  const play = player({
    label: t("training"), wait: TICK,
    step: () => { if (broken || !plan || document.hidden) { if (plan && begun && !broken) keep(); return false; } go(WORK, get("data") === "toy" ? PACE : 1e9); return true; },
  });
  play.root.addEventListener("click", () => { if (!play.playing && begun && !engine.busy) keep(); });
  const once = button({ label: t("one step"), onclick: () => { play.stop(); if (plan && !broken) { single = true; go(0, 1); } } });
  const again = button({ label: t("another seed"), onclick: () => renew({ seed: get("seed") % 9999 + 1 }) });
  const data = select({ label: t("Data"), options: [["toy", t("toy sentence")], ["reber", t("Reber grammar")], ["embedded", t("embedded Reber")], ["recall", t("recall a cue")], ["text", t("your own text")]], value: get("data"), oninput: (value) => {
    const { hidden, k, lr, column } = defaults[value];
    renew({ data: value, hidden, k, lr, column });
  } });
  const view = segmented({ label: t("Below"), options: [["states", t("states")], ["lags", t("gradient by lag")], ["norms", t("norm")]], value: get("view"), oninput: set("view") });
  const lr = range({ label: t("learning rate"), min: -4, max: 0.4, step: 0.1, value: Math.log10(get("lr")), format: (v) => short(rate(v), 2), oninput: (v) => put(model, { lr: rate(v) }) });
  const k = range({ label: html("span", {}, t("steps back"), " ", symbol("k")), min: 1, max: 64, value: get("k"), oninput: set("k") });
  const hidden = range({ label: html("span", {}, t("units"), " ", symbol("H")), min: 2, max: 64, value: get("hidden"), oninput: (value) => renew({ hidden: value }) });
  const span = range({ label: html("span", {}, t("span"), " ", symbol("L")), min: 3, max: 24, value: get("span"), oninput: (value) => renew({ span: value }) });
  const way = segmented({ label: t("Truncation"), options: [["block", t("blocks")], ["window", t("window")]], value: get("way"), oninput: set("way") });
  const optimizer = segmented({ label: t("Optimizer"), options: [["adam", "Adam"], ["sgd", "SGD"]], value: get("optimizer"), oninput: set("optimizer") });
  const carry = checkbox({ label: t("carry the state"), value: get("carry"), oninput: set("carry") });
  const clipped = checkbox({ label: t("clip at 1"), value: get("clip"), oninput: set("clip") });
  const presets = Object.entries(PRESETS).map(([name, change]) => button({ label: t(name), onclick: () => { play.stop(); renew(change); } }));
  const take = (words) => renew({ text: words.slice(0, LONGEST) });
  const area = html("textarea", {
    rows: 3, "aria-label": t("your own text"), placeholder: t("Type, paste or drop a text here. It stays in this browser."), autocomplete: "off", spellcheck: "false", "data-lm-suppress-shortcuts": true,
    onchange: () => take(area.value), ondragover: (event) => event.preventDefault(),
    ondrop: async (event) => { const file = event.dataTransfer.files[0]; if (!file) return; event.preventDefault(); area.value = (await file.slice(0, 4 * LONGEST).text()).slice(0, LONGEST); take(area.value); },
  });
  page.controls.append(play.root, once.root, again.root, data.root, lr.root, k.root, view.root, hidden.root, span.root, way.root, optimizer.root, carry.root, clipped.root,
    html("div", { class: "u-presets", role: "group", "aria-label": t("Presets") }, presets.map((each) => each.root)), area);

  // readout
  const words = roomy(), said = html("p", { class: "u-said" });
  words.reserve([t("After {n} updates the perplexity is {p}.", { n: 888888, p: "88.888" }), " ", t("It rests at {p}: {name}.", { p: "8.888", name: t("first letter forgotten") }), " ", t("Floors: {floors}.", { floors: names("embedded").map((name) => `${name} 88.888`).join(", ") })]);
  page.readout.append(words.root, said);
  
  const now = () => ({ plan, net, history, past, broken, data: get("data"), k: get("k"), clip: get("clip"), view: get("view"), column: plan ? Math.min(get("column"), plan.probe.length - 2) : 0 });
  begin();
  fresh = freshly();
  const pic = picture(page.stage, (width) => scene(now(), width));
  let before = "";

  const update = () => {
    const s = now(), told = summary(s);
    data.set(s.data); lr.set(Math.log10(get("lr"))); k.set(s.k); view.set(s.view); hidden.set(get("hidden")); span.set(get("span"));
    way.set(get("way")); optimizer.set(get("optimizer")); carry.set(get("carry")); clipped.set(get("clip"));
    span.root.hidden = s.data !== "recall";
    area.hidden = s.data !== "text";
    if (document.activeElement !== area && area.value !== get("text")) area.value = get("text");
    once.enable(Boolean(plan) && !broken);
    words.set([told]);
    const moment = performance.now();
    if (!history.length || s.data === "recall") write(said, "");
    else if (plan && !broken && (!play.playing || moment - sampledAt > 1000)) {
      sampledAt = moment;
      write(said, t("It says: {words}", { words: sample(plan, net, plan.space ? 11 : 44, dice(history.at(-1)[0])) }));
    }
    pic.redraw();
    const standsAt = !plan ? "none" : broken ? "broken" : history.length ? String(standing(plan, history).at) : "new";
    if (!play.playing || standsAt !== before) page.say(told); // while it trains, only where it comes to rest
    before = standsAt;
  };
  const moved = () => {
    if (freshly() !== fresh) {
      fresh = freshly();
      mine = get("weights");
      play.stop();
      begin();
    } else if (get("weights") !== mine && JSON.stringify(get("weights")) !== JSON.stringify(mine)) { // Python, or another view
      if (Object.keys(get("weights")).length || begun) { play.stop(); begin(); }
      mine = get("weights");
    } else if (begun) engine.set(Object.fromEntries(SWITCHES.map((name) => [name, get(name)])));
    update();
  };
  update();

  const press = (event) => {
    const column = event.target.closest("[data-column]")?.dataset.column;
    if (column !== undefined) put(model, { column: Number(column) });
  };
  pic.svg.addEventListener("click", press);
  const pause = () => { if (document.hidden) play.stop(); };
  document.addEventListener("visibilitychange", pause);
  const stop = listen(model, [...SWITCHES, ...FRESH, ...SHOWN], moved);
  return () => { stop(); play.stop(); engine.end(); document.removeEventListener("visibilitychange", pause); pic.svg.removeEventListener("click", press); pic.end(); page.end(); };
}

const rate = (v) => Number((10 ** v).toPrecision(2));

export default { render };
