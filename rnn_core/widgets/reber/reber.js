// Reber: a walk through an automaton, what each symbol costs whoever knows the state, and what forgetting costs.

import { button, calm, checkbox, flag, frame, html, listen, picture, player, put, reading, tween, whole } from "../shared/controls.js";
import { arrow, axes, color, el, group, line, num, pointOn, points, roundedPath, text } from "../shared/draw.js";
import { bits, drawn, luck, predictions, readable, states, truth } from "../shared/grammar.js";
import { t } from "../shared/words.js";

const TRAITS = ["grammar", "automaton", "walk", "forget", "W_in", "W_h", "W_out", "b_out"];
const LONGEST = 200, RADIUS = 13;
const GRAPH = 236, CHANCES = 150, STRIP = 62, MEAN = 168; // heights of the four parts, px
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

// ---- compute: what follows from the traits

export function compute({ automaton, walk, forget, grammar, ...weights }) {
  const at = states(automaton, walk), state = at.at(-1), trained = weights.W_h.length > 0;
  const costs = (forgets) => bits(automaton, walk, at.slice(1).map((s) => truth(automaton, s, forgets)));
  const said = trained ? predictions(automaton.symbols, walk, weights) : [];
  const paid = { [forget ? "forgetful" : "true"]: costs(forget) };
  if (trained) paid.RNN = bits(automaton, walk, said);
  const may = [...automaton.symbols].filter((_, v) => automaton.next[state][v] >= 0);
  return {
    automaton, walk, forget, grammar, state, may, paid, node: automaton.node[state], cameFrom: automaton.node[at.at(-2) ?? 0],
    next: truth(automaton, state, forget), said: said.at(-1), other: forget ? costs(false) : null,
    floor: automaton.floors[forget ? "forgotten" : "remembered"],
  };
}

const chances = (s) => [...s.automaton.symbols].map((symbol, v) => [symbol, s.next[v]]).filter(([, p]) => p > 0).map(([symbol, p]) => `${symbol} ${num(p)}`).join(` ${t("or")} `);

// The same words as Reber.summary() in Python.
export function summary(s) {
  let words = t("After {walk}, next: {chances}", { walk: s.walk || t("nothing"), chances: chances(s) });
  if (s.said) words += t("; the RNN's likeliest is {symbol}", { symbol: s.automaton.symbols[s.said.indexOf(Math.max(...s.said))] });
  if (s.walk.length > 1) words += t(". Bits per symbol so far: {bits}", { bits: Object.entries(s.paid).map(([name, row]) => `${t(name)} ${num(mean(row))}`).join(", ") });
  return t("{words}. Floor in the long run: {floor} bits.", { words, floor: num(s.floor, 3) });
}

// ---- scene: the automaton, the chances of the next symbol, the last symbols with their bits, the running mean

// gone: how far the token is on its way to the present node, 0 to 1
export function scene(s, width, gone = 1) {
  const wide = width >= 600, across = wide ? width * 0.6 : width;
  const below = wide ? GRAPH + 8 : GRAPH + 8 + CHANCES;
  const side = wide ? { x: across + 20, y: 10, width: width - across - 20, height: GRAPH - 16 } : { x: 0, y: GRAPH + 14, width, height: CHANCES - 4 };
  return {
    height: below + STRIP + MEAN, label: summary(s),
    marks: [graph(s, { x: 0, y: 4, width: across, height: GRAPH }, gone), bars(s, side), strip(s, below + 22, width), running(s, below + STRIP, width)],
  };
}

function graph(s, { x, y, width, height }, gone) {
  const { nodes, arcs, rows: [low, high], outer, symbols } = s.automaton;
  const px = ([column, row]) => [x + 22 + (column / 4) * (width - 44), y + ((row - low) / (high - low)) * height];
  const lines = [], names = [], hits = {}; // hits: the symbols by which each node can be reached now
  let token = px(nodes[s.node].at);
  for (const { from, to, via, symbols: all, up } of arcs) {
    const here = from === s.node, role = here ? "ink" : "muted", p = px(nodes[from].at), q = px(nodes[to].at);
    const { points: way, spot, radius } = from === to ? loop(p, up ? -1 : 1) : straight(p, q, via.map(px));
    if (gone < 1 && from === s.cameFrom && to === s.node && all.includes(s.walk.at(-1))) token = pointOn([p, ...way, q], gone);
    const can = [...all].filter((v) => !here || s.next[symbols.indexOf(v)] > 0), open = here ? can.filter((v) => s.may.includes(v)).join("") : "";
    if (open) hits[to] = open;
    lines.push(el("g", open ? { class: "u-press", "data-symbol": open } : {},
      arrow(way, { role, width: here ? 2 : 1.25, radius }),
      open ? el("path", { d: roundedPath(way, radius), stroke: "transparent", "stroke-width": 26, fill: "none" }) : null));
    names.push(el("rect", { x: spot[0] - 9 * can.length + 3, y: spot[1] - 8, width: 18 * can.length - 6, height: 16, fill: color("paper") }),
      can.map((v, i) => {
        const at = spot[0] + 18 * (i - (can.length - 1) / 2), free = here && s.may.includes(v);
        return el("g", free ? { class: "u-press", "data-symbol": v } : {},
          free ? el("rect", { x: at - 13, y: spot[1] - 16, width: 26, height: 32, fill: "transparent" }) : null,
          text(at, spot[1], v, { role, weight: here ? 700 : undefined, size: here ? 15 : 13 }));
      }));
  }
  const circles = nodes.map(({ name, at }, k) => {
    const [cx, cy] = px(at), held = k === s.node;
    return el("g", hits[k] && !held ? { class: "u-press", "data-symbol": hits[k] } : {},
      hits[k] && !held ? el("circle", { cx, cy, r: 22, fill: "transparent" }) : null,
      el("circle", { cx, cy, r: RADIUS, fill: color("paper"), stroke: color(held ? "weight" : hits[k] ? "ink" : "muted"), "stroke-width": held ? 2.5 : hits[k] ? 2 : 1, "data-node": k, "data-held": held ? "" : null }),
      name ? text(cx, cy, name, { role: held || hits[k] ? "ink" : "muted", size: 12 }) : null);
  });
  const [mx, my] = px([2, -1.5]);
  const kept = outer[s.state] ? text(mx, my, t("outer: {symbol}", { symbol: s.forget ? "?" : outer[s.state] }), { role: "weight", size: 13, weight: 600 }) : null;
  return group(lines, names, circles, el("circle", { class: "u-token", cx: token[0], cy: token[1] - (gone < 1 ? 0 : RADIUS), r: 5, fill: color("weight"), stroke: color("paper"), "stroke-width": 1.5 }), kept);
}

function loop([x, y], side) {
  const way = [[-8, 10], [-16, 34], [16, 34], [8, 10]].map(([dx, dy]) => [x + dx, y + side * dy]);
  return { points: way, spot: [x, y + side * 34], radius: 12 };
}

function straight(p, q, via) {
  const way = [p, ...via, q], toward = (a, b) => {
    const d = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
    return [a[0] + (RADIUS * (b[0] - a[0])) / d, a[1] + (RADIUS * (b[1] - a[1])) / d];
  };
  const [first, last] = [toward(p, way[1]), toward(q, way.at(-2))];
  way[0] = first;
  way[way.length - 1] = last;
  const m = Math.floor(way.length / 2), [a, b] = [way[m - 1], way[m]];
  return { points: way, spot: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], radius: 12 };
}

function bars({ automaton: { symbols }, next, said, may }, { x, y, width, height }) {
  const pitch = width / symbols.length, base = y + height - 22, tall = base - (y + 40);
  return group(
    text(x, y + 8, said ? t("next symbol: outline true, filled RNN") : t("next symbol, true chances"), { anchor: "start", role: "muted", size: 12 }),
    [...symbols].map((symbol, v) => {
      const left = x + pitch * v + 2, wide = pitch - 4, p = next[v], free = may.includes(symbol);
      return el("g", free ? { class: "u-press", "data-symbol": symbol } : {},
        free ? el("rect", { x: left - 2, y: y + 20, width: pitch, height: height - 18, fill: "transparent" }) : null,
        said ? el("rect", { x: left + 3, y: base - tall * said[v], width: wide - 6, height: tall * said[v], fill: color("output"), "data-said": symbol }) : null,
        p > 0 ? el("path", { d: `M${left} ${base}V${base - tall * p}h${wide}V${base}`, fill: "none", stroke: color("truth"), "stroke-width": 2 }) : null,
        p > 0 ? text(left + wide / 2, base - tall * p - 9, num(p), { size: 12, cls: "u-number" }) : null,
        text(left + wide / 2, base + 12, symbol, { role: p > 0 ? "ink" : "muted", weight: p > 0 ? 700 : undefined }));
    }),
    el("path", { d: `M${x} ${base}H${x + width}`, class: "u-axis" }));
}

function strip({ walk, paid }, y, width) {
  const pitch = 40, name = 64, room = Math.floor((width - name) / pitch), last = walk.slice(-room), middle = (i) => name + (i + 0.5) * pitch;
  return group(
    text(0, y, t("bits for"), { role: "muted", size: 12, anchor: "start" }),
    [...last].map((symbol, i) => text(middle(i), y, symbol, { role: "input", size: 15, weight: 700 })),
    walk.length < 2 ? [] : Object.entries(paid).map(([who, row], k) => group(
      text(0, y + 19 + 18 * k, t(who), { role: "muted", size: 12, anchor: "start" }),
      ["", ...row.map((b) => num(b))].slice(-last.length).map((words, i) => text(middle(i), y + 19 + 18 * k, words, { size: 12, cls: "u-number" })))));
}

// The mean of the bits so far, after each symbol, and the floor that it falls onto.
function running({ walk, paid, other, forget, grammar, automaton: { floors } }, top, width) {
  const means = (row) => { let sum = 0; return row.map((b, i) => [i + 2, (sum += b) / (i + 1)]); };
  const longest = [24, 48, 100, LONGEST].find((n) => walk.length <= n), [first] = Object.keys(paid);
  const values = [...Object.values(paid), other ?? []].flatMap((row) => means(row).map(([, v]) => v));
  const ax = axes({ width, height: MEAN, margin: { left: 34, right: 8, top: 24, bottom: 42 }, x: { domain: [0, longest], label: t("symbols read") }, y: { domain: [Math.min(0.3, ...values), 1.05 * Math.max(1.05, ...values)], label: t("mean of the bits so far") } });
  const floor = (kind, words, at) => {
    const lit = (kind === "forgotten") === forget, y = ax.y(floors[kind]);
    return group(el("path", { d: `M${ax.box.left} ${y}H${ax.box.right}`, stroke: color(lit ? "truth" : "line"), "stroke-width": 1.5, "stroke-dasharray": "6 4" }),
      text(ax.box.right, y + at, words, { anchor: "end", size: 12, role: lit ? "ink" : "muted" }));
  };
  const curve = (row, role, who) => { const data = means(row); return el("g", { "data-mean": who }, line(ax, data, { role }), points(ax, data.slice(-1), { role, size: 4.5 })); };
  return el("g", { transform: `translate(0 ${top})` }, ax.node,
    floor("remembered", t("floor: {bits}", { bits: num(floors.remembered, 3) }), 12),
    grammar === "embedded" ? floor("forgotten", t("outer symbol forgotten: {bits}", { bits: num(floors.forgotten, 3) }), -11) : null,
    walk.length < 2 ? null : [
      other ? el("g", { class: "u-ghost" }, line(ax, means(other), { role: "state", dashed: true, width: 1.5 })) : null,
      paid.RNN ? curve(paid.RNN, "output", "RNN") : null, curve(paid[first], "state", first)]);
}

// ---- wiring

function render({ model, el: host }) {
  const read = () => compute(Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])));
  const fits = (v) => typeof v === "string" && v.length <= LONGEST && readable(model.get("automaton"), v);
  const page = frame(host, { name: "reber", claim: CLAIM, shows: SHOWS, model, link: { walk: fits, forget: flag, seed: whole(1, 1e9) } });
  let s = read(), gone = 1, still = () => {};

  // readout
  const facts = { next: reading(), true: reading(), RNN: reading(), floor: reading() };
  const fact = (name, label) => html("div", {}, html("dt", {}, label), html("dd", { "data-number": name }, facts[name].root));
  const byRNN = fact("RNN", t("bits per symbol, RNN"));
  page.readout.append(html("dl", { class: "u-facts" }, fact("next", t("next symbol")), fact("true", t("bits per symbol so far")), byRNN, fact("floor", t("floor in the long run"))));

  // controls
  const write = (symbol) => { if (s.walk.length < LONGEST) put(model, { walk: s.walk + symbol }); };
  const draw = (count) => {
    let { walk } = s;
    for (let k = 0; k < count && walk.length < LONGEST; k++) walk += drawn(s.automaton, states(s.automaton, walk).at(-1), luck(`${model.get("seed")} ${walk}`));
    put(model, { walk });
    return walk.length < LONGEST;
  };
  const choices = [0, 1].map((k) => button({ label: "", onclick: () => { if (s.may[k]) write(s.may[k]); } }));
  const play = player({ label: t("walk"), wait: 700, step: () => draw(1) });
  const one = button({ label: t("draw one"), onclick: () => draw(1) });
  const many = button({ label: t("draw 12"), onclick: () => draw(12) });
  const back = button({ label: t("back"), onclick: () => put(model, { walk: s.walk.slice(0, -1) }) });
  const again = button({ label: t("new walk"), onclick: () => { play.stop(); put(model, { walk: "B", seed: model.get("seed") + 1 }); } });
  const forget = checkbox({ label: t("forget the outer symbol"), oninput: (on) => put(model, { forget: on }) });
  page.controls.append(play.root, ...choices.map((c) => c.root), one.root, many.root, back.root, again.root, forget.root);

  const pic = picture(page.stage, (width) => scene(s, width, gone));

  // update
  const update = () => {
    const before = s.walk;
    s = read();
    if (s.walk !== before) travel(s.walk.length === before.length + 1 && s.walk.startsWith(before));
    choices.forEach((choice, k) => {
      choice.set(t("write {symbol}", { symbol: s.may[k] ?? "·" }));
      choice.enable(Boolean(s.may[k]) && s.walk.length < LONGEST);
    });
    one.enable(s.walk.length < LONGEST);
    many.enable(s.walk.length < LONGEST);
    back.enable(s.walk.length > 0);
    forget.set(s.forget);
    forget.root.style.display = s.grammar === "embedded" ? "" : "none";
    byRNN.style.display = s.paid.RNN ? "" : "none";
    facts.next.set(chances(s));
    const so = (row) => row?.length ? num(mean(row)) : "–";
    facts.true.set(so(s.paid[s.forget ? "forgetful" : "true"]));
    facts.RNN.set(so(s.paid.RNN));
    facts.floor.set(num(s.floor, 3));
    pic.redraw();
    page.say(summary(s));
  };

  // The token goes along the arrow of the last symbol.
  const travel = (one) => {
    still();
    gone = 1;
    if (one && !calm()) still = tween(350, (share) => { gone = share; pic.redraw(); });
  };
  update();

  // the hand: whatever is lit can be pressed; where two symbols share an arrow, chance chooses
  const press = (event) => {
    const can = event.target.closest("[data-symbol]")?.getAttribute("data-symbol");
    if (!can) return;
    play.stop();
    if (can.length === 1) write(can);
    else draw(1);
  };
  pic.svg.addEventListener("click", press);

  const stop = listen(model, TRAITS, update);
  return () => { stop(); still(); play.stop(); pic.end(); page.end(); };
}

export default { render };
