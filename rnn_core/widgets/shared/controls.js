// The frame of a figure and its controls: native inputs with labels, one live region, pointer drags.
// Strings reach the page through text nodes only.

import { el } from "./draw.js";

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
  const quiet = CONTROLS.has(tag) ? { "data-lm-suppress-shortcuts": true } : {}; // JupyterLab leaves the arrow keys to it
  return made(el(tag, { ...quiet, ...attributes }, ...children), document.documentElement.namespaceURI);
}

// A symbol with its index, as in the text: symbol("h", "t")
export const symbol = (letter, index = "") => el("span", { class: "u-math" },
  el("span", { class: "u-symbol" }, letter), index === "" ? null : el("sub", {}, String(index)));

// ---- the frame: stage (the picture), controls, readout (numbers in words), the claim as caption

export function frame(el, { name, claim }) {
  const stage = html("div", { class: "u-stage" });
  const controls = html("form", { class: "u-controls", onsubmit: (event) => event.preventDefault() });
  const readout = html("div", { class: "u-readout" });
  const live = html("p", { class: "u-unseen", "aria-live": "polite" });
  const root = html("figure", { class: `unrolled-explorable u-${name}` },
    stage, controls, readout, live, html("figcaption", { class: "u-claim" }, claim));
  el.append(root);
  const tell = throttled((words) => { live.textContent = words; });
  let shown = false; // a page that has just been opened says nothing: only a change is news
  setTimeout(() => { shown = true; });
  return { root, stage, controls, readout, say: (words) => { if (shown) tell(words); }, end: () => root.remove() };
}

// At most one call per `wait` ms; the last one always arrives.
function throttled(call, wait = 700) {
  let timer = 0, latest;
  return (value) => {
    latest = value;
    timer ||= setTimeout(() => { timer = 0; call(latest); }, wait);
  };
}

// An <svg> as wide as its host. draw(width) -> { height, marks, label }
// redraw() paints when the script that asks has ended, before the browser waits for its next frame; asked again, in that frame.
export function picture(host, draw) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
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
  return { svg, redraw, end() { ended = true; watch.disconnect(); } };
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
  const root = html("label", { class: "u-range" }, html("span", { class: "u-range-head" }, name, shown), input);
  const set = (number) => { // shows the number itself, also between two steps of the slider
    if (input.value !== String(number)) input.value = number;
    tell(number);
  };
  const limit = (low, high) => { assign(input, "min", low); assign(input, "max", high); };
  set(value);
  return { root, input, set, limit, rename: (...words) => show(name, words) };
}

export function button({ label, onclick, title }) {
  const root = html("button", { type: "button", class: "u-button", title, "aria-label": title, onclick }, label);
  return { root, set: (words) => write(root, words), enable: (on) => { root.disabled = !on; } };
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
  set(value);
  return { root, inputs, set };
}

// Step through whole numbers: back, a slider, on.
export function stepper({ label, min, max, value = min, format = String, oninput }) {
  let now = value;
  const go = (to) => { set(Math.min(max, Math.max(min, to))); oninput(now); };
  const slider = range({ label, min, max, value, format, oninput: go });
  const back = button({ label: "◀", title: `${label}: one back`, onclick: () => go(now - 1) });
  const on = button({ label: "▶", title: `${label}: one on`, onclick: () => go(now + 1) });
  const root = html("div", { class: "u-stepper" }, back.root, slider.root, on.root);
  const set = (to) => { now = to; slider.set(to); back.enable(to > min); on.enable(to < max); };
  set(value);
  return { root, set, input: slider.input, limit: (low, high) => { min = low; max = high; slider.limit(low, high); set(Math.min(max, Math.max(min, now))); } };
}

// ---- the hand: drag a value sideways (mouse, pen, touch; a touch that moves up or down still scrolls the page)

// hit(event) -> what lies under the pointer, or null; take(what) when held; drag(what, dx) in px since then.
// Listens on `target`, which stays while the marks inside it are redrawn. Give the same value a control of its own for the keyboard.
export function scrub(target, { hit, take, drag, drop = () => {} }) {
  let held = null, from = 0;
  const down = (event) => {
    if (event.button !== 0 || held !== null || (held = hit(event)) === null) return;
    from = event.clientX;
    target.setPointerCapture(event.pointerId);
    take(held);
  };
  const move = (event) => { if (held !== null) drag(held, event.clientX - from); };
  const up = () => { if (held !== null) { held = null; drop(); } };
  const events = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };
  for (const [name, call] of Object.entries(events)) target.addEventListener(name, call);
  return () => { for (const [name, call] of Object.entries(events)) target.removeEventListener(name, call); };
}

// ---- motion, where the reader allows it

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

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
