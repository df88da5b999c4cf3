// GradientNorms: how long a gradient still is, so many steps back, for one gradient and a band of others.

import { axes, bandOf, clip, color, el, grip, line, num, points, short, text } from "../shared/draw.js";
import { frame, html, listen, oneOf, picture, put, range, reading, real, remembered, roomy, scrub, segmented, symbol, whole } from "../shared/controls.js";
import { gradientNorms, normBound, slopesOf } from "../shared/norms.js";
import { norm } from "../shared/rnn.js";
import { t } from "../shared/words.js";

const CONTROLS = ["radius", "noise", "steps", "lag", "kind", "activation"];
const FIXED = ["orthogonal", "gaussian", "sigmas", "xs", "h_0", "dh", "h_0s", "dhs"];
const RADIUS = [0.5, 1.6], MOST = 50;
const LIMITS = [1e-12, 1e6], FAR = 1000; // the axis; "vanished" and "exploded" are a thousand times less and more
const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

// ---- compute: what follows from the traits

export function compute(s) {
  const W_h = s[s.kind].map((row) => row.map((w) => s.radius * w));
  const sigma = s.radius * s.sigmas[s.kind === "orthogonal" ? 0 : 1], start = norm(s.dh);
  const along = (h_0, dh) => {
    const slopes = slopesOf(s.xs.slice(0, s.steps), h_0, W_h, s.noise, s.activation);
    return { slopes, norms: gradientNorms(dh, W_h, slopes) };
  };
  const { slopes, norms } = along(s.h_0, s.dh);
  const others = s.dhs.map((dh, r) => along(s.h_0s[r], dh).norms).map((lengths) => lengths.map((v) => start * (v / lengths[0])));
  const band = norms.map((v, l) => [Math.min(v, ...others.map((lengths) => lengths[l])), Math.max(v, ...others.map((lengths) => lengths[l]))]);
  return { ...s, lag: Math.min(s.lag, s.steps), sigma, slopes: slopes.map(mean), slope: mean(slopes.flat()), norms, band, bounds: normBound(sigma, s.steps, start) };
}

// The same words as GradientNorms.summary() in Python.
export function summary(s) {
  const values = { kind: s.kind === "orthogonal" ? t("Orthogonal") : t("Gaussian"), activation: t(s.activation), radius: num(s.radius), sigma: num(s.sigma), noise: num(s.noise) };
  const found = { start: short(s.norms[0]), lag: s.lag, left: short(s.norms[s.lag]), low: short(s.band[s.lag][0]), high: short(s.band[s.lag][1]), bound: short(s.bounds[s.lag]) };
  return [t("{kind} W_h, {activation}, spectral radius {radius}, largest singular value {sigma}, input noise {noise}.", values),
    t("Of a gradient of length {start}, {lag} steps back {left} is left ({low} to {high} for others); the bound is {bound}.", found),
    t("Mean slope {slope}.", { slope: num(s.slope) })].join(" ");
}

// ---- scene: above the lengths on a logarithmic axis that never moves, below the mean slope of each step

function scene(s, was, width) {
  const tall = width < 480 ? 264 : 300, [low, high] = LIMITS, left = 52, x = { domain: [0, MOST] };
  const ax = axes({ width, height: tall, x, y: { domain: LIMITS, log: true, label: t("length of the gradient") }, margin: { left, right: 16, top: 26, bottom: 22 } });
  const by = (values) => clip(values.map((v, l) => [l, v]), LIMITS), { box } = ax;
  const gradient = by(s.norms), bounds = by(s.bounds), rates = by(s.norms.map((_, l) => s.norms[0] * s.radius ** l));
  const region = (from, to, role) => el("rect", { x: box.left, y: ax.y(from), width: box.right - box.left, height: ax.y(to) - ax.y(from), fill: color(role), opacity: 0.09 });
  const [end, reached] = gradient.at(-1), shown = Math.max(low, Math.min(high, s.norms[s.lag])), apart = s.sigma > s.radius * 1.01;
  const lower = axes({ width, height: 96, x: { ...x, label: t("lag: steps back from the loss") }, y: { domain: [0, 1], ticks: [0, 1], label: t("mean slope of the units") }, margin: { left, right: 16, top: 22, bottom: 42 } });
  const marks = [
    region(high, FAR, "grad"), region(1 / FAR, low, "muted"), ax.node,
    text(box.right - 8, ax.y(high) + 12, t("exploded: over a thousandfold"), { anchor: "end", size: 12, role: "grad" }),
    text(box.left + 8, ax.y(low) - 12, t("vanished: below a thousandth"), { anchor: "start", size: 12, role: "muted" }),
    el("path", { d: `M${ax.x(s.lag)} ${box.top}V${box.bottom}`, stroke: color("line"), "stroke-width": 1 }),
    bandOf(ax, s.band.map(([a, b], l) => [l, Math.max(low, Math.min(high, a)), Math.max(low, Math.min(high, b))]), { role: "grad" }),
    el("g", { "stroke-dasharray": "1.5 4" }, apart ? line(ax, rates, { role: "muted", width: 1.5 }) : null),
    line(ax, gradient, { role: "grad", width: 2.5 }),
    line(ax, bounds, { role: "truth", dashed: true, width: 1.5 }),
    points(ax, [[s.lag, shown]], { role: "grad", size: 5 }),
    named(ax, bounds, t("bound"), "ink"),
    apart ? named(ax, rates, t("radius alone"), "muted") : null,
    grip(ax.x(end), ax.y(reached), { role: "grad", upright: false, data: { "data-hold": "radius" } }),
    el("g", { transform: `translate(0 ${tall + 6})` }, lower.node, line(lower, [...s.slopes].reverse().map((v, l) => [l, v]), { role: "state" })),
    el("g", { class: "u-ghost" }, was ? line(ax, by(was.norms), { role: "grad", dashed: true, width: 1.5 }) : null),
  ];
  return { height: tall + 102, marks: marks.filter(Boolean), label: summary(s), ax };
}

// The name of a line: beside the place where it leaves the picture, else above its right end.
function named(ax, data, words, role) {
  const [end, value] = data.at(-1), x = ax.x(end), inside = x > ax.box.right - 60;
  if (!inside) return text(x + 8, Math.max(ax.y(value) + 30, ax.box.top + 30), words, { anchor: "start", size: 12, role });
  return text(x - 24, Math.max(ax.y(value) - 16, ax.box.top + 30), words, { anchor: "end", size: 12, role });
}

// ---- wiring

function render({ model, el: host }) {
  const link = { radius: real(...RADIUS), noise: real(0, 1), steps: whole(5, MOST), lag: whole(0, MOST), kind: oneOf("orthogonal", "gaussian"), activation: oneOf("linear", "tanh") };
  const page = frame(host, { name: "gradient_norms", claim: CLAIM, shows: SHOWS, model, link });
  const fixed = Object.fromEntries(FIXED.map((name) => [name, model.get(name)]));
  const past = remembered();
  let s, was, ax, key;
  const read = () => { // the curves are computed again only where they change
    const now = Object.fromEntries(CONTROLS.map((name) => [name, model.get(name)]));
    const next = JSON.stringify({ ...now, lag: 0 });
    s = next === key ? { ...s, lag: Math.min(now.lag, now.steps) } : compute({ ...fixed, ...now });
    was = past(s, key = next);
  };
  read();

  // readout
  const facts = { norm: reading(), band: reading(), bound: reading(), sigma: reading(), slope: reading() };
  const fact = (name, words) => html("div", {}, html("dt", {}, words), html("dd", { "data-number": name }, facts[name].root));
  const at = roomy();
  at.reserve([t("{lag} steps back", { lag: 88 })]);
  page.readout.append(html("dl", { class: "u-facts" },
    fact("norm", at.root), fact("band", t("other draws")), fact("bound", t("bound there")), fact("sigma", t("largest singular value")), fact("slope", t("mean slope"))));

  // controls
  const set = (name) => (value) => put(model, { [name]: value });
  const radius = range({ label: t("spectral radius"), min: RADIUS[0], max: RADIUS[1], step: 0.05, value: s.radius, format: (v) => num(v), oninput: set("radius") });
  const lag = range({ label: t("read off at lag"), min: 0, max: s.steps, value: s.lag, oninput: set("lag") });
  const kind = segmented({ label: t("Matrix"), options: [["orthogonal", t("orthogonal")], ["gaussian", t("Gaussian")]], value: s.kind, oninput: set("kind") });
  const activation = segmented({ label: t("Units"), options: [["linear", t("linear")], ["tanh", t("tanh")]], value: s.activation, oninput: set("activation") });
  const noise = range({ label: t("input noise"), min: 0, max: 1, step: 0.05, value: s.noise, format: (v) => num(v), oninput: set("noise") });
  const steps = range({ label: html("span", {}, t("length"), " ", symbol("T")), min: 5, max: MOST, value: s.steps, oninput: set("steps") });
  page.controls.append(radius.root, lag.root, kind.root, activation.root, noise.root, steps.root);

  const pic = picture(page.stage, (width) => { const drawn = scene(s, was, width); ax = drawn.ax; return drawn; });

  // update
  const update = () => {
    read();
    radius.set(s.radius);
    lag.limit(0, s.steps);
    lag.set(s.lag);
    kind.set(s.kind);
    activation.set(s.activation);
    noise.set(s.noise);
    noise.rest(s.activation === "linear" ? t("no effect: slopes are 1") : "");
    steps.set(s.steps);
    at.set([t("{lag} steps back", { lag: s.lag })]);
    const [least, most] = s.band[s.lag];
    facts.norm.set(short(s.norms[s.lag]));
    facts.band.set(`${short(least)} – ${short(most)}`);
    facts.bound.set(short(s.bounds[s.lag]));
    facts.sigma.set(num(s.sigma));
    facts.slope.set(num(s.slope));
    pic.redraw();
    page.say(summary(s));
  };
  update();

  // the hand: hold the curve's end and lift it; anywhere else it slides to the lag to read off
  let from;
  const lift = (to) => put(model, { radius: Number(Math.max(RADIUS[0], Math.min(RADIUS[1], Math.round(to / 0.05) * 0.05)).toFixed(2)) });
  const seek = (event) => {
    const lagAt = (pic.at(event)[0] - ax.box.left) / (ax.box.right - ax.box.left) * MOST;
    put(model, { lag: Math.max(0, Math.min(s.steps, Math.round(lagAt))) });
  };
  const drop = scrub(pic.svg, {
    model, names: ["lag", "radius"],
    hit: (event) => event.target.closest("[data-hold]") ? "radius" : "lag",
    take: (what, event) => { from = s.radius; if (what === "lag") seek(event); },
    drag: (what, dx, event, dy) => what === "lag" ? seek(event) : lift(from + (event.pointerType === "touch" ? dx : -dy) * 0.004), // a finger that moves up scrolls
  });

  const stop = listen(model, CONTROLS, update);
  return () => { stop(); drop(); pic.end(); page.end(); };
}

export default { render };
