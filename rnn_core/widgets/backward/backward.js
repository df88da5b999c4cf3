// Backward: the gradient goes back through a short unrolled layer, one step at a time, and is checked.

import { array, arrow, cell, color, el, group, math, num, text } from "../shared/draw.js";
import { assign, checkbox, flag, flash, flow, frame, html, listen, picture, put, reading, roomy, stepper, symbol, whole, widest, write } from "../shared/controls.js";
import { add, cellBackward, forward, norm, zeros } from "../shared/rnn.js";
import { t as words } from "../shared/words.js";

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
  const scale = Math.max(norm(sums), norm(s.measured)), off = subtract(sums, s.measured);
  return { ...s, hs, T, own, steps, sums, error: scale > 0 ? norm(off) / scale : 0, differs: off.map((d) => Math.abs(d) > PASS * scale) };
}

const vector = (values) => `(${values.map((value) => num(value)).join(", ")})`, vectorOf = vector;

// The same words as Backward.summary() in Python.
export function summary(s) {
  const now = s.steps.at(-1), said = [words("Back through {back} of {T} steps.", { back: s.back, T: s.T })];
  if (now) {
    const values = { k: now.t, all: vector(now.dh), own: vector(now.own), next: vector(now.next), after: now.t + 1 };
    said.push(now.t === s.T ? words("The gradient at h_{k} is {all}: {own} from its own loss.", values)
      : s.from_next ? words("The gradient at h_{k} is {all}: {own} from its own loss and {next} from step {after}.", values)
        : words("The gradient at h_{k} is {all}: {own} from its own loss; {next} from step {after} is left out.", values));
  }
  return [...said, `${verdict(s).join(" ")}.`].join(" ");
}

// The judgment, and its number.
const verdict = (s) => s.error < PASS ? [words("The check passes: the relative error is below"), "1e−7"]
  : [s.back === s.T ? words("The check fails: the relative error is") : words("Not there yet: the relative error is"), num(s.error, 3)];

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

// ---- the picture; light: what the reader looks at in the formulas or the table, whose arrows are drawn thick

function scene(s, width, light) {
  const L = layout(width, { T: s.T, D: s.xs[0].length, H: s.h_0.length });
  const now = s.steps.at(-1), marks = [now ? band(L, L.along(now.t), width) : null];
  for (let t = 1; t <= s.T; t++) marks.push(el("g", { "data-step": t }, copy(s, L, t, light)));
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
function copy(s, L, t, light) {
  const at = L.along(t), back = s.steps.find((step) => step.t === t), D = s.xs[0].length, H = s.h_0.length;
  const path = (...points) => points.map(([along, across]) => L.place(along, across));
  const edge = L.acrossHalf, before = at - L.pitch, { low, meet, loss, turn } = L, now = s.steps.at(-1)?.t;
  const forth = t > 1 ? before + L.alongHalf : at - L.pitch / 2, half = at - L.pitch / 2;
  const broad = (lit) => lit ? 4 : 1.75;
  // a gradient's way; the last ones are those of the step that was done last
  const home = (way, points, { last = t === now, ...options } = {}) => el("g", { "data-way": way, "data-last": last },
    arrow(path(...points), { backward: true, width: broad(last && light?.split(" ").includes(way)), ...options }));
  const nodes = [
    arrow(path([forth, -turn], [at - L.alongHalf, -turn]), { width: broad(back && light === "W_h") }),
    arrow(path([at - turn, low + L.deep(D)], [at - turn, -edge]), { role: "input", width: broad(back && light === "W_x") }),
    tiles(L, at, loss, s.own[t - 1]),
    L.wide ? name(L, at, loss, "L", t, "grad", -29) : name(L, at, loss, "L", t, "grad", -28),
    L.wide ? name(L, at - turn - 14, (low + L.deep(D) - edge) / 2, "x", t, "input") : back ? name(L, at, low, "dx", t, "grad", -28) : name(L, at, low, "x", t, "input", -28),
    t === 1 ? (L.wide ? name(L, forth - 12, -turn, "h", 0, "state") : name(L, forth, -turn, "h", 0, "state", -10)) : null,
    cell(...L.place(at, 0), CELL.width, CELL.height, { label: "h", index: t, role: back ? "grad" : "ink" }),
  ];
  if (back) {
    const own = WEIGHTS.includes(light), [x, y] = L.place(at, 0);
    nodes.push(
      own ? el("rect", { x: x - CELL.width / 2, y: y - CELL.height / 2, width: CELL.width, height: CELL.height, rx: 8, fill: "none", stroke: color("weight"), "stroke-width": 4 }) : null,
      home("own", [[at, loss - L.deep(H)], [at, meet + L.deep(H)]]),
      home("in", [[at, meet - L.deep(H)], [at, edge]]),
      home("dx", [[at + turn, -edge], [at + turn, low + L.deep(D)]]),
      home("prev", [[at - L.alongHalf, turn], [half, turn], [half, meet - L.deep(H)]]),
      tiles(L, at, meet, back.dh), tiles(L, at, low, back.dx), tiles(L, half, meet, back.dh_prev),
      L.wide ? name(L, at - L.thick(H) - 17, meet, "dh", t, "grad") : null, L.wide ? name(L, at, low, "dx", t, "grad", 29) : null,
      t > 1 ? onward(s, L, t, home) : name(L, half, meet, "dh", 0, "grad", -29),
    );
  }
  return group(nodes);
}

// From step t to the state before it: the arrow that a press cuts and joins. The word stands at the one that counts now.
function onward(s, L, t, home) {
  const half = L.along(t) - L.pitch / 2, begin = half - L.thick(s.h_0.length), end = L.along(t) - L.pitch + L.thick(s.h_0.length);
  const [x, y] = L.place((begin + end) / 2, L.meet), now = s.steps.at(-1).t, counts = t === Math.max(now, Math.min(now + 1, s.T));
  const say = s.from_next ? words("cut") : words("join");
  return el("g", { class: "u-press", "data-cut": t },
    el("rect", { x: x - 22, y: y - 22, width: 44, height: 44, fill: "transparent" }, el("title", {}, say)),
    home("next", [[begin, L.meet], [end, L.meet]], { cut: !s.from_next, last: t === now + 1 }),
    counts ? L.wide ? text(x, y - 17, say, { role: "grad", cls: "u-word" }) : text(x + 14, y, say, { role: "grad", anchor: "start", cls: "u-word" }) : null);
}

// ---- the shares of each weight, their sum, and what central differences say

const entriesOf = (s) => WEIGHTS.flatMap((name) => name === "b" ? s.b.map((_, j) => [name, j]) : s[name].flatMap((row, i) => row.map((_, j) => [name, i, j])));

function table(s) {
  const steps = s.xs.map((_, i) => s.xs.length - i), head = (...words) => html("th", { scope: "col" }, ...words);
  const rows = entriesOf(s).map(([weight, ...index]) => {
    const [letter, below = ""] = weight.split("_"), cells = [...steps, "sum", "measured"].map((key) => html("td", { "data-number": key }));
    const sign = html("td", { class: "u-sign" });
    return { cells, sign, root: html("tr", { class: index.every((i) => i === 0) ? "u-first" : "", "data-light": weight }, html("th", { scope: "row" }, symbol(letter, below), `[${index.join(",")}]`), cells.slice(0, -1), sign, cells.at(-1)) };
  });
  const sum = html("span", {});
  const root = html("table", { class: "u-shares" }, html("caption", {}, words("Each step's share of the gradient")),
    html("thead", {}, html("tr", {}, html("td", {}), steps.map((t) => head(symbol("t"), ` = ${t}`)), head(sum), html("th", { scope: "col", colspan: 2 }, words("measured")))),
    html("tbody", {}, rows.map((row) => row.root)));
  return {
    root,
    set(now) {
      write(sum, now.accumulate ? words("sum") : words("last"));
      rows.forEach(({ cells, sign }, k) => {
        const values = [...steps.map((t) => now.steps.find((step) => step.t === t)?.share[k]), now.back ? now.sums[k] : undefined, now.measured[k]];
        values.forEach((value, c) => tell(cells[c], value === undefined ? "" : num(value, 3)));
        write(sign, now.back ? now.differs[k] ? "≠" : "=" : "");
        assign(cells.at(-2), "class", now.back && now.differs[k] ? "u-differs" : null);
      });
    },
  };
}

// A number of the table: it flashes where it takes the place of another.
function tell(td, shown) {
  const before = td.textContent;
  if (before === shown) return;
  write(td, shown);
  if (before && shown) flash(td);
}

function formulas(s, vector = vectorOf) {
  const now = s.steps.at(-1), d = (...words) => el("span", { class: "u-math" }, "d", ...words);
  if (!now) return [el("p", {}, words("The states are known, and with them the gradient of each loss by its own state. Step back."))];
  const { t } = now, far = t === s.T, line = (ways, ...children) => el("p", { tabindex: 0, "data-light": ways }, ...children);
  return [
    line("own next", d(symbol("h", t)), " = ", vector(now.own), far ? "" : el("span", { class: s.from_next ? "" : "u-left-out" }, " + ", vector(now.next)), " = ", el("strong", {}, vector(now.dh))),
    line("in", d(symbol("a", t)), " = ", d(symbol("h", t)), " · (1 − ", symbol("h", t), "²) = ", el("strong", {}, vector(now.da))),
    line("dx", d(symbol("x", t)), " = ", d(symbol("a", t)), " ", symbol("W", "x"), "ᵀ = ", el("strong", {}, vector(now.dx))),
    line("prev", words("to"), " ", symbol("h", t - 1), ": ", d(symbol("a", t)), " ", symbol("W", "h"), "ᵀ = ", el("strong", {}, vector(now.dh_prev))),
  ];
}

// ---- wiring

function render({ model, el: host }) {
  const page = frame(host, { name: "backward", claim: CLAIM, shows: SHOWS, model, beside: true, link: { back: (v) => whole(0, model.get("xs").length)(v), from_next: flag, accumulate: flag } });
  let fixed, s;
  const take = () => {
    fixed = Object.fromEntries(FIXED.map((name) => [name, model.get(name)]));
    fixed.measured = measure(fixed);
  };
  const read = () => { s = compute({ ...fixed, ...Object.fromEntries(CONTROLS.map((name) => [name, model.get(name)])) }); };
  take();
  read();
  const back = stepper({ label: words("Steps back"), min: 0, max: s.T, value: s.back, play: 1600, format: (n) => words("{n} of {T}", { n, T: s.T }), oninput: (n) => put(model, { back: n }) });
  const fromNext = checkbox({ label: html("span", {}, words("add the gradient from"), " ", symbol("t+1")), value: s.from_next, oninput: (on) => put(model, { from_next: on }) });
  const accumulate = checkbox({ label: words("add up the shares (+=)"), value: s.accumulate, oninput: (on) => put(model, { accumulate: on }) });
  page.controls.append(back.root, fromNext.root, accumulate.root);
  const sums = roomy({ class: "u-formulas" }), result = roomy({ class: "u-verdict" }), grid = html("div", {});
  const judged = html("span", {}), error = reading();
  result.shown.append(judged, " ", error.root);
  page.readout.append(html("div", { class: "u-words" }, sums.root, result.root), grid);
  let shares = table(s);
  grid.append(shares.root);
  let light;
  const pic = picture(page.stage, (width) => scene(s, width, light));

  const update = () => {
    const before = s.back;
    read();
    back.limit(0, s.T);
    back.set(s.back);
    fromNext.set(s.from_next);
    accumulate.set(s.accumulate);
    shares.set(s);
    sums.set(formulas(s));
    sums.reserve(formulas(compute({ ...s, back: s.T - 1, from_next: true }), (values) => widest(vector(values))));
    const [judgment, by] = verdict(s);
    write(judged, judgment);
    error.set(by);
    result.reserve([`${verdict({ ...s, back: s.T - 1, error: 1 }).join(" ")} 8.888`]);
    result.shown.className = `u-verdict ${s.error < PASS ? "u-pass" : s.back === s.T ? "u-fail" : ""}`;
    pic.redraw();
    if (s.back !== before) requestAnimationFrame(() => flow(pic.svg.querySelectorAll("[data-last] [stroke-dasharray]")));
    page.say(summary(s));
  };
  const renew = () => { take(); read(); shares = table(s); grid.replaceChildren(shares.root); update(); };
  update();

  const pick = (event) => {
    if (event.target.closest("[data-cut]")) return put(model, { from_next: !s.from_next });
    const t = event.target.closest("[data-step]")?.dataset.step;
    if (t) put(model, { back: s.T - Number(t) + 1 });
  };
  pic.svg.addEventListener("click", pick);
  const look = ({ type, target }) => { // a formula or a row that is looked at lights its arrows
    const now = type.endsWith("out") ? undefined : target.closest("[data-light]")?.dataset.light;
    if (now !== light) { light = now; pic.redraw(); }
  };
  for (const type of ["pointerover", "pointerout", "focusin", "focusout"]) page.readout.addEventListener(type, look);
  const stops = [listen(model, CONTROLS, update), listen(model, FIXED, renew), back.stop];
  return () => { stops.forEach((stop) => stop()); pic.end(); page.end(); };
}

export default { render };
