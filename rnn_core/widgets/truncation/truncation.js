// Truncation: where the way back is cut, what each input still hears of one loss, and what the cut costs.

import { flag, frame, html, listen, oneOf, picture, put, range, reading, roomy, scrub, segmented, stepper, whole as wholeNumber } from "../shared/controls.js";
import { arrow, axes, cell, color, el, grip, group, line, num, points, symbols, text } from "../shared/draw.js";
import { nameLines } from "../shared/names.js";
import { biasCurves, fits, heard, stepsBack, whole } from "../shared/truncation.js";
import { t } from "../shared/words.js";

const CONTROLS = ["k", "question", "cue", "kind", "carry"];
const TEXT = ["embedding", "W_x", "W_h", "b", "affine_W", "affine_b", "ids", "words"];
// heights in a row of copies, px from its top; a bar is at most BAR tall
const AT = { loss: 12, tip: 24, cell: 56, grip: 90, input: 98, word: 111, bars: 178, bracket: 190 };
const HALF = 14, BAR = 44, ROW = 212, PLOT = 206, EDGE = 8;

// ---- compute: what follows from the traits

export function compute(words, controls, curves = biasCurves(words, controls)) {
  const T = words.ids.length - 1, question = Math.min(controls.question, T), cue = Math.min(controls.cue, question);
  const way = { k: Math.min(controls.k, T), kind: controls.kind, carry: controls.carry };
  return {
    ...way, words: words.words, T, question, cue, curves, bias: curves[way.k - 1],
    full: heard(words, question, whole(words)), cut: heard(words, question, way),
    fits: fits(question - cue + 1, way), stepsBack: stepsBack(T, way),
  };
}

const ends = (s, step) => s.kind === "window" ? step === s.question - s.k : step % s.k === 0; // is there a cut behind this step?
const first = (s) => s.kind === "window" ? Math.max(0, s.question - s.k) : s.k; // the cut that is held lies behind this step
const shown = (value) => value === 0 ? t("exactly 0") : num(value, 3);

// The same words as Truncation.summary() in Python.
export function summary(s) {
  const how = s.kind === "window" ? t("A window of k = {k} steps", { k: s.k })
    : t("Blocks of k = {k}, state {state}", { k: s.k, state: s.carry ? t("carried") : t("reset") });
  const reached = t("the loss of step {question} reaches input {cue} with {heard} (full {full})",
    { question: s.question, cue: s.cue, heard: shown(s.cut[s.cue - 1]), full: num(s.full[s.cue - 1], 3) });
  const [cosine, ratio] = s.bias.recurrent.map((v) => num(v));
  const biased = t("gradient of the recurrent layer: cosine {cosine}, norm ratio {ratio}; of the output layer: {output}",
    { cosine, ratio, output: s.bias.output.map((v) => num(v)).join(", ") });
  return `${how}: ${reached}; ${biased}; ${t("{kept} of {all} states kept", { kept: s.k + 1, all: s.T + 1 })}.`;
}

// ---- scene: copies of the layer, in as many rows as they need, with bars below them

export function rowsOf(T, width) {
  const perRow = width >= 560 || T <= 6 ? T : Math.ceil(T / Math.ceil(T / 6));
  return { perRow, rows: Math.ceil(T / perRow), pitch: width / perRow };
}

function chain(s, width) {
  const { perRow, rows, pitch } = rowsOf(s.T, width), marks = [];
  for (let step = 1; step <= s.T; step++) {
    const column = (step - 1) % perRow, place = { column, pitch, perRow, x: pitch * (column + 0.5), left: column === 0, right: column === perRow - 1 };
    marks.push(el("g", { "data-step": step, class: "u-press", transform: `translate(0 ${Math.floor((step - 1) / perRow) * ROW})` }, copy(s, step, place)));
  }
  return { height: rows * ROW, marks: [...marks, heldCut(s, width, perRow, pitch)], label: summary(s) };
}

function copy(s, step, place) {
  const { x, pitch, left, right } = place;
  return [
    el("rect", { x: x - pitch / 2, y: 0, width: pitch, height: ROW, fill: "transparent" }), // room for a finger
    arrow([[x, AT.input], [x, AT.cell + HALF]], { role: "input" }),
    cell(x, AT.cell, 2 * HALF, 2 * HALF),
    text(x, AT.word, s.words[step - 1], { role: "input", size: 12, weight: step === s.cue ? 600 : undefined }),
    step === s.question ? loss(s, step, place) : null,
    step < s.T ? flows(s, step, place) : null,
    left && step > 1 ? flowsFromAbove(s, step, place) : null,
    step <= s.question ? bar(s, step, x, Math.min(24, pitch - 12)) : null,
    step < s.T && ends(s, step) && step !== first(s) && !right ? el("path", { d: `M${x + pitch / 2} ${AT.cell + HALF}V${AT.bracket}`, stroke: color("line"), "stroke-dasharray": "3 3" }) : null,
    bracket(s, step, place),
  ];
}

function loss(s, step, { x, left, right }) {
  const anchor = left ? "start" : right ? "end" : "middle", from = { start: x - HALF, end: x + HALF, middle: x }[anchor];
  return [arrow([[x, AT.cell - HALF], [x, AT.tip]], { role: "output" }), text(from, AT.loss, t("loss: {word}", { word: s.words[step] }), { role: "output", size: 12, anchor })];
}

// From this copy to the next one, and back.
const FORTH = AT.cell - 6, BACK = AT.cell + 6;
const reset = (s, step) => s.kind === "blocks" && !s.carry && ends(s, step);
const others = (s, step) => s.kind === "window" && (step < s.question - s.k || step >= s.question); // a way that other losses go
function flows(s, step, { x, pitch, right }) {
  const next = right ? x + pitch / 2 - 2 : x + pitch - HALF, dim = others(s, step);
  return [
    right && reset(s, step) ? rowEnd(next, FORTH) : arrow([[x + HALF, FORTH], [next, FORTH]], { cut: reset(s, step) }),
    right && ends(s, step) ? rowEnd(next, BACK) : arrow([[next, BACK], [x + HALF, BACK]], { backward: true, cut: ends(s, step), dim }),
  ];
}
function flowsFromAbove(s, step, { x, pitch }) {
  const from = x - pitch / 2 + 2, dim = others(s, step - 1);
  return [
    reset(s, step - 1) ? null : arrow([[from, FORTH], [x - HALF, FORTH]]),
    ends(s, step - 1) ? null : arrow([[x - HALF, BACK], [from, BACK]], { backward: true, head: false, dim }),
  ];
}
const rowEnd = (x, y) => el("path", { d: `M${x - 8} ${y - 7}v14M${x} ${y - 7}v14`, stroke: color("ink"), "stroke-width": 2 }); // a cut at a row's end

// What the loss says to this input: outline all of it, filled what the cuts leave.
function bar(s, step, x, width) {
  const tall = BAR / Math.max(...s.full, 1e-12), all = s.full[step - 1] * tall, left = s.cut[step - 1] * tall;
  return group(
    el("rect", { class: "u-heard", x: x - width / 2, y: AT.bars - left, width, height: left, fill: color("grad") }),
    el("rect", { x: x - width / 2, y: AT.bars - all, width, height: all, fill: "none", stroke: color("truth"), "stroke-width": 1.25, "stroke-dasharray": "3 2" }),
    step === s.cue ? [
      el("path", { d: `M${x - width / 2 - 4} ${AT.bars + 3}h${width + 8}`, stroke: color("ink"), "stroke-width": 2.5 }),
      text(x, AT.bars - Math.max(all, left) - 9, s.cut[step - 1] === 0 ? "0" : num(s.cut[step - 1], 3), { size: 12, weight: 600, cls: "u-number" })] : null);
}

// Which steps belong together, below the bars: a block, or the window of the marked loss.
function bracket(s, step, { column, pitch, perRow }) {
  const window = s.kind === "window", from = window ? Math.max(1, s.question - s.k + 1) : Math.floor((step - 1) / s.k) * s.k + 1;
  const to = window ? s.question : Math.min(s.T, from + s.k - 1);
  if (step < from || step > to) return null;
  const a = pitch * column + (step === from ? 4 : 0), z = pitch * (column + 1) - (step === to ? 4 : 0);
  const inRow = Math.min(perRow - column, to - step + 1), number = Math.ceil(step / s.k); // steps from here to the row's end
  const words = window ? t("window") : inRow * pitch > 52 ? t("block {number}", { number }) : String(number);
  return group(
    el("path", { d: `M${a} ${AT.bracket - (step === from ? 4 : 0)}V${AT.bracket}H${z}V${AT.bracket - (step === to ? 4 : 0)}`, class: "u-axis" }),
    step === from || column === 0 ? text(pitch * (column + inRow / 2), AT.bracket + 11, words, { role: "muted", size: 12 }) : null);
}

// The cut to take hold of.
function heldCut(s, width, perRow, pitch) {
  const after = first(s), row = Math.floor(Math.max(0, after - 1) / perRow);
  const x = Math.max(EDGE, Math.min(width - EDGE, (after - row * perRow) * pitch));
  return el("g", { transform: `translate(0 ${row * ROW})` },
    el("path", { d: `M${x} ${AT.cell + HALF}V${AT.bracket}`, stroke: color("weight"), "stroke-width": 2 }),
    grip(x, AT.grip, { data: { "data-hold": "cut" } }));
}

// ---- scene: cosine and norm ratio for every k, beside each other or one above the other

const known = new WeakMap(); // by curves: where the names stand at each width, while the cut moves
const once = (curves, key, make) => {
  if (!known.has(curves)) known.set(curves, {});
  return known.get(curves)[key] ??= make();
};

const MEASURES = [t("cosine: the direction"), t("norm ratio: the length")];
function biasCharts(s, width) {
  const beside = width >= 560, wide = beside ? (width - 24) / 2 : width, label = s.kind === "window" ? t("*k*, steps in the window") : t("*k*, steps in a block");
  const charts = MEASURES.map((measure, i) => {
    const lines = [["recurrent", "grad", t("recurrent layer")], ["output", "output", t("output layer")]]
      .map(([part, role, words]) => ({ role, words, data: s.curves.map((bias, j) => [j + 1, bias[part][i]]) }));
    const values = lines.flatMap(({ data }) => data.map(([, v]) => v)), bottom = beside || i === 1;
    const x = { domain: [0.6, s.T + 0.4], ticks: s.curves.map((_, j) => j + 1), label: bottom ? symbols(label) : "", format: String };
    const height = bottom ? PLOT : PLOT - 18;
    const ax = axes({ width: wide, height, margin: { left: 30, right: 8, top: 26, bottom: bottom ? 44 : 26 }, x, y: { domain: [Math.min(0, ...values), 1.08 * Math.max(1.05, ...values)], label: measure } });
    const at = beside ? [i * (wide + 24), 0] : [0, i * (PLOT - 10)];
    return { at, ax, height, mark: el("g", { transform: `translate(${at})` }, [ax.node,
      el("path", { d: `M${ax.box.left} ${ax.y(1)}H${ax.box.right}`, stroke: color("truth"), "stroke-dasharray": "4 3" }),
      el("path", { d: `M${ax.x(s.k)} ${ax.box.top}V${ax.box.bottom}`, stroke: color("weight"), "stroke-width": 2.5 }),
      ...lines.map(({ data, role }) => group(line(ax, data, { role }), points(ax, data, { role, size: 3 }))),
      ...once(s.curves, `${i} ${width}`, () => nameLines(ax, [...lines, { data: [[1, 1], [s.T, 1]], words: "" }])), grip(ax.x(s.k), ax.box.bottom - 16, { data: { "data-hold": "k" } })]) };
  });
  const { at, height } = charts.at(-1);
  return { charts, height: at[1] + height, label: summary(s), marks: charts.map(({ mark }) => mark) };
}

// ---- wiring

function render({ model, el: host }) {
  const step = (v) => wholeNumber(1, model.get("ids").length - 1)(v);
  const link = { k: step, question: step, cue: step, kind: oneOf("blocks", "window"), carry: flag };
  const page = frame(host, { name: "truncation", claim: CLAIM, shows: SHOWS, model, link });
  let s, charts, words, curves; // curves: by kind and carry, each computed when it is first asked for
  const read = () => {
    const next = Object.fromEntries(TEXT.map((name) => [name, model.get(name)]));
    if (next.words.length !== next.ids.length) return; // several traits change in one go: wait until they fit
    if (!words || TEXT.some((name) => next[name] !== words[name])) [words, curves] = [next, {}];
    const controls = Object.fromEntries(CONTROLS.map((name) => [name, model.get(name)]));
    s = compute(words, controls, curves[`${controls.kind} ${controls.carry}`] ??= biasCurves(words, controls));
  };
  read();

  // readout
  const facts = Object.fromEntries(["heard", "full", "fits", "kept", "back", "cosine", "ratio", "outputCosine", "outputRatio"].map((name) => [name, reading()]));
  const fact = (name, label) => html("div", {}, html("dt", {}, label), html("dd", { "data-number": name }, facts[name].root));
  const at = roomy(), both = roomy();
  at.reserve([t("gradient at input {cue}", { cue: 88 })]);
  both.reserve([t("both in one window")]);
  page.readout.append(html("dl", { class: "u-facts" }, fact("heard", at.root), fact("full", t("without cuts")), fact("fits", both.root), fact("kept", t("states kept")), fact("back", t("steps back in all"))));
  const chart = html("div", { class: "u-stage" });
  page.readout.after(html("section", { class: "u-panel" }, html("p", { class: "u-title" }, t("What the cut costs: a bias in the recurrent layer, and none in the output layer as long as the state is carried.")),
    chart, html("dl", { class: "u-facts" }, fact("cosine", t("recurrent: cosine")), fact("outputCosine", t("output: cosine")), fact("ratio", t("recurrent: ratio")), fact("outputRatio", t("output: ratio")))));

  // controls
  const set = (name) => (value) => put(model, { [name]: value });
  const k = stepper({ label: t("*k*, steps"), min: 1, max: s.T, value: s.k, oninput: set("k") });
  const kind = segmented({ label: t("cut"), options: [["blocks", t("in blocks")], ["window", t("sliding window")]], value: s.kind, oninput: set("kind") });
  const carry = segmented({ label: t("state at the border"), options: [[true, t("carried")], [false, t("reset")]], value: s.carry, oninput: set("carry") });
  const question = range({ label: t("loss of step"), min: 1, max: s.T, value: s.question, oninput: (value) => put(model, { cue: Math.min(s.cue, value), question: value }) });
  const cue = range({ label: t("heard at input"), min: 1, max: s.T, value: s.cue, oninput: (value) => { put(model, { cue: Math.min(value, s.question) }); update(); } });
  page.controls.append(k.root, question.root, cue.root, kind.root, carry.root);

  const pic = picture(page.stage, (width) => chain(s, width));
  const plot = picture(chart, (width) => { const drawn = biasCharts(s, width); charts = drawn.charts; return drawn; });

  // update
  const update = () => {
    read();
    for (const control of [k, question, cue]) control.limit(1, s.T);
    k.set(s.k);
    kind.set(s.kind);
    carry.set(s.carry);
    carry.rest(s.kind === "window" ? t("a window has no border") : "");
    question.set(s.question);
    cue.set(s.cue);
    at.set([t("gradient at input {cue}", { cue: s.cue })]);
    both.set([s.kind === "window" ? t("both in one window") : t("both in one block")]);
    facts.heard.set(shown(s.cut[s.cue - 1]));
    facts.full.set(num(s.full[s.cue - 1], 3));
    facts.fits.set(s.kind === "window" ? (s.fits ? t("always") : t("never")) : t("{fits} of {k} places", { fits: s.fits, k: s.k }));
    facts.kept.set(t("{kept} of {all}", { kept: s.k + 1, all: s.T + 1 }));
    facts.back.set(String(s.stepsBack));
    [facts.cosine, facts.ratio].forEach((one, i) => one.set(num(s.bias.recurrent[i])));
    [facts.outputCosine, facts.outputRatio].forEach((one, i) => one.set(num(s.bias.output[i])));
    pic.redraw();
    plot.redraw();
    page.say(summary(s));
  };
  update();

  // the hand: the cut along the chain, the line along the chart; a copy pressed is the input to read off
  const within = (low, v, high) => Math.max(low, Math.min(high, v));
  const place = (event) => { // [border, step] under the pointer, in its row
    const { perRow, rows, pitch } = rowsOf(s.T, pic.width()), [x, y] = pic.at(event);
    const row = within(0, Math.floor(y / ROW), rows - 1), from = row * perRow;
    return [from + within(0, Math.round(x / pitch), perRow), from + within(1, Math.ceil(x / pitch), perRow)].map((v) => Math.min(v, s.T));
  };
  const cutAt = (event) => { const [border] = place(event); put(model, { k: within(1, s.kind === "window" ? s.question - border : border, s.T) }); };
  const cueAt = (event) => put(model, { cue: within(1, place(event)[1], s.question) });
  let held; // the chart in which the line is held
  const kAt = (event) => {
    const { at: [left], ax: { box } } = held;
    put(model, { k: within(1, Math.round(0.6 + (plot.at(event)[0] - left - box.left) / (box.right - box.left) * (s.T - 0.2)), s.T) });
  };
  const chartAt = (event) => { const [x, y] = plot.at(event); return charts.findLast(({ at }) => x >= at[0] && y >= at[1]); };
  const drops = [
    scrub(pic.svg, {
      model, names: ["k", "cue"], hit: (event) => event.target.closest("[data-hold]") ? "cut" : "cue",
      take: (what, event) => { if (what === "cue") cueAt(event); }, drag: (what, dx, event) => what === "cut" ? cutAt(event) : cueAt(event),
    }),
    scrub(plot.svg, { model, names: ["k"], hit: () => "k", take: (what, event) => { held = chartAt(event); kAt(event); }, drag: (what, dx, event) => kAt(event) }),
  ];

  const stop = listen(model, [...CONTROLS, ...TEXT], update);
  return () => { stop(); drops.forEach((drop) => drop()); pic.end(); plot.end(); page.end(); };
}

export default { render };
