// Unfold: one layer, folded with its loop or unrolled into copies; every copy has the same weights.

import { array, arrow, cell, color, el, fill, group, math, num, pointOn, text } from "../shared/draw.js";
import { assign, button, flag, frame, html, like, listen, picture, put, range, reading, roomy, scrub, segmented, show, stepper, symbol, tween, whole, write } from "../shared/controls.js";
import { forward } from "../shared/rnn.js";
import { t as words } from "../shared/words.js";

const WEIGHTS = ["W_x", "W_h", "b"], VALUES = [...WEIGHTS, "xs", "h_0"];
const STEP = 0.05, DOT = 6, CELL_WIDTH = 88;

// ---- the state, and what follows from it

function read(model) {
  const state = Object.fromEntries([...VALUES, "step", "unrolled", "held"].map((name) => [name, model.get(name)]));
  const { as, hs } = forward(state.xs, state.h_0, state);
  const t = state.step, x = state.xs[t - 1], h_prev = t > 1 ? hs[t - 2] : state.h_0;
  return { ...state, as, hs, t, x, h_prev, a: as[t - 1], h: hs[t - 1], T: hs.length, D: x.length, H: h_prev.length };
}

const entry = (state, [name, ...index]) => index.reduce((array, i) => array[i], state[name]);
const nameOf = ([name, ...index]) => `${name}[${index.join(", ")}]`;
const vector = (values) => `(${values.map((value) => num(value)).join(", ")})`;

// The same words as Unfold.summary() in Python.
export function summary(s) {
  const values = { k: s.t, before: s.t - 1, x: vector(s.x), h_prev: vector(s.h_prev), h: vector(s.h) };
  return [s.unrolled ? words("Unrolled into {T} copies of one layer.", { T: s.T }) : words("Folded: one layer with a loop."),
    words("At step {k}, x_{k} = {x} and h_{before} = {h_prev} give h_{k} = {h}.", values),
    words("Held: {name} = {value}.", { name: nameOf(s.held), value: num(entry(s, s.held)) })].join(" ");
}

// ---- where things are: `along` is time, `across` runs from the input through the cell to the state

function layout(width, { T, D, H }) {
  const half = { width: CELL_WIDTH / 2, height: Math.max(50, (D + H + 1) * DOT + 14) / 2 };
  for (const size of [36, 33, 30]) {
    const first = H * size + 30 + half.width, pitch = (width - 2 - Math.max(H * size / 2, half.width) - first) / (T - 1);
    if (pitch < Math.max(H * size + 8, CELL_WIDTH + 32)) continue;
    const gap = 34, reach = half.height + gap + size + 9, middle = reach + 4;
    return {
      size, gap, reach, pitch, wide: true, height: middle + half.height + gap + size + 2,
      halfAlong: half.width, halfAcross: half.height, side: Math.max(half.width, H * size / 2) + 14,
      along: (t) => first + (t - 1) * pitch, folded: width / 2, start: H * size / 2, thick: (n) => n * size / 2, deep: () => size / 2,
      place: (along, across) => [along, middle - across],
    };
  }
  // a phone: time runs down the page
  const gap = 28, size = Math.min(34, Math.floor((width - CELL_WIDTH - 2 * gap - 12) / (D + H)));
  const pitch = 2 * half.height + 24, first = size + 26 + half.height, height = first + (T - 1) * pitch + half.height + 16;
  const left = (width - (D + H) * size - CELL_WIDTH - 2 * gap - 10) / 2, middle = left + D * size + gap + half.width;
  return {
    size, gap, reach: half.width + gap + H * size + 8, pitch, wide: false, height,
    halfAlong: half.height, halfAcross: half.width, side: half.height + 13,
    along: (t) => first + (t - 1) * pitch, folded: first + (T - 1) * pitch / 2, start: size / 2, thick: () => size / 2, deep: (n) => n * size / 2,
    place: (along, across) => [middle + across, along],
  };
}

// ---- the picture; u runs from 0 (folded) to 1 (unrolled); pulse: how far the state has come into the present step, or null

function scene(s, width, u, pulse) {
  const L = layout(width, s), at = (t) => L.folded + (L.along(t) - L.folded) * u;
  const shy = (node, t) => t === s.t ? node : fade(node, u);
  const steps = s.hs.map((_, i) => i + 1).filter((t) => t === s.t || u > 0);
  if (u < 1) steps.sort((p, q) => (p === s.t) - (q === s.t)); // the present copy lies on top of the others
  const marks = [band(L, at(s.t), u, width)];
  if (u > 0) marks.push(fade(start(s, L, at(1)), u));
  if (u > 0) for (let t = 1; t < s.T; t++) marks.push(fade(link(L, at, t, u), u));
  if (u < 1) marks.push(fade(loop(L, at(s.t), s.t), Math.max(0, 1 - 2 * u))); // gone before the copies part
  for (const t of steps) marks.push(shy(copy(s, L, at(t), t), t));
  if (u === 0 || u === 1) marks.push(hint(s, L, at(u ? 1 : s.t)));
  if (pulse !== null && (u === 0 || u === 1)) {
    const [x, y] = pointOn(u ? wayInto(s, L, s.t) : loopOf(L, at(s.t)), pulse);
    marks.push(el("circle", { cx: x, cy: y, r: 7, fill: color("state"), class: "u-pulse" }));
  }
  return { height: L.height, marks: marks.filter(Boolean), label: summary(s) };
}

const fade = (node, opacity) => opacity < 1 ? el("g", { opacity }, node) : node;

// A quiet band behind the present step.
function band(L, along, u, width) {
  const reach = L.wide ? Math.min(L.pitch / 2 - 2, L.side - 4) : L.pitch / 2 - 3;
  const box = L.wide ? { x: along - reach, y: 0, width: 2 * reach, height: L.height } : { x: 0, y: along - reach, width, height: 2 * reach };
  return el("rect", { ...box, rx: 6, fill: color("wash"), opacity: u });
}

// An array with its middle at (along, across).
function vectorAt(L, along, across, values, options) {
  const [x, y] = L.place(along, across);
  return array(x - values.length * L.size / 2, y - L.size / 2, values, { size: L.size, digits: L.size < 32 ? 1 : 2, ...options });
}

// A label beside the arrow between two points.
function beside(L, along, across, letter, index, role) {
  const [x, y] = L.place(along, across);
  return L.wide ? math(x + 8, y, letter, index, { role, anchor: "start" }) : math(x, y - 14, letter, index, { role });
}

const under = (L, along, letter, index) => {
  const [x, y] = L.place(along, 11);
  return math(x, y - (L.wide ? 2 : 0), letter, index, { role: "state", anchor: L.wide ? "middle" : "start" });
};

// h_0, on its way into the first copy.
function start(s, L, along) {
  const end = L.start + L.thick(s.H);
  return group(
    arrow([L.place(end + 2, 0), L.place(along - L.halfAlong, 0)]),
    under(L, (end + along - L.halfAlong) / 2, "h", 0),
    vectorAt(L, L.start, 0, s.h_0));
}

// The state's way from copy t to copy t+1; none while the copies still lie upon each other.
function link(L, at, t, u) {
  const begin = at(t) + L.halfAlong, end = at(t + 1) - L.halfAlong;
  return group(
    end - begin > 14 ? arrow([L.place(begin, 0), L.place(end, 0)]) : null,
    u === 1 ? under(L, (begin + end) / 2 - 3, "h", t) : null);
}

// Unrolled, the way of the state that enters copy t.
function wayInto(s, L, t) {
  const begin = t > 1 ? L.along(t - 1) + L.halfAlong : L.start + L.thick(s.H);
  return [L.place(begin, 0), L.place(L.along(t) - L.halfAlong, 0)];
}

// Folded, its way around.
const loopOf = (L, along) => [[L.halfAlong, 0], [L.side, 0], [L.side, L.reach], [-L.side, L.reach], [-L.side, 0], [-L.halfAlong, 0]]
  .map(([by, across]) => L.place(along + by, across));
const loop = (L, along, t) => group(arrow(loopOf(L, along)), loopLabels(L, along, t));

// Beside the first input: what a hand can do there.
function hint(s, L, along) {
  const [x, y] = L.place(along, -L.halfAcross - L.gap - L.deep(s.D)), left = x - s.D * L.size / 2, said = words("drag an input");
  if (!L.wide) return text(left, y - L.size / 2 - 12, said, { role: "muted", anchor: "start", size: 12 });
  return left > 100 ? text(left - 8, y, said, { role: "muted", anchor: "end", size: 12 }) : null;
}

// Folded, the state leaves as h_t and comes back as h_{t-1}.
function loopLabels(L, along, t) {
  const out = L.place(along + L.side, L.wide ? L.reach / 2 : L.reach - 12), back = L.place(along - L.side, L.wide ? L.reach / 2 : L.reach - 12);
  return L.wide
    ? [math(out[0] + 9, out[1], "h", t, { role: "state", anchor: "start" }), math(back[0] - 9, back[1], "h", t - 1, { role: "state", anchor: "end" })]
    : [math(out[0], out[1] + 14, "h", t, { role: "state", anchor: "end" }), math(back[0], back[1] - 16, "h", t - 1, { role: "state", anchor: "end" })];
}

// One copy: x_t in, the cell with its weights, h_t out.
function copy(s, L, along, t) {
  const edge = L.halfAcross, far = edge + L.gap, [name, i, j] = s.held;
  const [x, y] = L.place(along, 0), input = name === "xs" && i === t - 1 ? j : -1;
  return el("g", { "data-step": t },
    arrow([L.place(along, -far), L.place(along, -edge)], { role: "input" }),
    arrow([L.place(along, edge), L.place(along, far)]),
    beside(L, along, -(edge + far) / 2, "x", t, "input"),
    beside(L, along, (edge + far) / 2, "h", t, "state"),
    vectorAt(L, along, -far - L.deep(s.D), s.xs[t - 1], { held: input, grip: true, data: (d) => ({ "data-held": JSON.stringify(["xs", t - 1, d]) }) }),
    vectorAt(L, along, far + L.deep(s.H), s.hs[t - 1]),
    cell(x, y, CELL_WIDTH, L.wide ? 2 * edge : 2 * L.halfAlong),
    inside(s, x, y));
}

// The weights in the cell, each a dot; the held one with its number.
function inside(s, x, y) {
  const [held, ...index] = s.held, weight = WEIGHTS.includes(held), rows = s.D + s.H + 1;
  const left = weight ? x - CELL_WIDTH / 2 + 9 : x - s.H * DOT / 2, top = y - (rows * DOT + 4) / 2;
  const nodes = [];
  let line = 0, outline = null;
  WEIGHTS.forEach((name, block) => {
    for (const [i, row] of (name === "b" ? [s.b] : s[name]).entries()) {
      for (const [j, value] of row.entries()) {
        const mine = held === name && (name === "b" ? index[0] === j : index[0] === i && index[1] === j);
        const box = { x: left + j * DOT, y: top + line * DOT + block * 2, width: DOT - 1, height: DOT - 1 };
        nodes.push(el("rect", { ...box, fill: fill(value).fill, "fill-opacity": (0.1 + 0.9 * Math.min(1, Math.abs(value))).toFixed(3) }));
        if (mine) outline = el("rect", { x: box.x - 1.5, y: box.y - 1.5, width: DOT + 2, height: DOT + 2, fill: "none", stroke: color("weight"), "stroke-width": 2, class: "u-mine" });
      }
      line += 1;
    }
  });
  const [letter, below] = held.split("_"), right = (left + s.H * DOT + x + CELL_WIDTH / 2) / 2;
  return group(nodes, outline, weight ? [
    math(right, y - 10, letter, below ?? "", { role: "weight", size: 15 }),
    text(right, y + 10, num(entry(s, s.held)), { role: "weight", weight: 600, cls: "u-number" })] : null);
}

// ---- the numbers of the present step: sources on the left, weights, and the two rows that they add up to

function table(s, hold) {
  const cells = []; // each shows its number for a given state
  let present = s;
  const number = (tag, attributes, value, digits) => {
    const node = html(tag, { class: "u-figure", ...attributes });
    cells.push((now) => shade(node, value(now), digits));
    return node;
  };
  const radio = (key) => {
    const input = html("input", { type: "radio", name: "held", onchange: () => hold(key(present)) });
    const shown = html("span", { class: "u-figure", "aria-hidden": "true" });
    cells.push((now) => {
      const held = key(now), value = entry(now, held);
      input.checked = String(held) === String(now.held);
      assign(input, "aria-label", `${nameOf(held)} = ${num(value)}`);
      assign(shown.parentNode, "data-held", JSON.stringify(held));
      assign(shown.parentNode, "class", held[0] === "xs" || input.checked ? "u-hold u-grip" : "u-hold");
      shade(shown, value);
    });
    return html("label", { class: "u-hold" }, input, shown);
  };
  const side = (letter, index, role, rows) => rows && html("th", { scope: "rowgroup", rowspan: rows, style: `color: var(--u-${role})` }, ...[].concat(index === null ? letter : symbol(letter, index)));
  const moving = (letter, shift, role, rows) => {
    const th = side(letter, "", role, rows);
    cells.push((now) => show(th, [symbol(letter, now.t - shift)]));
    return th;
  };
  const range = (n) => [...Array(n).keys()];
  const row = (...children) => html("tr", {}, ...children);
  const body = [
    range(s.D).map((i) => row(i === 0 ? moving("x", 0, "input", s.D) : null,
      html("td", {}, radio((now) => ["xs", now.t - 1, i])),
      range(s.H).map((j) => html("td", {}, radio(() => ["W_x", i, j]))), i === 0 ? side("W", "x", "weight", s.D) : null)),
    range(s.H).map((i) => row(i === 0 ? moving("h", 1, "state", s.H) : null,
      number("td", {}, (now) => now.h_prev[i]),
      range(s.H).map((j) => html("td", {}, radio(() => ["W_h", i, j]))), i === 0 ? side("W", "h", "weight", s.H) : null)),
    [row(html("td"), html("td", { class: "u-one" }, "1"), range(s.H).map((j) => html("td", {}, radio(() => ["b", j]))), side("b", "", "weight", 1))],
    [row(html("td"), moving("a", 0, "ink", 1), range(s.H).map((j) => number("td", {}, (now) => now.a[j], 3)), html("th", { class: "u-how" }, words("sum")))],
    [row(html("td"), moving("h", 0, "state", 1), range(s.H).map((j) => number("td", {}, (now) => now.h[j], 3)), html("th", { class: "u-how" }, "tanh"))],
  ];
  // a radio group runs from left to right; up and down go to the row above or below
  const climb = (event) => {
    const rows = { ArrowUp: -1, ArrowDown: 1 }[event.key], td = event.target.closest("td");
    if (!rows || !td) return;
    event.preventDefault();
    const all = [...root.querySelectorAll("tr")].map((tr) => [...tr.querySelectorAll("input")]).filter((inputs) => inputs.length > 0);
    const y = all.findIndex((inputs) => inputs.includes(event.target)), fromRight = all[y].length - all[y].indexOf(event.target);
    const next = all[y + rows]?.at(-Math.min(fromRight, all[y + rows].length));
    next?.focus();
    next?.click();
  };
  const head = html("thead", {}, row(html("th", { colspan: 2, scope: "row" }, words("unit")), range(s.H).map((j) => html("th", { scope: "col" }, String(j)))));
  const root = html("table", { class: "u-table", onkeydown: climb }, html("caption", {}, words("Hold a weight or an input, and drag")), head, body.map((rows, k) => html("tbody", { class: k > 2 ? "u-result" : "" }, rows)));
  return { root, set: (now) => { present = now; cells.forEach((tell) => tell(now)); } };
}

function shade(node, value, digits = 2) {
  if (node.value === value) return;
  node.value = value;
  write(node, num(value, digits));
  node.style.setProperty("--u-share", (0.45 * Math.min(1, Math.abs(value))).toFixed(3));
  node.classList.toggle("u-negative", value < 0);
}

// ---- the formula with its numbers, for one unit

const plain = (value) => num(value, Math.abs(value * 100 - Math.round(value * 100)) < 1e-9 ? 2 : 3);
const bracketed = (value) => value < 0 ? `(${plain(value)})` : plain(value);

function formula(s, unit, result, inner = bracketed) {
  const { t } = s, [held, i] = s.held, at = (letter, index) => [symbol(letter, index), `[${unit}]`];
  const terms = [
    ...s.x.map((x, d) => [x, s.W_x[d][unit], held === "W_x" && i === d || held === "xs" && s.held[2] === d && i === t - 1]),
    ...s.h_prev.map((h, k) => [h, s.W_h[k][unit], held === "W_h" && i === k]),
  ].map(([value, weight, mine]) => el(mine ? "strong" : "span", {}, `${inner(value)}·${inner(weight)}`));
  terms.push(el(held === "b" ? "strong" : "span", {}, inner(s.b[unit])));
  return [
    el("p", {}, symbol("h", t), " = tanh(", symbol("x", t), " ", symbol("W", "x"), " + ", symbol("h", t - 1), " ", symbol("W", "h"), " + ", symbol("b"), ")"),
    el("p", {}, ...at("a", t), " = ", ...terms.flatMap((term, k) => k ? [" + ", term] : [term]), " = ", el("span", { class: "u-value" }, num(s.a[unit], 3))),
    el("p", {}, ...at("h", t), " = tanh(", num(s.a[unit], 3), ") = ", result),
  ];
}

// ---- wiring

function render({ model, el: host }) {
  const first = Object.fromEntries(VALUES.map((name) => [name, structuredClone(model.get(name))]));
  const page = frame(host, { name: "unfold", claim: CLAIM, shows: SHOWS, model, beside: true, link: { step: (v) => whole(1, model.get("xs").length)(v), unrolled: flag, ...Object.fromEntries(VALUES.map((name) => [name, (v) => like(model, name, -100, 100)(v)])) } });
  let s = read(model), u = s.unrolled ? 1 : 0, unit = 0, pulse = null, stopMorph = () => {}, stopPulse = () => {}, shape = "";

  const hold = (held) => put(model, held[0] === "xs" ? { held, step: held[1] + 1 } : { held });
  const setHeld = (value) => {
    const [name, ...index] = model.get("held"), next = structuredClone(model.get(name));
    index.slice(0, -1).reduce((array, i) => array[i], next)[index.at(-1)] = value;
    put(model, { [name]: next });
  };
  const go = (step) => put(model, s.held[0] === "xs" ? { step, held: ["xs", step - 1, s.held[2]] } : { step });

  const view = segmented({ label: words("The layer"), hidden: true, options: [[false, words("folded")], [true, words("unrolled")]], value: s.unrolled, oninput: (unrolled) => put(model, { unrolled }) });
  const step = stepper({ label: words("Step"), min: 1, max: s.T, value: s.t, play: 1100, format: (n) => words("{n} of {T}", { n, T: s.T }), oninput: go });
  const reset = button({ label: words("Reset"), title: words("Reset weights and inputs"), onclick: () => put(model, structuredClone(first)) });
  const slider = range({ label: "", min: -2, max: 2, step: STEP, value: entry(s, s.held), format: (value) => num(value), oninput: setHeld });
  page.controls.append(view.root, step.root);
  const grid = html("form", { class: "u-grid-form", onsubmit: (event) => event.preventDefault() });
  const sums = roomy({ class: "u-formula" }), result = reading({ class: "u-value" });
  page.readout.append(html("div", { class: "u-held-value" }, slider.root, reset.root), grid, sums.root);
  let numbers;

  const pic = picture(page.stage, (width) => scene(s, width, u, pulse));

  const update = () => {
    const before = s;
    s = read(model);
    if (shape !== (shape = [s.D, s.H, s.T].join())) {
      numbers = table(s, hold);
      grid.replaceChildren(numbers.root);
      step.limit(1, s.T);
    }
    unit = Math.min(WEIGHTS.includes(s.held[0]) ? s.held.at(-1) : unit, s.H - 1);
    view.set(s.unrolled);
    step.set(s.t);
    const value = entry(s, s.held), most = Math.max(2, Math.ceil(Math.abs(value)));
    slider.rename(heldName(s.held));
    slider.limit(-most, most);
    slider.set(value);
    numbers.set(s);
    result.set(num(s.h[unit], 3));
    sums.set(formula(s, unit, result.root));
    sums.reserve(formula(s, unit, "−8.888 −8.888", () => "(−8.888)"));
    if (before.unrolled !== s.unrolled) {
      stopMorph();
      const from = u, to = s.unrolled ? 1 : 0;
      stopMorph = tween(700, (share) => { u = from + (to - from) * share; pic.redraw(); });
    }
    if (s.t !== before.t) { // the state goes on to the next step: one sees it go
      stopPulse();
      pulse = null;
      if (s.t === before.t + 1) stopPulse = tween(700, (share) => { pulse = share < 1 ? share : null; pic.redraw(); });
    }
    pic.redraw();
    page.say(summary(s));
  };
  update();

  // the hand: tiles of the table, inputs in the picture; a click on a copy goes to its step
  let from = 0;
  const hand = {
    model, names: [...VALUES, "held", "step"],
    hit: (event) => JSON.parse(event.target.closest("[data-held]")?.dataset.held ?? "null"),
    take: (held) => { from = entry(s, held); hold(held); },
    drag: (held, dx) => {
      const value = Math.round((from + dx / 80) / STEP) * STEP, most = Math.max(2, Math.ceil(Math.abs(from)));
      if (Math.abs(dx) > 3) setHeld(Number(Math.max(-most, Math.min(most, value)).toFixed(2)));
    },
  };
  const drops = [scrub(grid, hand), scrub(pic.svg, hand)];
  const pick = (event) => {
    const t = event.target.closest("[data-held]") ? null : event.target.closest("[data-step]")?.dataset.step;
    if (t) go(Number(t));
  };
  pic.svg.addEventListener("click", pick);

  const stop = listen(model, [...VALUES, "step", "unrolled", "held"], update);
  return () => {
    stop();
    stopMorph();
    stopPulse();
    step.stop();
    drops.forEach((drop) => drop());
    pic.end();
    page.end();
  };
}

function heldName([name, ...index]) {
  const [letter, below = ""] = name === "xs" ? ["x", index.shift() + 1] : name.split("_");
  return el("span", {}, symbol(letter, below), `[${index.join(", ")}]`);
}

export default { render };
