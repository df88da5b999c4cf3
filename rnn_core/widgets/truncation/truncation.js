import { flag, frame, html, listen, picture, put, range, segmented, stepper, whole, write } from "../shared/controls.js";
import { arrow, axes, cell, color, el, group, line, num, points, text } from "../shared/draw.js";
import { biasCurves, heard } from "../shared/truncation.js";

const ARRAYS = ["embedding", "W_x", "W_h", "b", "affine_W", "affine_b", "ids", "words"];
const HALF = 14, ROW = 222, PLOT = 250;

function render({ model, el: host }) {
  const get = (name) => model.get(name);
  const page = frame(host, { name: "truncation", claim: CLAIM, shows: SHOWS, model, link: { k: (v) => whole(1, get("ids").length - 1)(v), question: (v) => whole(1, get("ids").length - 1)(v), cue: (v) => whole(1, get("ids").length - 1)(v), carry: flag } });
  let s = {}, full = [], curves = {};

  // what the numbers need once, and what each move of a control needs
  function measure() {
    s = Object.fromEntries(ARRAYS.map((name) => [name, get(name)]));
    curves = { true: biasCurves(s, true), false: biasCurves(s, false) };
  }
  function follow() {
    const T = s.ids.length - 1, question = Math.min(get("question"), T), cue = Math.min(get("cue"), question);
    Object.assign(s, { T, question, cue, k: Math.min(get("k"), T), carry: get("carry") });
    full = heard(s, question, T);
    s.cut = heard(s, question, s.k, s.carry);
    s.bias = curves[s.carry][s.k - 1];
  }

  // ---- the picture: copies of the layer in rows, bars below them, then the curves

  const scene = (width) => {
    const perRow = width >= 560 || s.T <= 6 ? s.T : Math.ceil(s.T / Math.ceil(s.T / 6));
    const rows = Math.ceil(s.T / perRow), pitch = width / perRow;
    const marks = [];
    for (let t = 1; t <= s.T; t++) marks.push(copy(t, (t - 1) % perRow, Math.floor((t - 1) / perRow) * ROW, pitch, perRow));
    marks.push(text(4, rows * ROW + 14, "bars: that loss at each input; outline: without cuts", { role: "muted", size: 12, anchor: "start" }));
    return { height: rows * ROW + 38 + PLOT, marks: [marks, plot(width, rows * ROW + 38)].flat(), label: sentence() };
  };

  function copy(t, column, top, pitch, perRow) {
    const x = pitch * (column + 0.5), y = top + 62, base = top + 194, edge = column === perRow - 1, border = t % s.k === 0;
    const next = edge ? x + pitch / 2 - 2 : x + pitch - HALF, asked = t === s.question;
    const reset = border && !s.carry;
    const marks = [
      arrow([[x, y + 44], [x, y + HALF]], { role: "input" }),
      cell(x, y, 2 * HALF, 2 * HALF),
      text(x, y + 57, s.words[t - 1], { role: "input", size: 12, weight: t === s.cue ? 600 : undefined }),
    ];
    if (asked) {
      const anchor = column === 0 ? "start" : edge ? "end" : "middle";
      marks.push(arrow([[x, y - HALF], [x, top + 24]], { role: "output" }),
        text(anchor === "start" ? x - HALF : anchor === "end" ? x + HALF : x, top + 12, `loss: ${s.words[t]}`, { role: "output", size: 12, anchor }));
    }
    if (t < s.T) {
      marks.push(edge && reset ? stop(next, y - 6) : arrow([[x + HALF, y - 6], [next, y - 6]], { cut: reset }));
      marks.push(edge && border ? stop(next, y + 6) : arrow([[next, y + 6], [x + HALF, y + 6]], { backward: true, cut: border }));
    }
    if (column === 0 && t > 1) { // the arrows of the row above go on here
      const begins = (t - 1) % s.k === 0, from = x - pitch / 2 + 2;
      if (!begins || s.carry) marks.push(arrow([[from, y - 6], [x - HALF, y - 6]]));
      if (!begins) marks.push(arrow([[x - HALF, y + 6], [from, y + 6]], { backward: true, head: false }));
    }
    if (t <= s.question) marks.push(bar(x, base, Math.min(24, pitch - 12), t));
    marks.push(bracket(t, column, perRow, pitch, top + 206));
    return el("g", { "data-step": t }, el("rect", { x: x - pitch / 2, y: top, width: pitch, height: ROW, fill: "transparent" }), ...marks);
  }

  const stop = (x, y) => el("path", { d: `M${x - 8} ${y - 7}v14M${x} ${y - 7}v14`, stroke: color("ink"), "stroke-width": 2 }); // a cut at a row's end

  // The loss of the question, heard at input t: outline the full gradient, filled what is left of it.
  function bar(x, base, width, t) {
    const tall = 44 / Math.max(...full, 1e-12), whole = full[t - 1] * tall, left = s.cut[t - 1] * tall, top = base - Math.max(whole, left);
    return group(
      el("rect", { x: x - width / 2, y: base - left, width, height: left, fill: color("grad") }),
      el("rect", { x: x - width / 2, y: base - whole, width, height: whole, fill: "none", stroke: color("truth"), "stroke-width": 1.25, "stroke-dasharray": "3 2" }),
      t === s.cue ? [
        el("path", { d: `M${x - width / 2 - 4} ${base + 3}h${width + 8}`, stroke: color("weight"), "stroke-width": 2.5 }),
        text(x, top - 9, s.cut[t - 1] === 0 ? "0" : num(s.cut[t - 1], 3), { size: 12, weight: 600, cls: "u-number" })] : null);
  }

  function bracket(t, column, perRow, pitch, y) {
    const block = Math.ceil(t / s.k), first = (t - 1) % s.k === 0, last = t % s.k === 0 || t === s.T;
    const a = pitch * column + (first ? 4 : 0), z = pitch * (column + 1) - (last ? 4 : 0);
    const inRow = Math.min(perRow - column, Math.min(s.k * block, s.T) - t + 1); // steps of the block from here to the row's end
    return group(
      el("path", { d: `M${a} ${first ? y - 4 : y}V${y}H${z}V${last ? y - 4 : y}`, class: "u-axis" }),
      first || column === 0 ? text(pitch * (column + inRow / 2), y + 11, inRow * pitch > 52 ? `block ${block}` : String(block), { role: "muted", size: 12 }) : null);
  }

  function plot(width, top) {
    const all = curves[s.carry], most = Math.max(1.05, ...all.flatMap(({ recurrent, output }) => [...recurrent, ...output]));
    const least = Math.min(0, ...all.flatMap(({ recurrent, output }) => [recurrent[0], output[0]]));
    const at = all.map((_, i) => i + 1), xy = (part, i) => all.map((bias, j) => [j + 1, bias[part][i]]);
    const margin = { left: 34, right: 12, top: 48, bottom: 44 };
    const ax = axes({ width, height: PLOT, margin, x: { domain: [0.7, s.T + 0.3], ticks: at, label: "k, steps in a block", format: String }, y: { domain: [least, most * 1.04], label: "" } });
    const key = [["grad", false, "recurrent: cosine"], ["grad", true, "recurrent: norm ratio"], ["output", false, "output: cosine"], ["output", true, "output: norm ratio"]];
    const step = width < 560 ? width / 2 : width / 4;
    const legend = key.map(([role, open, words], i) => {
      const x = (i * step) % (step * (width < 560 ? 2 : 4)) + 4, y = width < 560 ? 8 + 20 * Math.floor(i / 2) : 14;
      return group(el("path", { d: `M${x} ${y}h26`, stroke: color(role), "stroke-width": 2, "stroke-dasharray": open ? "6 4" : undefined }),
        el("circle", { cx: x + 13, cy: y, r: 3.5, fill: color(open ? "paper" : role), stroke: color(role), "stroke-width": 1.5 }),
        text(x + 32, y, words, { role: "muted", size: 12, anchor: "start" }));
    });
    const series = ["recurrent", "output"].flatMap((part, p) => [0, 1].map((i) => {
      const role = p ? "output" : "grad";
      return group(line(ax, xy(part, i), { role, dashed: i === 1 }), points(ax, xy(part, i), { role, open: i === 1 }));
    }));
    return el("g", { transform: `translate(0 ${top})`, class: "u-plot" }, ...legend, ax.node,
      el("path", { d: `M${ax.x(s.k)} ${ax.box.top}V${ax.box.bottom}`, stroke: color("weight"), "stroke-width": 2.5 }),
      el("path", { d: `M${ax.box.left} ${ax.y(1)}H${ax.box.right}`, stroke: color("truth"), "stroke-dasharray": "4 3" }), ...series);
  }

  // ---- the numbers

  const ratio = ([cosine, size]) => `cosine ${num(cosine)}, norm ratio ${num(size)}`;
  const span = () => s.question - s.cue + 1;
  const places = () => Math.max(0, s.k - span() + 1);
  const arrives = () => {
    const here = s.cut[s.cue - 1];
    return `${here === 0 ? "exactly 0" : num(here, 3)} (full ${num(full[s.cue - 1], 3)})`;
  };
  const sentence = () => `Blocks of k = ${s.k}, state ${s.carry ? "carried" : "reset"}: the loss of step ${s.question} reaches input ${s.cue} with ${arrives()}; `
    + `gradient of the recurrent layer: ${ratio(s.bias.recurrent)}; of the output layer: ${s.bias.output.map((v) => num(v)).join(", ")}; ${s.k + 1} of ${s.T + 1} states kept.`;

  const rows = [["gradient of the loss at the input", () => arrives()],
    ["places in a block where both fit", () => `${places()} of ${s.k}`],
    ["recurrent layer", () => ratio(s.bias.recurrent)], ["output layer", () => ratio(s.bias.output)],
    ["states kept at once", () => `${s.k + 1} of ${s.T + 1}`]];
  const shown = rows.map(([name, say]) => ({ say, node: html("dd", { "data-name": name }) }));
  page.readout.append(html("dl", {}, rows.flatMap(([name], i) => [html("dt", {}, name), shown[i].node])));

  // ---- the controls

  measure();
  follow();
  const blockLen = stepper({ label: "k, steps in a block", min: 1, max: s.T, value: s.k, oninput: (k) => put(model, { k }) });
  const state = segmented({ label: "state at the border", options: [[true, "carried"], [false, "reset"]], value: s.carry, oninput: (carry) => put(model, { carry }) });
  const question = range({ label: "loss of step", min: 1, max: s.T, value: s.question, oninput: (value) => put(model, s.cue > value ? { cue: value, question: value } : { question: value }) });
  const cue = range({ label: "heard at input", min: 1, max: s.T, value: s.cue, oninput: (value) => { put(model, { cue: Math.min(value, s.question) }); update(); } });
  page.controls.append(blockLen.root, state.root, question.root, cue.root);

  const pic = picture(page.stage, scene);
  function update() {
    follow();
    blockLen.limit(1, s.T);
    blockLen.set(s.k);
    state.set(s.carry);
    question.limit(1, s.T);
    question.set(s.question);
    cue.limit(1, s.T);
    cue.set(s.cue);
    for (const { say, node } of shown) write(node, say());
    pic.redraw();
    page.say(sentence());
  }
  update();

  // a click on a copy: that input
  const pick = (event) => {
    const t = Number(event.target.closest?.("[data-step]")?.getAttribute("data-step"));
    if (t) put(model, { cue: Math.min(t, s.question) });
  };
  pic.svg.addEventListener("click", pick);

  const renew = () => { // several traits may change in one go: wait until they fit
    const next = Object.fromEntries(ARRAYS.map((name) => [name, get(name)]));
    if (next.words.length !== next.ids.length) return;
    measure();
    update();
  };
  const stops = [listen(model, ARRAYS, renew), listen(model, ["k", "question", "cue", "carry"], update)];
  return () => {
    stops.forEach((stop) => stop());
    pic.end();
    page.end();
  };
}

export default { render };
