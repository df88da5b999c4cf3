// NextWord: what the model expects after a prefix, at each stage of its training; the bigram model beside it.

import { button, frame, html, listen, picture, put, reading, scrub, select, show, stepper, whole, write } from "../shared/controls.js";
import { axes, color, el, grip, group, line, num, points, text } from "../shared/draw.js";
import { perplexity, predict } from "../shared/lm.js";
import { t } from "../shared/words.js";

const WEIGHTS = ["embedding", "W_x", "W_h", "b", "affine_W", "affine_b"];
const CONTROLS = ["prefix", "checkpoint"];
const FIXED = ["words", "text", "steps", "bigram", "floor"]; // another text: another figure
const LONGEST = 12, ROW = 34, HEAD = 28, GAP = 20;
const clipped = (word, length = 14) => word.length <= length ? word : word.slice(0, length - 1) + "…";
const same = (u, v) => u.length === v.length && u.every((id, i) => id === v[i]);
const visible = (word) => word.trim() === "" ? "␣" : word;

// ---- compute: what follows from the traits

// Perplexity on the text at every checkpoint: [[step, perplexity], ...]
export const measure = (s) => s.steps.map((step, i) => [step, perplexity(s.text, at(s, i))]);
const at = (s, i) => Object.fromEntries(WEIGHTS.map((name) => [name, s[name][i]]));

export function compute(s, curve = measure(s)) {
  const beginnings = s.text.slice(0, -1).slice(0, LONGEST).map((_, i) => s.text.slice(0, i + 1));
  const known = beginnings.findIndex((ids) => same(ids, s.prefix));
  return { ...s, curve, beginnings, known, word: (id) => visible(s.words[id]), rnn: predict(s.prefix, at(s, s.checkpoint)).at(-1), bigramNext: s.bigram[s.prefix.at(-1)] };
}

const best = (p, count) => p.map((v, i) => [v, i]).sort((a, b) => b[0] - a[0]).slice(0, count);

// The same words as NextWord.summary() in Python.
export function summary(s) {
  const two = (p) => best(p, 2).map(([v, i]) => `“${s.word(i)}” ${num(v, 3)}`).join(` ${t("and")} `);
  return [t("After “{prefix}”, {step} training steps: the RNN gives {rnn}, the bigram model gives {bigram}.", { prefix: s.prefix.map(s.word).join(" "), step: s.steps[s.checkpoint], rnn: two(s.rnn), bigram: two(s.bigramNext) }),
    t("Perplexity on the text {perplexity}; without memory at best {floor}.", { perplexity: num(s.curve[s.checkpoint][1], 3), floor: num(s.floor, 3) })].join(" ");
}

// ---- scene: a row for each word, and the curve of the training

export function scene(s, width) {
  const wide = width >= 600, barsWidth = wide ? Math.round(width * 0.6) : width, barsHeight = HEAD + s.words.length * ROW;
  const plotHeight = wide ? Math.max(210, Math.min(barsHeight, 300)) : 200;
  const place = wide ? [barsWidth + GAP, 0] : [0, barsHeight + 14];
  const curve = training(s, wide ? width - barsWidth - GAP : width, plotHeight);
  return {
    height: wide ? Math.max(barsHeight, plotHeight) : place[1] + plotHeight, label: summary(s), place, ax: curve.ax,
    marks: [rows(s, barsWidth), el("g", { transform: `translate(${place})` }, curve.mark)],
  };
}

function rows(s, width) {
  const letters = Math.max(...s.words.map((word) => clipped(word).length));
  const left = Math.min(130, 14 + letters * 8), right = width - 52, long = (p) => Math.max(0.01, p * (right - left));
  const number = (v, y, role) => text(left + v * (right - left) + 6, y, num(v, 3), { anchor: "start", role, size: 12, cls: "u-number" });
  return group(
    el("rect", { x: left, y: 4, width: 14, height: 11, fill: color("output") }), text(left + 20, 10, t("RNN"), { anchor: "start", role: "output" }),
    el("rect", { x: left + 66.5, y: 4.5, width: 13, height: 10, fill: color("paper"), stroke: color("muted") }),
    text(left + 86, 10, t("bigram: sees one word"), { anchor: "start", role: "muted" }),
    s.words.map((_, i) => {
      const y = HEAD + i * ROW, [rnn, bigram] = [s.rnn[i], s.bigramNext[i]], none = num(rnn, 3) === "0.000" && num(bigram, 3) === "0.000";
      return el("g", { class: "u-row u-press", "data-word": i },
        el("rect", { x: 0, y, width, height: ROW, fill: "transparent" }), // room for a finger
        text(left - 8, y + 15, clipped(s.word(i)), { anchor: "end", size: 14, role: none ? "muted" : "ink" }),
        el("path", { d: `M${left} ${y}V${y + ROW - 4}`, class: "u-axis" }),
        none ? text(left + 6, y + 15, "0.000", { anchor: "start", role: "muted", size: 12, cls: "u-number" }) : [
          el("rect", { class: "u-rnn", x: left, y: y + 1, width: long(rnn), height: 13, fill: color("output") }),
          el("rect", { class: "u-bigram", x: left, y: y + 16.5, width: long(bigram), height: 11, fill: color("paper"), stroke: color("muted") }),
          number(rnn, y + 8, "output"), number(bigram, y + 22, "muted")]);
    }));
}

function training({ steps, floor, curve, checkpoint }, width, height) {
  const top = Math.max(floor, ...curve.map(([, y]) => y)) * 1.15, last = Math.max(1, steps.at(-1));
  const ax = axes({
    width, height, margin: { left: 34, right: 14, top: 22, bottom: 44 },
    x: { domain: [0, last], label: t("training step") },
    y: { domain: [0.95, top], log: true, ticks: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((v) => v <= top), format: String, label: t("perplexity on the whole text") },
  });
  const [x, y] = curve[checkpoint];
  return {
    ax, mark: group(
      ax.node, line(ax, [[0, floor], [last, floor]], { role: "ink", dashed: true, width: 1.25 }),
      text(ax.box.right, ax.y(floor) - 9, t("without memory: {floor}", { floor: num(floor, 3) }), { anchor: "end", size: 12 }),
      line(ax, curve, { role: "output" }), points(ax, curve, { role: "output", size: 2.5 }),
      el("rect", { class: "u-scrub", "data-hold": "step", x: 0, y: 0, width, height, fill: "transparent" }),
      grip(ax.x(x), ax.y(y), { data: { "data-hold": "step" } })),
  };
}

// ---- wiring

function render({ model, el: host }) {
  const link = {
    checkpoint: (v) => whole(0, model.get("steps").length - 1)(v),
    prefix: (v) => Array.isArray(v) && v.length > 0 && v.length <= LONGEST && v.every(whole(0, model.get("words").length - 1)),
  };
  const page = frame(host, { name: "next_word", claim: CLAIM, shows: SHOWS, model, link });
  let s, drawn, curve, weights = [];
  const read = () => { // the curve is computed again only where the weights are others
    const now = Object.fromEntries([...WEIGHTS, ...CONTROLS, ...FIXED].map((name) => [name, model.get(name)]));
    const next = WEIGHTS.map((name) => now[name]);
    if (next.some((array, i) => array !== weights[i])) [weights, curve] = [next, measure(now)];
    s = compute(now, curve);
  };
  read();
  const prefix = html("p", { class: "u-prefix" });
  page.stage.append(prefix);

  // readout
  const facts = { perplexity: reading(), floor: reading(), likeliest: reading() };
  const fact = (name, label) => html("div", {}, html("dt", {}, label), html("dd", { "data-number": name }, facts[name].root));
  const note = html("p", { class: "u-aside" });
  page.readout.append(html("dl", { class: "u-facts" }, fact("likeliest", t("likeliest by the RNN")), fact("perplexity", t("perplexity on the text")), fact("floor", t("without memory"))), note);

  // controls
  const add = (id) => { if (s.prefix.length < LONGEST) put(model, { prefix: [...s.prefix, id] }); };
  const step = stepper({
    label: t("training step"), min: 0, max: s.steps.length - 1, value: s.checkpoint, play: 600,
    format: (i) => String(s.steps[i]), oninput: (i) => put(model, { checkpoint: i }),
  });
  const own = "own", choose = select({
    label: t("prefix"), value: own,
    options: [...s.beginnings.map((ids, i) => [i, ids.map(s.word).join(" ")]), [own, t("one of your own")]],
    oninput: (i) => { if (i === own) update(); else put(model, { prefix: s.beginnings[i] }); },
  });
  const start = select({ label: t("first word"), value: s.prefix[0], options: s.words.map((_, id) => [id, s.word(id)]), oninput: (id) => put(model, { prefix: [id] }) });
  const keys = s.words.map((_, id) => button({ label: clipped(s.word(id)), title: t("add {word}", { word: s.word(id) }), onclick: () => add(id) }));
  const back = button({ label: "⌫", title: t("take the last word away"), onclick: () => put(model, { prefix: s.prefix.slice(0, -1) }) });
  page.controls.append(step.root, choose.root, start.root,
    html("fieldset", { class: "u-keys" }, html("legend", {}, t("add a word")), html("span", {}, keys.map((key) => key.root), back.root)));

  const pic = picture(page.stage, (width) => { drawn = scene(s, width); return drawn; });

  // update
  const update = () => {
    read();
    show(prefix, [...s.prefix.map((id) => el("span", { class: "u-word" }, s.word(id))), el("span", { class: "u-word u-next" }, "?")]);
    step.set(s.checkpoint);
    choose.set(s.known >= 0 ? s.known : own);
    start.set(s.prefix[0]);
    back.enable(s.prefix.length > 1);
    for (const key of keys) key.enable(s.prefix.length < LONGEST);
    const [[most, id]] = best(s.rnn, 1);
    facts.likeliest.set(`“${clipped(s.word(id))}” ${num(most, 3)}`);
    facts.perplexity.set(num(s.curve[s.checkpoint][1], 3));
    facts.floor.set(num(s.floor, 3));
    write(note, s.known >= 0 ? "" : t("The text does not say what follows this: here the model improvises."));
    pic.redraw();
    page.say(`${summary(s)} ${note.textContent}`.trim());
  };
  update();

  // the hand: the point slides along the curve from checkpoint to checkpoint; a word that is pressed is added
  const seek = (event) => {
    step.stop();
    const x = pic.at(event)[0] - drawn.place[0], far = ([when]) => Math.abs(drawn.ax.x(when) - x);
    put(model, { checkpoint: s.curve.reduce((near, point, i) => far(point) < far(s.curve[near]) ? i : near, 0) });
  };
  const drop = scrub(pic.svg, { model, names: ["checkpoint"], hit: (event) => event.target.closest("[data-hold]") && "step", take: (what, event) => seek(event), drag: (what, dx, event) => seek(event) });
  const press = (event) => {
    const row = event.target.closest("[data-word]");
    if (row) add(Number(row.getAttribute("data-word")));
  };
  pic.svg.addEventListener("click", press);

  const stop = listen(model, [...WEIGHTS, ...CONTROLS, "bigram", "floor"], update);
  return () => { stop(); drop(); step.stop(); pic.end(); page.end(); };
}

export default { render };
