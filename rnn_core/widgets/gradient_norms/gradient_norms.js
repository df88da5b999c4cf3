// GradientNorms: how long a gradient still is, so many steps back; beside it the bound, below it the units' slopes.

import { axes, color, el, line, num, points, short, text } from "../shared/draw.js";
import { frame, html, listen, oneOf, picture, put, range, real, roomy, scrub, segmented, symbol, whole, write } from "../shared/controls.js";
import { gradientNorms, limits, normBound, slopesOf } from "../shared/norms.js";
import { norm } from "../shared/rnn.js";

const CONTROLS = ["radius", "noise", "steps", "lag", "kind", "activation"];
const FIXED = ["orthogonal", "gaussian", "sigmas", "xs", "h_0", "dh"];
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

// What follows from the traits.
export function compute(s) {
  const W_h = s[s.kind].map((row) => row.map((w) => s.radius * w));
  const sigma = s.radius * s.sigmas[s.kind === "orthogonal" ? 0 : 1];
  const slopes = slopesOf(s.xs.slice(0, s.steps), s.h_0, W_h, s.noise, s.activation);
  const norms = gradientNorms(s.dh, W_h, slopes), bounds = normBound(sigma, s.steps, norm(s.dh));
  return { ...s, lag: Math.min(s.lag, s.steps), sigma, slopes: slopes.map(mean), slope: mean(slopes.flat()), norms, bounds };
}

// The same words as GradientNorms.summary() in Python.
export function summary(s) {
  return `${s.kind === "orthogonal" ? "Orthogonal" : "Gaussian"} W_h, ${s.activation}, `
    + `spectral radius ${num(s.radius)}, largest singular value ${num(s.sigma)}, input noise ${num(s.noise)}. `
    + `Of a gradient of length ${short(s.norms[0])}, ${s.lag} steps back ${short(s.norms[s.lag])} is left; `
    + `the bound is ${short(s.bounds[s.lag])}. Mean slope ${num(s.slope)}.`;
}

// ---- the picture: above the lengths on a logarithmic axis, below the mean slope of each step, both by lag

function scene(s, width) {
  const [low, high] = limits(s.norms, s.bounds), tall = width < 480 ? 250 : 300;
  const x = { domain: [0, s.steps] }, left = 52, by = (values) => values.map((v, l) => [l, v]);
  const ax = axes({ width, height: tall, x, y: { domain: [low, high], log: true, label: "length of the gradient" }, margin: { left, right: 14, top: 26, bottom: 22 } });
  const within = by(s.bounds).filter(([, v]) => v <= high * (1 + 1e-9)), here = ax.x(s.lag);
  const rates = by(s.norms.map((_, l) => s.norms[0] * s.radius ** l)).filter(([, v]) => v >= low && v <= high);
  const rate = el("g", { "stroke-dasharray": "1.5 4" }, line(ax, rates, { role: "muted", width: 1.5 }));
  const lower = axes({ width, height: 108, x: { ...x, label: "lag: steps back from the loss" }, y: { domain: [0, 1], ticks: [0, 1], label: "mean slope of the units" }, margin: { left, right: 14, top: 24, bottom: 44 } });
  const strip = el("g", { transform: `translate(0 ${tall + 8})` }, lower.node, line(lower, by([...s.slopes].reverse()), { role: "state" }));
  const marks = [ax.node,
    el("path", { d: `M${here} ${ax.box.top}V${ax.box.bottom}`, stroke: color("line"), "stroke-width": 1 }),
    rate, line(ax, within, { role: "truth", dashed: true, width: 1.5 }),
    line(ax, by(s.norms), { role: "grad" }),
    points(ax, [[s.lag, s.norms[s.lag]]], { role: "grad", size: 5 }),
    named(ax, within, "bound", "ink"), s.sigma > s.radius * 1.01 ? named(ax, rates, "radius to the power of the lag", "muted") : null,
    strip];
  return { height: tall + 116, marks: marks.filter(Boolean), label: summary(s), ax };
}

// The name of a line, above its right end and clear of it.
function named(ax, data, words, role) {
  const x = ax.x(data.at(-1)[0]) - 10, under = data.filter(([l]) => ax.x(l) > x - 6.2 * words.length);
  const y = Math.min(...under.map(([, v]) => ax.y(v))) - 10;
  return text(x, Math.max(y, ax.box.top - 8), words, { anchor: "end", size: 12, role });
}

// ---- wiring

function render({ model, el: host }) {
  const page = frame(host, { name: "gradient_norms", claim: CLAIM, shows: SHOWS, model, link: { radius: real(0.5, 1.6), noise: real(0, 1), steps: whole(5, 50), lag: whole(0, 50), kind: oneOf("orthogonal", "gaussian"), activation: oneOf("linear", "tanh") } });
  const fixed = Object.fromEntries(FIXED.map((name) => [name, model.get(name)]));
  const read = () => compute({ ...fixed, ...Object.fromEntries(CONTROLS.map((name) => [name, model.get(name)])) });
  let s = read(), ax;
  const set = (name) => (value) => put(model, { [name]: value });

  const kind = segmented({ label: "Matrix", options: ["orthogonal", ["gaussian", "Gaussian"]], value: s.kind, oninput: set("kind") });
  const activation = segmented({ label: "Units", options: ["linear", "tanh"], value: s.activation, oninput: set("activation") });
  const radius = range({ label: "spectral radius", min: 0.5, max: 1.6, step: 0.05, value: s.radius, format: (v) => num(v), oninput: set("radius") });
  const noise = range({ label: "input noise", min: 0, max: 1, step: 0.05, value: s.noise, format: (v) => num(v), oninput: set("noise") });
  const steps = range({ label: html("span", {}, "length ", symbol("T")), min: 5, max: 50, value: s.steps, oninput: set("steps") });
  const lag = range({ label: "read off at lag", min: 0, max: s.steps, value: s.lag, oninput: set("lag") });
  page.controls.append(kind.root, activation.root, radius.root, noise.root, steps.root, lag.root);

  const shown = {};
  const fact = (name, ...words) => html("div", {}, html("dt", {}, ...words), shown[name] = html("dd", { "data-number": name }));
  const at = roomy();
  at.reserve(["gradient 88 steps back"]);
  page.readout.append(html("dl", { class: "u-facts" },
    fact("norm", at.root), fact("bound", "bound there"), fact("sigma", "largest singular value"), fact("slope", "mean slope")));

  const pic = picture(page.stage, (width) => { const drawn = scene(s, width); ax = drawn.ax; return drawn; });

  const update = () => {
    s = read();
    kind.set(s.kind);
    activation.set(s.activation);
    radius.set(s.radius);
    noise.set(s.noise);
    noise.input.disabled = s.activation === "linear"; // slopes are 1 whatever comes in
    steps.set(s.steps);
    lag.limit(0, s.steps);
    lag.set(s.lag);
    at.set([`gradient ${s.lag} steps back`]);
    write(shown.norm, short(s.norms[s.lag]));
    write(shown.bound, short(s.bounds[s.lag]));
    write(shown.sigma, num(s.sigma));
    write(shown.slope, num(s.slope));
    pic.redraw();
    page.say(summary(s));
  };
  update();

  // the hand: hold the picture and slide to the lag to read off
  pic.svg.classList.add("u-scrub");
  const seek = (event) => {
    const lagAt = (pic.at(event)[0] - ax.box.left) / (ax.box.right - ax.box.left) * s.steps;
    put(model, { lag: Math.max(0, Math.min(s.steps, Math.round(lagAt))) });
  };
  const drop = scrub(pic.svg, { model, names: ["lag"], hit: () => true, take: (_, event) => seek(event), drag: (_, dx, event) => seek(event) });

  const stop = listen(model, CONTROLS, update);
  return () => { stop(); drop(); pic.end(); page.end(); };
}

export default { render };
