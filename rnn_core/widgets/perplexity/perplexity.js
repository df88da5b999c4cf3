// Perplexity: the words that came, in batches, and what every way to average makes of them.

import { checkbox, frame, html, listen, oneOf, picture, put, range, reading, real, remembered, scrub, segmented, select, show, whole } from "../shared/controls.js";
import { color, el, grip, group, num, text } from "../shared/draw.js";
import { batchesOf, meanLoss, readings } from "../shared/perplexity.js";
import { t } from "../shared/words.js";

const TRAITS = ["probs", "counts", "cuts", "base", "row"];
const ROW = 44, LEFT = 138, RIGHT = 56, TOP = 26; // px: a row is as high as a finger is wide
const UNITS = { e: ["nats", Math.E], 2: ["bits", 2], 10: ["decimal digits", 10] };
const WHY = {
  "right": "the losses of all words, over all words",
  "mean of batch perplexities": "exp before the mean, not after it",
  "exp of the mean of batch losses": "a small batch counts as much as a large one",
  "1 / mean probability": "the mean of p, where the mean of log p belongs",
  "2 to the nats": "nats belong to base e",
  "e to the bits": "bits belong to base 2",
  "exp of the summed loss": "never divided by the number of words",
  "minus sign lost": "gives 1 over the perplexity",
};

// The cases of the text; "your own" is whatever the reader has dragged them to.
const EXAMPLES = {
  "two words": { probs: [0.8, 0.2], counts: [1, 1], cuts: [1] },
  "100 words and 10": { probs: [0.5, 0.05], counts: [100, 10], cuts: [1] },
  "uniform over 5": { probs: [0.2, 0.2, 0.2], counts: [1, 1, 1], cuts: [0, 1] },
  "sure, and once wrong": { probs: [0.95, 0.95, 0.95, 0.01], counts: [1, 1, 1, 1], cuts: [0, 0, 0] },
};
const OWN = "your own";
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const short = (v) => v < 1e4 ? num(v, 3) : Number.isFinite(v) ? v.toExponential(1).replace("e+", "e") : "∞";
const chance = (p) => String(Number(p.toPrecision(3)));
const words = (n) => n === 1 ? t("1 word") : t("{n} words", { n });
const fits = ({ probs, counts, cuts }) => counts.length === probs.length && cuts.length === probs.length - 1;
const listOf = (test, least, most) => (v) => Array.isArray(v) && v.length >= least && v.length <= most && v.every(test);

// ---- compute

export function compute(s) {
  const values = readings(s.probs, s.counts, s.cuts), [unit, base] = UNITS[s.base];
  return { ...s, row: Math.min(s.row, s.probs.length), values, unit, loss: Math.abs(meanLoss(s.probs, s.counts) / Math.log(base)) };
}

const certain = (s) => s.probs.every((p) => p === 1);

// The same words as Perplexity.summary() in Python.
export function summary(s) {
  const n = s.counts.reduce((a, b) => a + b, 0), batches = batchesOf(s.probs.length, s.cuts).length;
  const values = { words: words(n), batches: batches === 1 ? t("1 batch") : t("{n} batches", { n: batches }), unit: t(s.unit), loss: num(s.loss, 3) };
  const said = t("{words} in {batches}: perplexity {right}, from {loss} {unit} per word; the mean of the batches' perplexities would be {naive}.",
    { ...values, right: short(s.values.right), naive: short(s.values["mean of batch perplexities"]) });
  return certain(s) ? `${said} ${agreement()}` : said;
}

const agreement = () => t("Every word had probability 1: all rows agree.");

// ---- scene: the bars

function bars(s, width) {
  const scale = width - LEFT - RIGHT, marks = [text(0, 10, t("probability given to the words that came"), { role: "muted", anchor: "start" })];
  s.probs.forEach((p, i) => {
    const y = TOP + i * ROW, held = i + 1 === s.row, weight = held ? 600 : undefined;
    marks.push(
      el("rect", { x: LEFT, y: y + 9, width: scale, height: ROW - 18, fill: color("wash") }),
      el("rect", { x: LEFT, y: y + 9, width: scale * p, height: ROW - 18, fill: color("output") }),
      held ? el("rect", { x: LEFT - 0.5, y: y + 8.5, width: scale + 1, height: ROW - 17, fill: "none", stroke: color("weight"), "stroke-width": 2.5 }) : null,
      text(LEFT - 8, y + ROW / 2, words(s.counts[i]), { anchor: "end", weight }),
      text(width, y + ROW / 2, chance(p), { anchor: "end", cls: "u-number", weight }),
      el("rect", { x: LEFT, y, width: scale, height: ROW, fill: "transparent", class: "u-press", "data-row": i }),
      grip(LEFT + scale * p, y + ROW / 2, { data: { "data-row": i, "data-grip": "" } }));
  });
  batchesOf(s.probs.length, s.cuts).forEach((rows, k) => {
    const y0 = TOP + rows[0] * ROW + 6, y1 = TOP + (rows.at(-1) + 1) * ROW - 6;
    marks.push(el("path", { d: `M58 ${y0}H52V${y1}H58`, fill: "none", stroke: color("muted"), "stroke-width": 1.25 }),
      text(46, (y0 + y1) / 2, t("batch {k}", { k: k + 1 }), { role: "muted", size: 12, anchor: "end" }));
  });
  return { height: TOP + ROW * s.probs.length + 4, marks: marks.filter(Boolean), label: summary(s) };
}

// ---- scene: what comes out; was: the readings before the hand moved, or undefined

function slips({ values }, was, width) {
  const narrow = width < 560, step = narrow ? 58 : 38, left = narrow ? 6 : 320, right = width - (narrow ? 6 : 76), top = 24;
  const finite = Object.values(values).filter(Number.isFinite);
  const low = Math.min(0.3, ...finite), high = Math.max(30, Math.min(1000, Math.max(...finite)));
  const x = (v) => left + (right - left) * Math.min(1, Math.max(0, Math.log(v / low) / Math.log(high / low)));
  const here = x(values.right), base = top + 8 * step;
  const marks = [
    text(0, 8, t("what comes out"), { role: "muted", anchor: "start" }),
    el("path", { d: narrow ? Object.keys(values).map((_, i) => `M${here} ${top + i * step + 38}v14`).join("") : `M${here} ${top}V${base}`, stroke: color("truth"), "stroke-width": 1.5, "stroke-dasharray": "4 3" }),
    el("path", { d: `M${left} ${base}H${right}`, class: "u-axis" }),
    [1, 10, 100, 1000].filter((v) => v === 1 || x(v) < right).map((v) => [
      el("path", { d: `M${x(v)} ${base}v5`, class: "u-axis" }), text(x(v), base + 15, String(v), { role: "muted", size: 12 })]),
  ].flat(2);
  Object.entries(values).forEach(([name, value], i) => {
    const y = top + i * step + 10, mark = narrow ? y + 35 : y + 8, main = name === "right";
    const agrees = Math.abs(value - values.right) <= 1e-9 * values.right;
    const role = main ? "ink" : agrees ? "muted" : "grad", weight = main ? 600 : undefined;
    marks.push(text(0, y, t(name), { anchor: "start", role: main ? "ink" : "muted", weight }),
      text(width, narrow ? y : mark, short(value), { anchor: "end", role, weight, cls: "u-number" }),
      text(0, y + 17, t(WHY[name]), { anchor: "start", role: "muted", size: 12 }),
      was && was[name] !== value ? el("g", { class: "u-ghost" }, el("circle", { cx: x(was[name]), cy: mark, r: 4, fill: "none", stroke: color(role), "stroke-width": 1.5 })) : null,
      agrees ? el("circle", { cx: x(value), cy: mark, r: 4.5, fill: color(role) }) : value > high ? beyond(x(value), mark, role) : cross(x(value), mark, role));
  });
  const label = Object.entries(values).map(([name, value]) => `${t(name)}: ${short(value)}`).join("; ");
  return { height: base + 26, marks: marks.filter(Boolean), label };
}

const cross = (x, y, role) => el("path", { d: `M${x - 4} ${y - 4}l8 8M${x - 4} ${y + 4}l8 -8`, stroke: color(role), "stroke-width": 2.5 });
const beyond = (x, y, role) => el("path", { d: `M${x - 5} ${y - 5}L${x + 4} ${y}L${x - 5} ${y + 5}Z`, fill: color(role) }); // too large for the axis

// ---- wiring

function render({ model, el: host }) {
  const now = () => Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  const link = { probs: listOf(real(0.001, 1), 1, 12), counts: listOf(whole(1, 1000), 1, 12), cuts: listOf(whole(0, 1), 0, 11), base: oneOf("e", "2", "10") };
  const page = frame(host, { name: "perplexity", claim: CLAIM, shows: SHOWS, model, link, fits: (values) => fits({ ...now(), ...values }), beside: true });
  const past = remembered();
  let s = compute(now()), was = past(s.values, JSON.stringify(s.values)), wide = 640;
  const replace = (name, i, value) => put(model, { [name]: model.get(name).map((old, k) => (k === i ? value : old)) });

  // readout
  const right = html("p", { class: "u-right" }), perplexity = reading(), below = html("div", {});
  page.readout.append(right, below);

  // controls; a row is chosen by a press on it, or by the radio that lies over its words
  const example = select({ label: t("example"), options: [...Object.keys(EXAMPLES), OWN].map((name) => [name, t(name)]), value: OWN,
    oninput: (name) => { if (EXAMPLES[name]) put(model, { ...structuredClone(EXAMPLES[name]), row: 1 }); else update(); } });
  const probability = range({ label: "", min: 0.01, max: 1, step: 0.01, format: chance, oninput: (value) => replace("probs", s.row - 1, value) });
  const count = range({ label: "", min: 1, max: 100, step: 1, oninput: (value) => replace("counts", s.row - 1, value) });
  const ends = checkbox({ label: t("a batch ends after this row"), oninput: (on) => replace("cuts", s.row - 1, on ? 1 : 0) });
  const base = segmented({ label: t("base"), options: ["e", "2", "10"], value: s.base, oninput: (value) => put(model, { base: value }) });
  page.controls.append(probability.root, count.root, ends.root, base.root, example.root);

  const pic = picture(page.stage, (width) => { wide = width; return bars(s, width); });
  const out = picture(below, (width) => slips(s, was, width));
  const rows = html("form", { class: "u-rows" });
  page.stage.append(rows);
  let radios = [];
  const choose = (n) => {
    radios = Array.from({ length: n }, (_, i) => html("input", { type: "radio", name: "row", "aria-label": t("row {k}", { k: i + 1 }), onchange: () => put(model, { row: i + 1 }) }));
    rows.replaceChildren(html("fieldset", {}, html("legend", { class: "u-unseen" }, t("row")), radios.map((input) => html("label", {}, input))));
  };

  // update
  const update = () => {
    const next = now();
    if (!fits(next)) return; // the rest arrives in the same change
    s = compute(next);
    was = past(s.values, JSON.stringify(s.values));
    const { probs, counts, cuts, row } = s, last = row === probs.length;
    if (radios.length !== probs.length) choose(probs.length);
    radios[row - 1].checked = true;
    example.set(Object.keys(EXAMPLES).find((name) => same(EXAMPLES[name], { probs, counts, cuts })) ?? OWN);
    probability.rename(t("row {k}: probability", { k: row }));
    probability.set(probs[row - 1]);
    count.rename(t("row {k}: how many words", { k: row }));
    count.limit(1, Math.max(100, ...counts));
    count.set(counts[row - 1]);
    ends.set(last || cuts[row - 1] === 1);
    ends.input.disabled = last;
    base.set(s.base);
    perplexity.set(short(UNITS[s.base][1] ** s.loss));
    show(right, [t("Right: {loss} {unit} per word, and", { loss: num(s.loss, 4), unit: t(s.unit) }), " ",
      el("span", { class: "u-math" }, s.base, el("sup", {}, num(s.loss, 4))), " = ", perplexity.root, el("span", { class: "u-agree" }, certain(s) ? agreement() : "")]);
    pic.redraw();
    out.redraw();
    page.say(summary(s));
  };
  update();

  // the hand: a grip is dragged, a bar is pressed
  let from;
  const drop = scrub(pic.svg, {
    model, names: ["probs", "row"],
    hit: (event) => {
      const at = event.target.closest("[data-row]");
      return at && { i: Number(at.dataset.row), moves: "grip" in at.dataset };
    },
    take: ({ i }) => { from = model.get("probs")[i]; put(model, { row: i + 1 }); },
    drag: ({ i, moves }, dx) => {
      if (moves) replace("probs", i, Math.min(1, Math.max(0.01, Math.round((from + dx / (wide - LEFT - RIGHT)) * 100) / 100)));
    },
  });
  const stop = listen(model, TRAITS, update);
  return () => { stop(); drop(); pic.end(); out.end(); page.end(); };
}

export default { render };
