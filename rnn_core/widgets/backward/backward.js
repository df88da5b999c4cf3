// Backward: the gradient goes back through a short unrolled layer, one step at a time, and is checked.

import { array, arrow, cell, color, el, group, math, num, text } from "../shared/draw.js";
import { checkbox, flag, frame, html, listen, picture, put, roomy, stepper, symbol, whole, widest, write } from "../shared/controls.js";
import { add, cellBackward, forward, norm, zeros } from "../shared/rnn.js";

const FIXED = ["W_x", "W_h", "b", "xs", "ys", "h_0"], CONTROLS = ["back", "from_next", "accumulate"];
const WEIGHTS = ["W_x", "W_h", "b"], PASS = 1e-7, EPS = 1e-5;

// ---- the numbers

const subtract = (u, v) => u.map((u_i, i) => u_i - v[i]);
const flat = (grads) => WEIGHTS.flatMap((name) => grads[name].flat());
const lossOf = (s) => forward(s.xs, s.h_0, s).hs.reduce((sum, h, t) => sum + norm(subtract(h, s.ys[t])) ** 2 / 2, 0);

// The gradient by central differences of the loss, entry by entry in the order of the table.
export function measure(s) {
  return WEIGHTS.flatMap((name) => {
    const W = Array.isArray(s[name][0]) ? s[name] : [s[name]];
    const moved = (i, j, eps) => W.map((row, k) => row.map((w, l) => k === i && l === j ? w + eps : w));
    const loss = (V) => lossOf({ ...s, [name]: name === "b" ? V[0] : V });
    return W.flatMap((row, i) => row.map((_, j) => (loss(moved(i, j, EPS)) - loss(moved(i, j, -EPS))) / (2 * EPS)));
  });
}

// Everything the figure shows. steps: the last step first; sums: the weights' gradient as far as it has come.
export function compute(s) {
  const { hs } = forward(s.xs, s.h_0, s), T = hs.length, own = hs.map((h, t) => subtract(h, s.ys[t]));
  const steps = [];
  let next = zeros(s.h_0.length);
  for (let t = T - 1; t >= T - s.back; t--) {
    const dh = s.from_next ? add(own[t], next) : own[t];
    const step = cellBackward(dh, s.xs[t], t > 0 ? hs[t - 1] : s.h_0, hs[t], s);
    steps.push({ ...step, t: t + 1, own: own[t], next, dh, share: flat(step) });
    next = step.dh_prev;
  }
  const sums = steps.reduce((sum, { share }) => s.accumulate ? add(sum, share) : share, zeros(s.measured.length));
  const scale = Math.max(norm(sums), norm(s.measured));
  return { ...s, hs, T, own, steps, sums, error: scale > 0 ? norm(subtract(sums, s.measured)) / scale : 0 };
}

const vector = (values) => `(${values.map((value) => num(value)).join(", ")})`, vectorOf = vector;

// The same words as Backward.summary() in Python.
export function summary(s) {
  const now = s.steps.at(-1);
  let words = `Back through ${s.back} of ${s.T} steps. `;
  if (now) {
    words += `The gradient at h_${now.t} is ${vector(now.dh)}: ${vector(now.own)} from its own loss`;
    if (now.t < s.T) words += s.from_next ? ` and ${vector(now.next)} from step ${now.t + 1}` : `; ${vector(now.next)} from step ${now.t + 1} is left out`;
    words += ". ";
  }
  return words + verdict(s);
}

const verdict = (s) => s.error < PASS ? "The check passes: the relative error is below 1e−7."
  : `${s.back === s.T ? "The check fails" : "Not there yet"}: the relative error is ${num(s.error, 3)}.`;

// ---- where things are: `along` is time, `across` runs from the input through the cell to the loss

const SIZE = 36, CELL = { width: 64, height: 44 };

function layout(width, { T, D, H }) {
  const wide = Math.max(D, H) * SIZE, half = SIZE / 2;
  const least = 2 * wide + 44; // dh, the gradient that it sends back, and an arrow on each side
  if (width >= least / 2 + wide + 40 + (T - 1) * least) {
    const pitch = Math.min(2 * wide + 120, (width - wide - 40) / (T - 0.5)), first = width - wide / 2 - 10 - (T - 1) * pitch;
    const middle = 202;
    return {
      wide: true, height: middle + 128, pitch, along: (t) => first + (t - 1) * pitch, low: -84, meet: 84, loss: 162, middle,
      place: (along, across) => [along, middle - across], alongHalf: CELL.width / 2, acrossHalf: CELL.height / 2,
      thick: (n) => n * half, deep: () => half, turn: 9,
    };
  }
  // a phone: time runs down the page
  const pitch = 132, first = 116, gap = 20, D2 = D * half, H2 = H * half, room = (width - 2 * (D2 + 2 * H2) - CELL.width - 3 * gap) / 2;
  const middle = room + 2 * D2 + gap + CELL.width / 2, meet = CELL.width / 2 + gap + H2;
  return {
    wide: false, height: first + (T - 1) * pitch + 50, pitch, along: (t) => first + (t - 1) * pitch, low: -(CELL.width / 2 + gap + D2), meet, loss: meet + gap + 2 * H2, middle,
    place: (along, across) => [middle + across, along], alongHalf: CELL.height / 2, acrossHalf: CELL.width / 2,
    thick: () => half, deep: (n) => n * half, turn: 9,
  };
}

// ---- the picture

function scene(s, width) {
  const L = layout(width, { T: s.T, D: s.xs[0].length, H: s.h_0.length });
  const now = s.steps.at(-1), marks = [now ? band(L, L.along(now.t), width) : null];
  for (let t = 1; t <= s.T; t++) marks.push(el("g", { "data-step": t }, copy(s, L, t)));
  return { height: L.height, marks: marks.filter(Boolean), label: summary(s) };
}

function band(L, along, width) {
  const reach = L.wide ? L.pitch * 0.27 : 34;
  const box = L.wide ? { x: along - reach, y: 0, width: 2 * reach, height: L.height } : { x: 0, y: along - reach, width, height: 2 * reach };
  return el("rect", { ...box, rx: 6, fill: color("wash") });
}

// An array with its middle at (along, across).
function tiles(L, along, across, values) {
  const [x, y] = L.place(along, across);
  return array(x - values.length * SIZE / 2, y - SIZE / 2, values, { size: SIZE });
}

function name(L, along, across, letter, index, role, shift = 0) {
  const [x, y] = L.place(along, across);
  return math(x, y + shift, letter, index, { role, size: 16 });
}

// Step t: its loss, its cell, its input; and what the gradient left behind if it has come this far.
function copy(s, L, t) {
  const at = L.along(t), back = s.steps.find((step) => step.t === t), D = s.xs[0].length, H = s.h_0.length;
  const path = (...points) => points.map(([along, across]) => L.place(along, across));
  const edge = L.acrossHalf, before = at - L.pitch, { low, meet, loss, turn } = L;
  const forth = t > 1 ? before + L.alongHalf : at - L.pitch / 2;
  const nodes = [
    arrow(path([forth, -turn], [at - L.alongHalf, -turn])),
    arrow(path([at - turn, low + L.deep(D)], [at - turn, -edge]), { role: "input" }),
    tiles(L, at, loss, s.own[t - 1]),
    L.wide ? name(L, at, loss, "L", t, "grad", -29) : name(L, at, loss, "L", t, "grad", -28),
    L.wide ? name(L, at - turn - 14, (low + L.deep(D) - edge) / 2, "x", t, "input") : back ? name(L, at, low, "dx", t, "grad", -28) : name(L, at, low, "x", t, "input", -28),
    t === 1 ? (L.wide ? name(L, forth - 12, -turn, "h", 0, "state") : name(L, forth, -turn, "h", 0, "state", -10)) : null,
    cell(...L.place(at, 0), CELL.width, CELL.height, { label: "h", index: t, role: back ? "grad" : "ink" }),
  ];
  if (back) {
    const half = at - L.pitch / 2, cut = !s.from_next && t > 1;
    nodes.push(
      arrow(path([at, loss - L.deep(H)], [at, meet + L.deep(H)]), { backward: true }),
      arrow(path([at, meet - L.deep(H)], [at, edge]), { backward: true }),
      arrow(path([at + turn, -edge], [at + turn, low + L.deep(D)]), { backward: true }),
      arrow(path([at - L.alongHalf, turn], [half, turn], [half, meet - L.deep(H)]), { backward: true }),
      tiles(L, at, meet, back.dh), tiles(L, at, low, back.dx), tiles(L, half, meet, back.dh_prev),
      L.wide ? name(L, at - L.thick(H) - 17, meet, "dh", t, "grad") : null, L.wide ? name(L, at, low, "dx", t, "grad", 29) : null,
      t > 1 ? arrow(path([half - L.thick(H), meet], [before + L.thick(H), meet]), { backward: true, cut }) : name(L, half, meet, "dh", 0, "grad", -29),
    );
  }
  return group(nodes);
}

// ---- the shares of each weight, their sum, and what central differences say

const entriesOf = (s) => WEIGHTS.flatMap((name) => name === "b" ? s.b.map((_, j) => [name, j]) : s[name].flatMap((row, i) => row.map((_, j) => [name, i, j])));

function table(s) {
  const steps = s.xs.map((_, i) => s.xs.length - i), head = (...words) => html("th", { scope: "col" }, ...words);
  const rows = entriesOf(s).map(([weight, ...index]) => {
    const [letter, below = ""] = weight.split("_"), cells = [...steps, "sum", "measured"].map((key) => html("td", { "data-number": key }));
    return { cells, root: html("tr", { class: index.every((i) => i === 0) ? "u-first" : "" }, html("th", { scope: "row" }, symbol(letter, below), `[${index.join(",")}]`), cells) };
  });
  const sum = html("span", {});
  const root = html("table", { class: "u-shares" }, html("caption", {}, "Each step's share of the gradient"),
    html("thead", {}, html("tr", {}, html("td", {}), steps.map((t) => head(symbol("t"), ` = ${t}`)), head(sum), head("measured"))),
    html("tbody", {}, rows.map((row) => row.root)));
  return {
    root,
    set(now) {
      write(sum, now.accumulate ? "sum" : "last");
      rows.forEach(({ cells }, k) => [...steps.map((t) => now.steps.find((step) => step.t === t)?.share[k]), now.back ? now.sums[k] : undefined, now.measured[k]]
        .forEach((value, c) => write(cells[c], value === undefined ? "" : num(value, 3))));
    },
  };
}

function formulas(s, vector = vectorOf) {
  const now = s.steps.at(-1), d = (...words) => el("span", { class: "u-math" }, "d", ...words);
  if (!now) return [el("p", {}, "The states are known, and with them the gradient of each loss by its own state. Step back.")];
  const { t } = now, far = t === s.T;
  return [
    el("p", {}, d(symbol("h", t)), " = ", vector(now.own), far ? "" : el("span", { class: s.from_next ? "" : "u-left-out" }, " + ", vector(now.next)), " = ", el("strong", {}, vector(now.dh))),
    el("p", {}, d(symbol("a", t)), " = ", d(symbol("h", t)), " · (1 − ", symbol("h", t), "²) = ", el("strong", {}, vector(now.da))),
    el("p", {}, d(symbol("x", t)), " = ", d(symbol("a", t)), " ", symbol("W", "x"), "ᵀ = ", el("strong", {}, vector(now.dx))),
    el("p", {}, "to ", symbol("h", t - 1), ": ", d(symbol("a", t)), " ", symbol("W", "h"), "ᵀ = ", el("strong", {}, vector(now.dh_prev))),
  ];
}

// ---- wiring

function render({ model, el: host }) {
  const page = frame(host, { name: "backward", claim: CLAIM, shows: SHOWS, model, link: { back: (v) => whole(0, model.get("xs").length)(v), from_next: flag, accumulate: flag } });
  let fixed, s;
  const take = () => {
    fixed = Object.fromEntries(FIXED.map((name) => [name, model.get(name)]));
    fixed.measured = measure(fixed);
  };
  const read = () => { s = compute({ ...fixed, ...Object.fromEntries(CONTROLS.map((name) => [name, model.get(name)])) }); };
  take();
  read();
  const back = stepper({ label: "Steps back", min: 0, max: s.T, value: s.back, format: (n) => `${n} of ${s.T}`, oninput: (n) => put(model, { back: n }) });
  const fromNext = checkbox({ label: html("span", {}, "add the gradient from ", symbol("t+1")), value: s.from_next, oninput: (on) => put(model, { from_next: on }) });
  const accumulate = checkbox({ label: "add up the shares (+=)", value: s.accumulate, oninput: (on) => put(model, { accumulate: on }) });
  page.controls.append(back.root, fromNext.root, accumulate.root);
  const sums = roomy({ class: "u-formulas" }), result = roomy({ class: "u-verdict" }), grid = html("div", {});
  page.readout.append(html("div", { class: "u-words" }, sums.root, result.root), grid);
  let shares = table(s);
  grid.append(shares.root);
  const pic = picture(page.stage, (width) => scene(s, width));

  const update = () => {
    read();
    back.limit(0, s.T);
    back.set(s.back);
    fromNext.set(s.from_next);
    accumulate.set(s.accumulate);
    shares.set(s);
    sums.set(formulas(s));
    sums.reserve(formulas(compute({ ...s, back: s.T - 1, from_next: true }), (values) => widest(vector(values))));
    result.set([verdict(s)]);
    result.reserve([verdict({ ...s, back: s.T, error: 0 })]);
    result.shown.className = `u-verdict ${s.error < PASS ? "u-pass" : s.back === s.T ? "u-fail" : ""}`;
    pic.redraw();
    page.say(summary(s));
  };
  const renew = () => { take(); read(); shares = table(s); grid.replaceChildren(shares.root); update(); };
  update();

  const pick = (event) => {
    const t = event.target.closest("[data-step]")?.dataset.step;
    if (t) put(model, { back: s.T - Number(t) + 1 });
  };
  pic.svg.addEventListener("click", pick);
  const stops = [listen(model, CONTROLS, update), listen(model, FIXED, renew)];
  return () => { stops.forEach((stop) => stop()); pic.end(); page.end(); };
}

export default { render };
