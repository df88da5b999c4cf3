// The frame of a figure and its controls: native inputs with labels, one live region, pointer drags.
// Strings reach the page through text nodes only.

import { el } from "./draw.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

// ---- marks into the page

// Makes what `parent` holds like `marks`. What is the same already is not touched: not laid out, not painted again.
export function show(parent, marks) {
  let node = parent.firstChild;
  for (const mark of marks) {
    const next = node ? node.nextSibling : null;
    if (!node) parent.append(made(mark, parent.namespaceURI));
    else if (!alike(node, mark)) node.replaceWith(made(mark, parent.namespaceURI));
    node = next;
  }
  while (node) {
    const next = node.nextSibling;
    node.remove();
    node = next;
  }
}

// Whether `node` now looks like `mark`; not if it is of another kind.
function alike(node, mark) {
  if (mark instanceof Node) return node === mark;
  if (typeof mark !== "object") {
    if (node.nodeType !== Node.TEXT_NODE) return false;
    if (node.data !== String(mark)) node.data = mark;
    return true;
  }
  if (node.mark?.tag !== mark.tag) return false;
  const before = node.mark.attributes, now = mark.attributes;
  for (const name in now) if (now[name] !== before[name]) assign(node, name, now[name]);
  for (const name in before) if (!(name in now)) node.removeAttribute(name);
  node.mark = mark;
  show(node, mark.children);
  return true;
}

// The element of a mark, in the namespace of what holds it. A function among its attributes is a listener.
function made(mark, namespace) {
  if (mark instanceof Node) return mark;
  if (typeof mark !== "object") return document.createTextNode(mark);
  if (mark.tag === "svg") namespace = SVG;
  const node = document.createElementNS(namespace, mark.tag);
  for (const name in mark.attributes) assign(node, name, mark.attributes[name]);
  for (const child of mark.children) node.append(made(child, namespace));
  node.mark = mark;
  return node;
}

export function assign(node, name, value) {
  if (typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else {
    const words = value === true ? "" : String(value);
    if (node.getAttribute(name) !== words) node.setAttribute(name, words); // said again, it would be laid out again
  }
}

// Changes a text only where it differs.
export const write = (node, words) => show(node, [words]);

const CONTROLS = new Set(["button", "input", "select"]);

// An HTML element, made at once: html("button", { type: "button", onclick }, "Step").
export function html(tag, attributes = {}, ...children) {
  // JupyterLab leaves the arrow keys to it; no browser fills in what stood there before a reload
  const quiet = CONTROLS.has(tag) ? { "data-lm-suppress-shortcuts": true, ...tag === "button" ? {} : { autocomplete: "off" } } : {};
  return made(el(tag, { ...quiet, ...attributes }, ...children), document.documentElement.namespaceURI);
}

// A symbol with its index, as in the text: symbol("h", "t")
export const symbol = (letter, index = "") => el("span", { class: "u-math" },
  el("span", { class: "u-symbol" }, letter), index === "" ? null : el("sub", {}, String(index)));

// Words with their symbols set as in the text: "W_h" and, for a letter alone, "*k*".
export const typeset = (words) => words.split(/(\b[A-Za-z]_\w+|\*[A-Za-z]\*)/).map((piece, i) =>
  i % 2 === 0 ? piece : piece[0] === "*" ? symbol(piece[1]) : symbol(piece[0], piece.slice(2)));
export const spoken = (words) => words.replace(/\*([A-Za-z])\*/g, "$1");

// ---- the frame: the claim, the stage (the picture), controls, readout (numbers in words), what one sees

// link: the traits that a hand moves, each with a test of its value: { k: whole(1, T), carry: flag }.
// The address of the page can hold them after #, where the host says by data-figure what this place is called.
// fits: whether the values of an address go together. beside: on a wide screen in full, the readout stands beside the picture.
export function frame(el, { name, claim, shows = "", model, link = {}, fits = () => true, beside = false }) {
  const stage = html("div", { class: "u-stage" });
  const controls = html("form", { class: "u-controls", onsubmit: (event) => event.preventDefault() });
  const readout = html("div", { class: "u-readout" });
  const live = html("p", { class: "u-unseen", "aria-live": "polite" });
  const tools = html("div", { class: "u-tools" });
  const body = html("div", { class: "u-body" }, html("p", { class: "u-claim" }, typeset(claim)), stage, controls, readout, live,
    html("div", { class: "u-foot" }, html("p", { class: "u-caption" }, typeset(shows)), tools));
  const root = html("figure", { class: `unrolled-explorable u-${name}${beside ? " u-beside" : ""}`, "aria-label": spoken(claim) }, body);
  el.append(root);
  const stops = [onceSeen(root, () => nudge(root)), fullScreen(root, body, tools)];
  const place = el.dataset.figure;
  if (place && model) stops.push(addressed(place, model, link, fits, tools));
  let said = "", shown = false; // a page that has just been opened says nothing: only a change is news
  const start = setTimeout(() => { shown = true; });
  const tell = rested((words) => { live.textContent = news(said, words); said = words; });
  stops.push(() => clearTimeout(start), tell.stop);
  return {
    root, stage, controls, readout,
    say(words) { if (shown) tell(words); else said = words; },
    end() { stops.forEach((stop) => stop()); root.remove(); },
  };
}

// Calls with the last value, when no other has come for `wait` ms.
function rested(call, wait = 700) {
  let timer = 0;
  const tell = (value) => { clearTimeout(timer); timer = setTimeout(call, wait, value); };
  tell.stop = () => clearTimeout(timer);
  return tell;
}

// Of some sentences those that have not been said: news("A 1. B 2.", "A 1. B 3.") -> "B 3."
export function news(before, now) {
  const pieces = (words) => words.split(/(?<=[.;]) /), old = new Set(pieces(before));
  return pieces(now).filter((piece) => !old.has(piece)).join(" ");
}

// Once, when half of it is in view.
function onceSeen(node, call) {
  const watch = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { watch.disconnect(); call(); }
  }, { threshold: 0.5 });
  watch.observe(node);
  return () => watch.disconnect();
}

// What can be taken hold of moves a little, one time: a hint for the eye.
function nudge(root) {
  if (calm()) return;
  const aside = (px) => ({ transform: `translateX(${px}px)` });
  for (const one of root.querySelectorAll(".u-grip")) one.animate?.([aside(0), aside(4), aside(-4), aside(0)], { duration: 500, delay: 300, iterations: 2 });
}

export const icon = (d) => el("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 2 }, el("path", { d }));
const tool = (label, d, onclick) => html("button", { type: "button", class: "u-tool", "aria-label": label, title: label, onclick }, icon(d));

// For the projector: the figure alone, as large as the screen allows.
function fullScreen(root, body, tools) {
  if (!document.fullscreenEnabled) return () => {};
  const button = tool(t("full screen"), "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", () => document.fullscreenElement === root ? document.exitFullscreen() : root.requestFullscreen());
  tools.append(button);
  const fit = () => {
    body.style.transform = "";
    if (document.fullscreenElement !== root) { body.style.width = ""; return; }
    const most = root.classList.contains("u-beside") && innerWidth >= 1100 ? 1180 : 760;
    body.style.width = `${Math.min(most, innerWidth - 24)}px`;
    requestAnimationFrame(() => requestAnimationFrame(() => { // the picture has taken its new width
      const scale = Math.min((innerWidth - 24) / body.offsetWidth, (innerHeight - 24) / body.offsetHeight);
      if (document.fullscreenElement === root) body.style.transform = `scale(${scale})`;
    }));
  };
  root.addEventListener("fullscreenchange", fit);
  addEventListener("resize", fit);
  return () => { removeEventListener("resize", fit); if (document.fullscreenElement === root) document.exitFullscreen(); };
}

// The state in the address: #place?k=7&carry=false. Any other # belongs to somebody else.
function addressed(place, model, link, fits, tools) {
  const read = () => {
    const [where, query] = location.hash.slice(1).split("?"), values = {};
    if (where !== place || !query) return;
    for (const [name, text] of new URLSearchParams(query)) {
      try {
        const value = JSON.parse(text);
        if (Object.hasOwn(link, name) && link[name](value)) values[name] = value;
      } catch { /* not a value of ours: the figure stays as it is */ }
    }
    if (fits(values)) put(model, values);
  };
  const note = html("span", { class: "u-note", role: "status" });
  let timer = 0;
  const tell = (words) => { note.textContent = words; clearTimeout(timer); timer = setTimeout(() => { note.textContent = ""; }, 4000); };
  const copy = async () => {
    const query = new URLSearchParams(Object.keys(link).map((name) => [name, JSON.stringify(model.get(name))]));
    location.replace(`#${place}?${query}`);
    try {
      await navigator.clipboard.writeText(location.href);
      tell(t("link copied"));
    } catch { tell(t("the address of the page is the link")); }
  };
  tools.append(note, tool(t("link to the figure as it stands"), "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.3 1.3M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.3-1.3", copy));
  read();
  addEventListener("hashchange", read);
  return () => { clearTimeout(timer); removeEventListener("hashchange", read); };
}

// Tests for values that come with an address.
export const whole = (low, high) => (v) => Number.isInteger(v) && v >= low && v <= high;
export const real = (low, high) => (v) => Number.isFinite(v) && v >= low && v <= high;
export const flag = (v) => v === true || v === false;
export const oneOf = (...options) => (v) => options.includes(v);
export const like = (model, name, low, high) => (v) => { // an array of the same shape
  const alike = (a, b) => Array.isArray(b) ? Array.isArray(a) && a.length === b.length && b.every((each, i) => alike(a[i], each)) : real(low, high)(a);
  return alike(v, model.get(name));
};

// An <svg> as wide as its host. draw(width) -> { height, marks, label }
// at(event) -> [x, y] of a pointer, in the units of the picture, also where it is shown larger; width() is how wide it is drawn.
// redraw() paints when the script that asks has ended, before the browser waits for its next frame; asked again, in that frame.
export function picture(host, draw) {
  const svg = document.createElementNS(SVG, "svg");
  svg.mark = el("svg");
  host.append(svg);
  let busy = false, asked = false, ended = false;
  let width = Math.round(host.closest("[data-width]")?.dataset.width ?? host.clientWidth); // asked once, if the page does not say: to ask is to lay it out
  const paint = () => {
    asked = false;
    if (!width || ended) return;
    const { height, marks, label } = draw(width);
    alike(svg, el("svg", { role: "img", viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": label }, marks));
  };
  const redraw = () => {
    asked = true;
    if (busy) return;
    busy = true;
    queueMicrotask(() => {
      paint();
      requestAnimationFrame(() => { busy = false; if (asked) redraw(); });
    });
  };
  const watch = new ResizeObserver(([{ contentRect }]) => {
    if (Math.round(contentRect.width) !== width) { width = Math.round(contentRect.width); paint(); }
  });
  watch.observe(host);
  paint();
  const at = ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect(), scale = width / (box.width || width);
    return [(clientX - box.left) * scale, (clientY - box.top) * scale];
  };
  return { svg, redraw, at, width: () => width, end() { ended = true; watch.disconnect(); } };
}

// ---- the model: get / set / save_changes / on / off, nothing else

export function put(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// Calls back once for all the traits that a script changes, when it has ended; returns the call that ends it.
export function listen(model, names, callback) {
  let asked = false, ended = false;
  const tell = () => {
    if (!asked) queueMicrotask(() => { asked = false; if (!ended) callback(); });
    asked = true;
  };
  for (const name of names) model.on(`change:${name}`, tell);
  return () => { ended = true; for (const name of names) model.off(`change:${name}`, tell); };
}

// ---- controls: each returns { root, set(value) }; `set` shows a value and calls nobody

export function range({ label, min, max, step = 1, value = min, format = String, oninput }) {
  const shown = html("span", { class: "u-value", "aria-hidden": "true" });
  const name = html("span", { class: "u-label" }, label);
  const input = html("input", { type: "range", min, max, step, oninput: () => { tell(Number(input.value)); oninput(Number(input.value)); } });
  const tell = (number) => {
    write(shown, format(number));
    assign(input, "aria-valuetext", format(number));
  };
  let before; // a swipe up or down that began on the slider scrolls the page: the value goes back
  input.addEventListener("pointerdown", () => { before = input.value; });
  input.addEventListener("pointercancel", () => { if (input.value !== before) { set(Number(before)); oninput(Number(before)); } });
  const root = html("label", { class: "u-range" }, html("span", { class: "u-range-head" }, name, shown), input);
  const set = (number) => { // shows the number itself, also between two steps of the slider
    if (input.value !== String(number)) input.value = number;
    tell(number);
  };
  const limit = (low, high) => { assign(input, "min", low); assign(input, "max", high); };
  set(value);
  const rest = (why) => { // a slider that can do nothing now says why, in the place of its number
    input.disabled = Boolean(why);
    if (why) { write(shown, why); assign(input, "aria-valuetext", why); } else tell(Number(input.value));
  };
  return { root, input, set, limit, rest, rename: (...words) => show(name, words) };
}

// One that can do nothing now says so and keeps the focus: a reader on the keyboard is not thrown out.
export function button({ label, onclick, title }) {
  const press = () => { if (root.getAttribute("aria-disabled") !== "true") onclick(); };
  const root = html("button", { type: "button", class: "u-button", title, "aria-label": title, onclick: press }, label);
  return {
    root, set: (words) => write(root, words), enable: (on) => assign(root, "aria-disabled", on ? null : "true"),
    rename: (words) => { assign(root, "title", words); assign(root, "aria-label", words); },
  };
}

export function checkbox({ label, value = false, oninput }) {
  const input = html("input", { type: "checkbox", onchange: () => oninput(input.checked) });
  input.checked = value;
  return { root: html("label", { class: "u-checkbox" }, input, html("span", {}, label)), input, set: (on) => { input.checked = on; } };
}

// options: [[value, words], ...] or [words, ...]
export function select({ label, options, value, oninput }) {
  const pairs = options.map((option) => Array.isArray(option) ? option : [option, option]);
  const input = html("select", { onchange: () => oninput(pairs[input.selectedIndex][0]) },
    pairs.map(([, words]) => html("option", {}, String(words))));
  const set = (chosen) => {
    const i = pairs.findIndex(([key]) => key === chosen);
    if (input.selectedIndex !== i) input.selectedIndex = i;
  };
  set(value);
  return { root: html("label", { class: "u-select" }, html("span", { class: "u-label" }, label), input), input, set };
}

// A few choices side by side: native radios, one tab stop, arrow keys; hidden: the label is heard, not seen. (Radios group by their <form>: one frame, one group per legend.)
export function segmented({ label, hidden = false, options, value, oninput }) {
  const pairs = options.map((option) => Array.isArray(option) ? option : [option, option]);
  const inputs = pairs.map(([key]) => html("input", { type: "radio", name: `u-${label}`, onchange: () => oninput(key) }));
  const root = html("fieldset", { class: "u-segmented" }, html("legend", { class: hidden ? "u-unseen" : "" }, label),
    html("span", { class: "u-segments" }, pairs.map(([, words], i) => html("label", {}, inputs[i], html("span", {}, String(words))))));
  const set = (chosen) => pairs.forEach(([key], i) => { inputs[i].checked = key === chosen; });
  const rest = (why) => { // as a slider that can do nothing now
    for (const input of inputs) input.disabled = Boolean(why);
    write(root.firstChild, why || label);
  };
  set(value);
  return { root, inputs, set, rest };
}

// Step through whole numbers: back, a slider, on; with `play` also a button that walks by itself, `play` ms for a step.
export function stepper({ label: words, min, max, value = min, format = String, oninput, play = 0 }) {
  let now = value;
  const go = (to) => { set(Math.min(max, Math.max(min, to))); oninput(now); };
  const label = spoken(words), slider = range({ label: html("span", {}, typeset(words)), min, max, value, format, oninput: go });
  const back = button({ label: icon("M15 5l-7 7 7 7"), title: t("{label}: one back", { label }), onclick: () => go(now - 1) });
  const on = button({ label: icon("M9 5l7 7-7 7"), title: t("{label}: one on", { label }), onclick: () => go(now + 1) });
  const walk = play ? player({ label, wait: play, begin: () => { if (now >= max) go(min); }, step: () => { go(now + 1); return now < max; } }) : null;
  const root = html("div", { class: "u-stepper" }, walk ? [walk.root] : [], back.root, slider.root, on.root);
  const set = (to) => { now = to; slider.set(to); back.enable(to > min); on.enable(to < max); };
  set(value);
  return {
    root, set, input: slider.input, stop: () => walk?.stop(),
    limit: (low, high) => { min = low; max = high; slider.limit(low, high); set(Math.min(max, Math.max(min, now))); },
  };
}

// Play and pause, and how fast. step() does one and says whether there is another; begin() winds back.
export function player({ label, wait = 800, begin = () => {}, step }) {
  const speeds = [1, 2, 0.5];
  let timer = 0, fast = 0;
  const tick = () => { timer = step() ? setTimeout(tick, wait / speeds[fast]) : 0; tell(); };
  const stop = () => { clearTimeout(timer); timer = 0; tell(); };
  const start = () => { begin(); timer = setTimeout(tick, wait / speeds[fast] / 2); tell(); };
  const run = html("button", { type: "button", class: "u-button u-play", onclick: () => timer ? stop() : start() });
  const speed = html("button", { type: "button", class: "u-button u-speed", onclick: () => { fast = (fast + 1) % speeds.length; tell(); } });
  const tell = () => {
    const words = timer ? t("{label}: pause", { label }) : t("{label}: play", { label }), times = `${speeds[fast] === 0.5 ? "½" : speeds[fast]}×`;
    show(run, [icon(timer ? "M8 5v14M16 5v14" : "M7 4.5v15L20 12z")]);
    for (const name of ["title", "aria-label"]) { assign(run, name, words); assign(speed, name, t("{times} speed", { times })); }
    write(speed, times);
  };
  tell();
  return { root: html("span", { class: "u-player" }, run, speed), stop, get playing() { return timer !== 0; } };
}

// ---- numbers that say that they have changed

// The value as it was before the movement that is under way, or the last one: past(value, key) -> value or undefined
export function remembered(rest = 1200) {
  let last, lastKey, before, moved = -Infinity;
  return (value, key = value) => {
    if (lastKey !== undefined && key !== lastKey) {
      const now = performance.now();
      if (now - moved > rest) before = last;
      moved = now;
    }
    [last, lastKey] = [value, key];
    return before;
  };
}

// Words that may wrap, in a box as high as the widest they can be would need, in any font: the page below stays where it is.
// set(marks) shows them, reserve(marks) are the widest (each piece at least as wide as any that comes in its place).
export function roomy(attributes = {}) {
  const shown = html("div", attributes), room = html("div", { class: "u-room", "aria-hidden": "true" });
  return { root: html("div", { class: "u-roomy" }, shown, room), shown, set: (marks) => show(shown, marks), reserve: (marks) => show(room, marks) };
}

// The same words with every digit wide and every number below zero.
export const widest = (words) => words.replace(/−?\d[\d.]*/g, (number) => `−${number.replace("−", "").replace(/\d/g, "8")}`);

// Lights up for a moment: it has changed.
export function flash(node) {
  if (calm()) return;
  node.flash?.cancel();
  node.flash = node.animate?.([{ backgroundColor: "color-mix(in srgb, var(--u-weight) 40%, transparent)" }, { backgroundColor: "transparent" }], 600);
}

// A number in the readout: it flashes when it changes, and beside it stands, faint, what it was.
export function reading(attributes = {}) {
  const now = html("span", { class: "u-now", ...attributes }), was = html("span", { class: "u-was", "aria-hidden": "true" });
  const past = remembered();
  let shown;
  const set = (words) => {
    if (words === shown) return;
    const first = shown === undefined, before = past(shown = words);
    write(now, words);
    write(was, before === undefined || before === words ? "" : before);
    if (!first) flash(now);
  };
  return { root: html("span", { class: "u-reading" }, now, was), set };
}

// ---- the hand: drag a value sideways (mouse, pen, touch; a touch that moves up or down scrolls the page and changes nothing)

// hit(event) -> what lies under the pointer, or null; take(what, event) when held; drag(what, dx, event) in px of the picture since then.
// `names` are the traits that go back to what they were when the browser takes the finger for a scroll.
// Listens on `target`, which stays while the marks inside it are redrawn. Give the same value a control of its own for the keyboard.
export function scrub(target, { hit, take = () => {}, drag, drop = () => {}, model, names = [] }) {
  const FAR = 6; // px sideways before a finger holds anything
  if (target.tagName === "svg") target.style.touchAction = "pan-y pinch-zoom"; // browsers ask the whole picture, not its marks
  let held = null, moving, id, from, scale, before;
  const start = (event) => { moving = true; target.setPointerCapture(id); take(held, event); };
  const down = (event) => {
    if (event.button !== 0 || held !== null || (held = hit(event)) === null) return;
    [moving, id, from] = [false, event.pointerId, [event.clientX, event.clientY]];
    const body = target.closest(".u-body");
    scale = body ? body.getBoundingClientRect().width / body.offsetWidth : 1; // full screen shows it larger
    before = Object.fromEntries(names.map((name) => [name, structuredClone(model.get(name))]));
    if (event.pointerType !== "touch") start(event);
  };
  const move = (event) => {
    if (held === null || event.pointerId !== id) return;
    const dx = event.clientX - from[0], dy = event.clientY - from[1];
    if (!moving && Math.abs(dx) > FAR && Math.abs(dx) > Math.abs(dy)) start(event);
    if (moving) drag(held, dx / scale, event, dy / scale);
  };
  const up = (event) => {
    if (held === null || event.pointerId !== id) return;
    if (!moving) take(held, event); // a tap
    held = null;
    drop();
  };
  const cancel = (event) => {
    if (held === null || event.pointerId !== id) return;
    held = null;
    if (moving && model) put(model, before);
    drop();
  };
  const events = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: cancel };
  for (const [name, call] of Object.entries(events)) target.addEventListener(name, call);
  return () => { for (const [name, call] of Object.entries(events)) target.removeEventListener(name, call); };
}

// ---- motion, where the reader allows it

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Lets the dashes of the arrows run the way they point, for a moment.
export function flow(arrows, ms = 1600) {
  if (calm()) return;
  for (const path of arrows) path.animate?.([{ strokeDashoffset: 0 }, { strokeDashoffset: -9 * Math.round(ms / 200) }], ms); // "5 4" is 9 long
}

// Calls paint(0..1) over `ms`; at once with 1 for readers who want no motion. Returns the call that stops it.
export function tween(ms, paint) {
  if (calm()) { paint(1); return () => {}; }
  let id = 0, start;
  const tick = (now) => {
    start ??= now;
    const s = Math.min(1, (now - start) / ms);
    paint(s < 0.5 ? 4 * s ** 3 : 1 - (2 - 2 * s) ** 3 / 2);
    if (s < 1) id = requestAnimationFrame(tick);
  };
  id = requestAnimationFrame(tick);
  return () => cancelAnimationFrame(id);
}
