import { checkbox, frame, html, like, listen, oneOf, picture, put, range, scrub, segmented, select, write } from "../shared/controls.js";
import { color, el, group, num, text } from "../shared/draw.js";
import { batchesOf, meanLoss, readings } from "../shared/perplexity.js";

const ROW = 34, SLIP = 24;
const UNITS = { e: ["nats", Math.E], 2: ["bits", 2], 10: ["decimal digits", 10] };

// The cases of the text; "your own" is whatever the reader has dragged them to.
const EXAMPLES = {
  "two words": { probs: [0.8, 0.2], counts: [1, 1], cuts: [1] },
  "100 words and 10": { probs: [0.5, 0.05], counts: [100, 10], cuts: [1] },
  "uniform over 5": { probs: [0.2, 0.2, 0.2], counts: [1, 1, 1], cuts: [0, 1] },
  "sure, and once wrong": { probs: [0.95, 0.95, 0.95, 0.01], counts: [1, 1, 1, 1], cuts: [0, 0, 0] },
};
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const short = (v) => v < 1e4 ? num(v, 3) : Number.isFinite(v) ? v.toExponential(1).replace("e+", "e") : "∞";
const chance = (p) => String(Number(p.toPrecision(3)));
const words = (n) => n === 1 ? "1 word" : `${n} words`;

function render({ model, el: host }) {
  const page = frame(host, { name: "perplexity", claim: CLAIM, shows: SHOWS, model, link: { probs: (v) => like(model, "probs", 0.001, 1)(v), counts: (v) => like(model, "counts", 1, 1000)(v), cuts: (v) => like(model, "cuts", 0, 1)(v), base: oneOf("e", "2", "10") } });
  const get = (name) => model.get(name);
  const row = () => Math.min(get("row"), get("probs").length);
  const replace = (name, i, value) => put(model, { [name]: get(name).map((old, k) => (k === i ? value : old)) });

  // ---- the picture

  const place = (width) => {
    const narrow = width < 520;
    const left = 138, right = 52, scale = width - left - right, top = 34;
    const slips = top + ROW * get("probs").length + 40;
    return { narrow, left, scale, top, slips, height: slips + 8 * (narrow ? 40 : SLIP) + 30 };
  };
  let wide = 640;

  const pic = picture(page.stage, (width) => {
    wide = width;
    const p = place(width);
    return { height: p.height, marks: [bars(p), slips(p, width)], label: sentence() };
  });

  function bars({ left, scale, top }) {
    const marks = [text(0, 12, "probability given to the words that came", { role: "muted", anchor: "start" })];
    get("probs").forEach((p, i) => {
      const y = top + i * ROW, held = i + 1 === row();
      marks.push(
        el("rect", { x: left, y: y + 5, width: scale, height: ROW - 10, fill: color("wash") }),
        el("rect", { x: left, y: y + 5, width: scale * p, height: ROW - 10, fill: color("output") }),
        held ? el("rect", { x: left - 0.5, y: y + 4.5, width: scale + 1, height: ROW - 9, fill: "none", stroke: color("weight"), "stroke-width": 2.5 }) : null,
        text(left - 8, y + ROW / 2, words(get("counts")[i]), { anchor: "end", weight: held ? 600 : undefined }),
        text(left + scale + 8, y + ROW / 2, chance(p), { anchor: "start", cls: "u-number", weight: held ? 600 : undefined }),
        el("rect", { x: left, y, width: scale, height: ROW, fill: "transparent", class: "u-scrub", "data-row": i }));
    });
    batchesOf(get("probs").length, get("cuts")).forEach((rows, k) => {
      const y0 = top + rows[0] * ROW + 4, y1 = top + (rows.at(-1) + 1) * ROW - 4;
      marks.push(el("path", { d: `M58 ${y0}H52V${y1}H58`, fill: "none", stroke: color("muted"), "stroke-width": 1.25 }),
        text(46, (y0 + y1) / 2, `batch ${k + 1}`, { role: "muted", size: 12, anchor: "end" }));
    });
    return group(marks.filter(Boolean));
  }

  function slips({ narrow, slips: top }, width) {
    const values = now(), step = narrow ? 40 : SLIP;
    const left = narrow ? 6 : 224, right = width - 76;
    const finite = Object.values(values).filter(Number.isFinite);
    const low = Math.min(0.3, ...finite), high = Math.max(30, Math.min(1000, Math.max(...finite)));
    const x = (v) => left + (right - left) * Math.min(1, Math.max(0, Math.log(v / low) / Math.log(high / low)));
    const here = x(values.right), base = top + 8 * step, all = Object.values(values);
    const marks = [
      text(0, top - 14, "what comes out", { role: "muted", anchor: "start" }),
      el("path", { d: narrow ? all.map((_, i) => `M${here} ${top + i * step + 22}v14`).join("") : `M${here} ${top}V${base}`, stroke: color("truth"), "stroke-width": 1.5, "stroke-dasharray": "4 3" }),
      el("path", { d: `M${left} ${base}H${right}`, class: "u-axis" }),
      [1, 10, 100, 1000].filter((v) => v === 1 || x(v) < right).map((v) => [
        el("path", { d: `M${x(v)} ${base}v5`, class: "u-axis" }), text(x(v), base + 15, String(v), { role: "muted", size: 12 })]),
    ].flat(2);
    Object.entries(values).forEach(([name, value], i) => {
      const y = top + (i + 0.5) * step, mark = narrow ? y + 9 : y, main = name === "right";
      const agrees = Math.abs(value - values.right) <= 1e-9 * values.right;
      const role = main ? "ink" : agrees ? "muted" : "grad", weight = main ? 600 : undefined;
      marks.push(text(0, narrow ? y - 9 : y, name, { anchor: "start", role: main ? "ink" : "muted", weight }),
        agrees ? el("circle", { cx: x(value), cy: mark, r: 4.5, fill: color(role) }) : value > high ? beyond(x(value), mark, role) : cross(x(value), mark, role),
        text(width, narrow ? y - 9 : y, short(value), { anchor: "end", role, weight, cls: "u-number" }));
    });
    return group(marks);
  }

  function cross(x, y, role) {
    return el("path", { d: `M${x - 4} ${y - 4}l8 8M${x - 4} ${y + 4}l8 -8`, stroke: color(role), "stroke-width": 2.5 });
  }

  function beyond(x, y, role) { // too large for the axis
    return el("path", { d: `M${x - 5} ${y - 5}L${x + 4} ${y}L${x - 5} ${y + 5}Z`, fill: color(role) });
  }

  // ---- the numbers

  function now() {
    return readings(get("probs"), get("counts"), get("cuts"));
  }

  function sentence() {
    const values = now(), [unit, base] = UNITS[get("base")];
    const loss = meanLoss(get("probs"), get("counts")) / Math.log(base);
    const n = get("counts").reduce((a, b) => a + b, 0), batches = batchesOf(get("probs").length, get("cuts")).length;
    return `${words(n)} in ${batches} batch${batches > 1 ? "es" : ""}: perplexity ${short(values.right)}, from ${num(Math.abs(loss), 3)} ${unit} per word; `
      + `the mean of the batches' perplexities would be ${short(values["mean of batch perplexities"])}.`;
  }

  // ---- the controls

  const example = select({ label: "example", options: [...Object.keys(EXAMPLES), "your own"], value: "two words",
    oninput: (name) => { if (EXAMPLES[name]) put(model, { ...structuredClone(EXAMPLES[name]), row: 1 }); else update(); } });
  const which = select({ label: "row", options: [1], value: 1, oninput: (value) => put(model, { row: value }) });
  const whichHost = html("span", {}, which.root);
  const probability = range({ label: "probability of its words", min: 0.01, max: 1, step: 0.01, format: (v) => num(v, 2),
    oninput: (value) => replace("probs", row() - 1, value) });
  const count = range({ label: "how many words", min: 1, max: 100, step: 1, oninput: (value) => replace("counts", row() - 1, value) });
  const ends = checkbox({ label: "the batch ends after this row", oninput: (on) => replace("cuts", row() - 1, on ? 1 : 0) });
  const base = segmented({ label: "base", options: ["e", "2", "10"], value: get("base"), oninput: (value) => put(model, { base: value }) });
  page.controls.append(example.root, whichHost, probability.root, count.root, ends.root, base.root);
  const right = html("p", { style: "margin: 0" });
  page.readout.append(right);

  let rows = 0;
  function update() {
    const { probs, counts, cuts } = { probs: get("probs"), counts: get("counts"), cuts: get("cuts") };
    if (counts.length !== probs.length || cuts.length !== probs.length - 1) return; // the rest arrives in the same change
    if (rows !== probs.length) {
      rows = probs.length;
      const fresh = select({ label: "row", options: probs.map((_, i) => i + 1), value: row(), oninput: (value) => put(model, { row: value }) });
      whichHost.replaceChildren(fresh.root);
      which.set = fresh.set;
    }
    which.set(row());
    example.set(Object.keys(EXAMPLES).find((name) => same(EXAMPLES[name], { probs, counts, cuts })) ?? "your own");
    probability.set(probs[row() - 1]);
    count.limit(1, Math.max(100, ...counts));
    count.set(counts[row() - 1]);
    const last = row() === probs.length;
    ends.set(last || cuts[row() - 1] === 1);
    ends.input.disabled = last;
    base.set(get("base"));
    const [unit, b] = UNITS[get("base")], loss = meanLoss(probs, counts) / Math.log(b);
    write(right, `Right: ${num(Math.abs(loss), 4)} ${unit} per word, and ${get("base")} to the ${num(Math.abs(loss), 4)} is ${short(b ** loss)}.`);
    page.say(sentence());
    pic.redraw();
  }

  const stopScrub = scrub(pic.svg, {
    model, names: ["probs", "row"],
    hit: (event) => { const i = event.target.closest?.("[data-row]")?.getAttribute("data-row"); return i === null || i === undefined ? null : { i: Number(i), left: pic.svg.getBoundingClientRect().left, from: event.clientX }; },
    take: (what) => { put(model, { row: what.i + 1 }); },
    drag: (what, dx) => {
      const { left, scale } = place(wide), p = (what.from + dx - what.left - left) / scale;
      replace("probs", what.i, Math.min(1, Math.max(0.01, Math.round(p * 100) / 100)));
    },
  });
  const stop = listen(model, ["probs", "counts", "cuts", "base", "row"], update);
  update();
  return () => { stop(); stopScrub(); pic.end(); page.end(); };
}
export default { render };
