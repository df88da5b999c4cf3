import { button, checkbox, flag, frame, html, listen, picture, put, whole, write } from "../shared/controls.js";
import { arrow, color, el, group, num, text } from "../shared/draw.js";
import { bits, drawn, luck, predictions, readable, states, truth } from "../shared/grammar.js";

const RADIUS = 13, LONGEST = 200;
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

function render({ model, el: host }) {
  const page = frame(host, { name: "reber", claim: CLAIM, shows: SHOWS, model, link: { walk: (v) => typeof v === "string" && v.length <= LONGEST && readable(model.get("automaton"), v), forget: flag, seed: whole(1, 1e9) } });
  const get = (name) => model.get(name);

  // Everything that the figure shows follows from the traits.
  function now() {
    const automaton = get("automaton"), walk = get("walk"), forget = get("forget");
    const at = states(automaton, walk), state = at.at(-1);
    const chances = at.map((s) => truth(automaton, s, forget));
    const weights = { W_in: get("W_in"), W_h: get("W_h"), W_out: get("W_out"), b_out: get("b_out") };
    const trained = weights.W_h.length > 0;
    const said = trained ? predictions(automaton.symbols, walk, weights) : [];
    const paid = { [forget ? "forgetful" : "true"]: bits(automaton, walk, chances.slice(1)) };
    if (trained) paid.RNN = bits(automaton, walk, said);
    const may = [...automaton.symbols].filter((_, v) => automaton.next[state][v] >= 0);
    return { automaton, walk, forget, state, node: automaton.node[state], next: chances.at(-1), said: said.at(-1), paid, may };
  }

  // ---- the picture

  const pic = picture(page.stage, (width) => {
    const n = now(), wide = width >= 600;
    const graph = { x: 0, y: 4, width: wide ? width * 0.6 : width, height: 236 };
    const side = wide
      ? { x: width * 0.6 + 20, y: 10, width: width * 0.4 - 20, height: 220 }
      : { x: 0, y: 252, width, height: 150 };
    const line = wide ? 266 : 424;
    return { height: line + 56, label: sentence(n), marks: [drawGraph(n, graph), drawChances(n, side), drawStrip(n, line, width)] };
  });

  function drawGraph({ automaton: { nodes, arcs, rows: [low, high], outer, symbols: all }, node, forget, state, next }, { x, y, width, height }) {
    const px = ([column, row]) => [x + 22 + (column / 4) * (width - 44), y + ((row - low) / (high - low)) * height];
    const lines = [], words = [];
    for (const { from, to, via, symbols, up } of arcs) {
      const here = from === node, role = here ? "ink" : "muted";
      const p = px(nodes[from].at), q = px(nodes[to].at);
      const { points, spot, radius } = from === to ? loop(p, up ? -1 : 1) : straight(p, q, via.map(px));
      lines.push(arrow(points, { role, width: here ? 2 : 1.25, radius }));
      const can = [...symbols].filter((v) => !here || next[all.indexOf(v)] > 0).join("/"), w = 9 * can.length + 6;
      words.push(el("rect", { x: spot[0] - w / 2, y: spot[1] - 8, width: w, height: 16, fill: color("paper") }),
        text(spot[0], spot[1], can, { role, weight: here ? 700 : undefined }));
    }
    const circles = nodes.map(({ name, at }, k) => {
      const [cx, cy] = px(at), held = k === node;
      return group(el("circle", { cx, cy, r: RADIUS, fill: color("paper"), stroke: color(held ? "weight" : "muted"), "stroke-width": held ? 2.5 : 1, "data-node": k, "data-held": held ? "" : null }),
        name ? text(cx, cy, name, { role: held ? "ink" : "muted", size: 12 }) : null);
    });
    const kept = outer[state] ? `outer: ${forget ? "?" : outer[state]}` : "";
    const [mx, my] = px([2, -1.5]);
    return group(lines, words, circles, kept ? text(mx, my, kept, { role: "weight", size: 13, weight: 600 }) : null);
  }

  function loop([x, y], side) {
    const points = [[-8, 10], [-16, 34], [16, 34], [8, 10]].map(([dx, dy]) => [x + dx, y + side * dy]);
    return { points, spot: [x, y + side * 34], radius: 12 };
  }

  function straight(p, q, via) {
    const points = [p, ...via, q], toward = (a, b) => {
      const d = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
      return [a[0] + (RADIUS * (b[0] - a[0])) / d, a[1] + (RADIUS * (b[1] - a[1])) / d];
    };
    const ends = [toward(p, points[1]), toward(q, points.at(-2))];
    points[0] = ends[0];
    points[points.length - 1] = ends[1];
    const m = Math.floor(points.length / 2), [a, b] = [points[m - 1], points[m]];
    return { points, spot: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], radius: 12 };
  }

  function drawChances({ automaton: { symbols }, next, said }, { x, y, width, height }) {
    const pitch = width / symbols.length, base = y + height - 22, scale = base - (y + 40);
    const marks = [text(x, y + 8, said ? "next symbol: outline true, filled RNN" : "next symbol, true chances", { anchor: "start", role: "muted", size: 12 })];
    [...symbols].forEach((symbol, v) => {
      const left = x + pitch * v + 2, wide = pitch - 4, p = next[v];
      if (said) marks.push(el("rect", { x: left + 3, y: base - scale * said[v], width: wide - 6, height: scale * said[v], fill: color("output"), "data-said": symbol }));
      if (p > 0) marks.push(el("path", { d: `M${left} ${base}V${base - scale * p}h${wide}V${base}`, fill: "none", stroke: color("truth"), "stroke-width": 2 }));
      if (p > 0) marks.push(text(left + wide / 2, base - scale * p - 9, num(p), { size: 12, cls: "u-number" }));
      marks.push(text(left + wide / 2, base + 12, symbol, { role: p > 0 ? "ink" : "muted", weight: p > 0 ? 700 : undefined }));
    });
    marks.push(el("path", { d: `M${x} ${base}H${x + width}`, class: "u-axis" }));
    return group(marks);
  }

  function drawStrip({ walk, paid }, y, width) {
    const pitch = 40, room = Math.floor((width - 64) / pitch), shown = walk.slice(-room);
    const marks = [text(0, y, "bits for", { role: "muted", size: 12, anchor: "start" })];
    [...shown].forEach((symbol, i) => marks.push(text(64 + (i + 0.5) * pitch, y, symbol, { role: "input", size: 15, weight: 700 })));
    if (walk.length > 1) Object.entries(paid).forEach(([name, row], k) => {
      const line = y + 22 + 20 * k;
      marks.push(text(0, line, name, { role: "muted", size: 12, anchor: "start" }));
      ["", ...row.map((b) => num(b))].slice(-shown.length).forEach((words, i) =>
        marks.push(text(64 + (i + 0.5) * pitch, line, words, { size: 12, cls: "u-number" })));
    });
    return group(marks);
  }

  // ---- the numbers

  function sentence({ automaton, walk, next, said, paid, forget }) {
    const may = [...automaton.symbols].map((s, v) => [s, next[v]]).filter(([, p]) => p > 0).map(([s, p]) => `${s} ${num(p)}`);
    let words = `After ${walk || "nothing"}, next: ${may.join(" or ")}`;
    if (said) words += `; the RNN's likeliest is ${automaton.symbols[said.indexOf(Math.max(...said))]}`;
    if (walk.length > 1) words += `. Bits per symbol so far: ${Object.entries(paid).map(([name, row]) => `${name} ${num(mean(row))}`).join(", ")}`;
    return `${words}. Floor in the long run: ${num(automaton.floors[forget ? "forgotten" : "remembered"], 3)} bits.`;
  }

  // ---- the controls

  const step = (symbol) => { if (get("walk").length < LONGEST) put(model, { walk: get("walk") + symbol }); };
  function draw(count) {
    const { automaton } = now();
    let walk = get("walk");
    for (let k = 0; k < count && walk.length < LONGEST; k++) {
      const state = states(automaton, walk).at(-1);
      walk += drawn(automaton, state, luck(`${get("seed")} ${walk}`));
    }
    put(model, { walk });
  }

  const choices = [0, 1].map((k) => button({ label: "", onclick: () => { const { may } = now(); if (may[k]) step(may[k]); } }));
  const one = button({ label: "draw one", onclick: () => draw(1) });
  const many = button({ label: "draw 12", onclick: () => draw(12) });
  const back = button({ label: "back", onclick: () => put(model, { walk: get("walk").slice(0, -1) }) });
  const again = button({ label: "new walk", onclick: () => put(model, { walk: "B", seed: get("seed") + 1 }) });
  const forget = checkbox({ label: "forget the outer symbol", oninput: (on) => put(model, { forget: on }) });
  page.controls.append(...choices.map((c) => c.root), one.root, many.root, back.root, again.root, forget.root);
  const words = html("p", { style: "margin: 0" });
  page.readout.append(words);

  function update() {
    const n = now();
    choices.forEach((choice, k) => {
      choice.set(n.may[k] ? `write ${n.may[k]}` : "write ·");
      choice.enable(Boolean(n.may[k]) && n.walk.length < LONGEST);
    });
    one.enable(n.walk.length < LONGEST);
    many.enable(n.walk.length < LONGEST);
    back.enable(n.walk.length > 0);
    forget.set(n.forget);
    forget.root.hidden = get("grammar") !== "embedded";
    forget.root.style.display = forget.root.hidden ? "none" : "";
    write(words, sentence({ ...n, walk: n.walk.length > 24 ? `…${n.walk.slice(-24)}` : n.walk }));
    page.say(words.textContent);
    pic.redraw();
  }

  const stop = listen(model, ["walk", "forget", "automaton", "W_in", "W_h", "W_out", "b_out"], update);
  update();
  return () => { stop(); pic.end(); page.end(); };
}
export default { render };
