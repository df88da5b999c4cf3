// Guess: a question, a way to answer it, and, once one has committed, the guess beside the outcome.

import { assign, button, frame, html, listen, picture, put, range, segmented, show, spoken, stepper, typeset, write } from "../shared/controls.js";
import { axes, el, line, points, short, text } from "../shared/draw.js";
import { judge, keep, place, recall, valueAt } from "../shared/guesses.js";
import { t } from "../shared/words.js";

const FIXED = ["kind", "question", "options", "several", "low", "high", "scale", "unit", "xs", "x_label", "y_label", "within", "mistakes", "ident"];

// A guess or an outcome in words, as Guess.shown() has it.
function words(s, at) {
  if (s.kind === "choice" && !s.several) return s.options[at];
  if (s.kind !== "number" && s.kind !== "curve") return at.map((i) => s.options[i]).join("; ") || t("none of them");
  if (s.kind === "number") return s.unit ? `${short(at)} ${s.unit}` : short(at);
  return t("from {first} to {last}", { first: short(at.ys[0]), last: short(at.ys.at(-1)) });
}

// What is said once the outcome is there.
export function verdict(s) {
  const { right, words: why, over } = judge(s), outcome = words(s, s.truth);
  if (right) return s.kind === "curve" ? t("Your curve lies close to the outcome.") : t("Right: {outcome}.", { outcome });
  const came = s.kind === "curve" ? "" : t("The outcome is {outcome}.", { outcome });
  const amount = s.kind === "curve" || s.kind === "number" ? apart(s, over) : "";
  return [came, amount, why].filter(Boolean).join(" ");
}

function apart(s, over) {
  if (Math.abs(over) < 1e-9) return t("Your curve crosses the outcome: too high here, too low there.");
  if (s.scale !== "log") return over > 0 ? t("You expected more.") : t("You expected less.");
  const factor = short((s.high / s.low) ** Math.abs(over), 2);
  return over > 0 ? t("You expected {factor} times as much.", { factor }) : t("You expected less, by a factor of {factor}.", { factor });
}

// ---- one way to answer for each kind: { root, value() or null, set(value), lock(on) }

function choice(s, changed) {
  if (s.several) {
    const boxes = s.options.map((label) => {
      const input = html("input", { type: "checkbox", onchange: changed });
      return { input, root: html("label", { class: "u-checkbox" }, input, html("span", {}, ...typeset(label))) };
    });
    const none = html("input", { type: "checkbox", onchange: () => { for (const { input } of boxes) input.checked = false; changed(); } });
    const root = html("div", { class: "u-options", role: "group", "aria-label": spoken(s.question) }, boxes.map(({ root: box }) => box),
      html("label", { class: "u-checkbox" }, none, html("span", {}, t("none of them"))));
    const picked = () => boxes.flatMap(({ input }, i) => input.checked ? [i] : []);
    return {
      root, value: () => picked().length ? picked() : none.checked ? [] : null,
      set: (chosen) => { boxes.forEach(({ input }, i) => { input.checked = chosen?.includes(i) ?? false; }); none.checked = chosen?.length === 0; },
      touched: (event) => { if (boxes.some(({ input }) => input === event.target)) none.checked = false; },
      lock: (on) => { for (const input of [none, ...boxes.map((box) => box.input)]) input.disabled = on; },
    };
  }
  const name = `u-guess-${s.ident}-${Math.random().toString(36).slice(2)}`; // (two copies of a page's figure are two groups)
  const inputs = s.options.map(() => html("input", { type: "radio", name, onchange: changed }));
  const root = html("div", { class: "u-options", role: "radiogroup", "aria-label": spoken(s.question) },
    s.options.map((label, i) => html("label", { class: "u-checkbox" }, inputs[i], html("span", {}, ...typeset(label)))));
  return {
    root, value: () => { const i = inputs.findIndex((input) => input.checked); return i < 0 ? null : i; },
    set: (chosen) => inputs.forEach((input, i) => { input.checked = i === chosen; }),
    lock: (on) => { for (const input of inputs) input.disabled = on; },
  };
}

function number(s, changed) {
  let moved = false;
  const f = (share) => s.scale === "log" ? s.low * (s.high / s.low) ** share : s.low + (s.high - s.low) * share;
  const format = (share) => moved ? words(s, rounded(s, f(share))) : t("move the slider");
  const slider = range({ label: t("your guess"), min: 0, max: 1, step: 0.005, value: 0.5, format, oninput: () => { moved = true; slider.set(Number(slider.input.value)); changed(); } });
  return {
    root: slider.root, value: () => moved ? rounded(s, f(Number(slider.input.value))) : null,
    set: (value) => { moved = value !== null; slider.set(moved ? place(value, s) : 0.5); },
    lock: (on) => { slider.input.disabled = on; },
  };
}

const rounded = (s, value) => Number(value.toPrecision(3));

function order(s, changed) {
  let now = s.options.map((_, i) => i), moved = false;
  const root = html("ol", { class: "u-order", "aria-label": spoken(s.question) });
  const move = (i, by) => {
    const [one] = now.splice(i, 1);
    now.splice(i + by, 0, one);
    moved = true;
    draw();
    root.children[i + by].querySelectorAll("button")[by < 0 ? 0 : 1].focus();
    changed();
  };
  let locked = false;
  const step = (i, by, sign, title) => html("button", { type: "button", class: "u-button", "aria-label": title,
    "aria-disabled": locked || i + by < 0 || i + by >= now.length ? "true" : null, onclick: () => { if (!locked && i + by >= 0 && i + by < now.length) move(i, by); } }, sign);
  function draw() {
    root.replaceChildren(...now.map((o, i) => html("li", {},
      step(i, -1, "▲", t("{option}: up", { option: spoken(s.options[o]) })), step(i, 1, "▼", t("{option}: down", { option: spoken(s.options[o]) })), html("span", {}, ...typeset(s.options[o])))));
  }
  draw();
  return {
    root, value: () => moved ? now : null,
    set: (chosen) => { moved = chosen !== null; now = [...(chosen ?? s.options.map((_, i) => i))]; draw(); },
    lock: (on) => { locked = on; draw(); },
    asks: t("Put them in order. If they stand right already, move one there and back."),
  };
}

// A curve drawn with the hand; or, without a pointer, place by place with two sliders.
function curve(s, changed, model) {
  let ys = s.xs.map(() => null), truth = null, locked = false, at = 0, ax;
  const f = (share) => s.scale === "log" ? s.low * (s.high / s.low) ** share : s.low + (s.high - s.low) * share;
  const stage = html("div", { class: "u-stage" });
  const pic = picture(stage, (width) => {
    const tall = width < 480 ? 240 : 280;
    ax = axes({ width, height: tall, x: { domain: [s.xs[0], s.xs.at(-1)], label: s.x_label }, y: { domain: [s.low, s.high], log: s.scale === "log", label: s.y_label }, margin: { left: 56, right: 16, top: 26, bottom: 44 } });
    const drawn = s.xs.map((x, i) => [x, ys[i]]).filter(([, y]) => y !== null);
    const inside = truth ? truth.xs.map((x, i) => [x, Math.min(s.high, Math.max(s.low, truth.ys[i]))]) : [];
    return {
      height: tall,
      marks: [ax.node,
        drawn.length ? line(ax, drawn, { role: "muted", width: 3 }) : text((ax.box.left + ax.box.right) / 2, (ax.box.top + ax.box.bottom) / 2, t("draw here, from left to right"), { role: "muted" }),
        points(ax, drawn, { role: "muted", size: 3 }),
        locked ? null : at >= 0 && ys[at] !== null ? points(ax, [[s.xs[at], ys[at]]], { role: "state", size: 6, open: true }) : null,
        truth ? line(ax, inside, { role: "truth", width: 2 }) : null,
        truth && drawn.length ? names(ax, inside, drawn) : null].filter(Boolean),
      label: truth ? t("your curve beside the outcome") : t("a chart to draw on: {label}", { label: s.y_label }),
    };
  });
  pic.svg.classList.add("u-draw");
  const put_ = (i, y) => { ys = ys.map((old, j) => j === i ? y : old); at = i; };
  // From one place to the next, also where the hand was faster than the events.
  let last = null;
  const draw = (event) => {
    const { left, top } = pic.svg.getBoundingClientRect();
    const share = (event.clientX - left - ax.box.left) / (ax.box.right - ax.box.left);
    const x = s.xs[0] + (s.xs.at(-1) - s.xs[0]) * Math.min(1, Math.max(0, share));
    const h = Math.min(1, Math.max(0, (ax.box.bottom - (event.clientY - top)) / (ax.box.bottom - ax.box.top)));
    const from = last ?? { x, h };
    s.xs.forEach((there, i) => {
      const near = Math.abs(there - x) <= (s.xs.at(-1) - s.xs[0]) / (s.xs.length - 1) / 2;
      const passed = (there - from.x) * (there - x) <= 0 && x !== from.x;
      if (passed) put_(i, rounded(s, f(from.h + (h - from.h) * (there - from.x) / (x - from.x))));
      else if (near && (last === null || i === 0 || i === s.xs.length - 1)) put_(i, rounded(s, f(h)));
    });
    last = { x, h };
    pic.redraw();
  };
  let held = false, before = null;
  const hand = {
    pointerdown(event) {
      if (event.button !== 0 || locked) return;
      held = true; before = ys; last = null;
      pic.svg.setPointerCapture(event.pointerId);
      if (event.pointerType !== "touch") draw(event);
    },
    pointermove(event) { if (held) draw(event); },
    pointerup(event) { if (held) { held = false; draw(event); fill(); changed(); } },
    pointercancel() { if (held) { held = false; ys = before; pic.redraw(); } },
  };
  for (const [name, call] of Object.entries(hand)) pic.svg.addEventListener(name, call);
  // Places that the hand left out lie on the line between their neighbors.
  function fill() {
    const known = s.xs.flatMap((x, i) => ys[i] === null ? [] : [i]);
    if (known.length < 2) return;
    const drawn = { xs: known.map((i) => s.xs[i]), ys: known.map((i) => place(ys[i], s)) };
    ys = s.xs.map((x, i) => ys[i] ?? rounded(s, f(valueAt(drawn, x))));
    follow();
  }
  const where = stepper({ label: s.x_label || "x", min: 0, max: s.xs.length - 1, format: (i) => short(s.xs[i]), oninput: (i) => { at = i; follow(); } });
  const height = range({ label: t("height there"), min: 0, max: 1, step: 0.01, value: 0.5, format: (h) => short(rounded(s, f(h))), oninput: (h) => {
    put_(at, rounded(s, f(h)));
    if (ys.some((y) => y === null)) { // the first move sets a level line, to be bent from there
      ys = ys.map((y) => y ?? rounded(s, f(h)));
    }
    changed();
    follow();
  } });
  function follow() {
    where.set(at);
    height.set(ys[at] === null ? 0.5 : place(ys[at], s));
    pic.redraw();
  }
  const root = html("div", { class: "u-curve" }, stage, html("div", { class: "u-controls" }, where.root, height.root));
  return {
    root, value: () => ys.every((y) => y !== null) ? { xs: s.xs, ys } : null,
    set: (chosen) => { ys = chosen ? [...chosen.ys] : s.xs.map(() => null); follow(); },
    lock: (on) => { locked = on; where.input.disabled = on; height.input.disabled = on; root.classList.toggle("is-locked", on); pic.redraw(); },
    reveal: (outcome) => { truth = outcome; pic.redraw(); },
    end: () => pic.end(),
    asks: t("Draw with the mouse or a finger, or set it place by place below."),
  };
}

// The names of the two curves at their right ends: the higher one's above it, the lower one's below.
function names(ax, outcome, drawn) {
  const end = (data) => ax.y(data.at(-1)[1]), above = end(outcome) <= end(drawn);
  const named = (data, words_, role, up) => text(ax.box.right - 4, Math.min(ax.box.bottom - 8, Math.max(ax.box.top + 8, end(data) + (up ? -22 : 22))), words_, { anchor: "end", role, size: 12, weight: 600 });
  return [named(outcome, t("outcome"), "ink", above), named(drawn, t("your guess"), "muted", !above)];
}

// ---- the outcome on the page: what is folded behind "Show me" below this figure

function outcomeOf(host) {
  let next = host.closest(".cell")?.nextElementSibling;
  while (next && !next.matches("details.outcome")) next = next.matches(".cell:has(.u-guess), h2, section") ? null : next.nextElementSibling;
  return next ?? null;
}

function render({ model, el: host }) {
  const s = Object.fromEntries(FIXED.map((name) => [name, model.get(name)]));
  const page = frame(host, { name: "guess", claim: s.question });
  const answer = { choice, number, order, curve }[s.kind](s, changed, model);
  const said = html("div", { class: "u-verdict", role: "status" });
  const hint = html("p", { class: "u-hint" }, answer.asks ?? "");
  let later = null;
  const commit = html("button", { type: "button", class: "u-button u-commit", onclick: () => { if (answer.value() !== null) put(model, { guess: answer.value() }); } }, t("Commit"));
  const again = html("button", { type: "button", class: "u-button u-again", onclick: () => { put(model, { guess: null }); commit.focus(); } }, t("Guess again"));
  page.stage.append(answer.root);
  page.controls.append(commit, again);
  page.readout.append(answer.asks ? hint : "", said);

  function changed(event) {
    if (event) answer.touched?.(event);
    assign(commit, "aria-disabled", answer.value() === null ? "true" : null);
  }

  const tell = () => {
    if (!later || model.get("guess") === null) return;
    later.open = true;
    const at = [...document.querySelectorAll("details.outcome")].indexOf(later), record = recall(s.ident);
    if (record && record.place !== at) keep(s.ident, { ...record, place: at }); // guesses.js opens it at the next visit
  };
  const update = () => {
    const guess = model.get("guess"), truth = model.get("truth"), done = guess !== null;
    if (JSON.stringify(answer.value()) !== JSON.stringify(guess) && (done || answer.value() === null)) answer.set(guess);
    answer.lock(done);
    commit.hidden = done;
    again.hidden = !done;
    hint.hidden = done;
    changed();
    answer.reveal?.(done ? truth : null);
    if (!done) { show(said, []); keep(s.ident, null); return; }
    if (truth === null) { write(said, t("Committed. Now run the next cell.")); return; }
    const { right, name, over } = judge({ ...s, guess, truth });
    said.dataset.right = right;
    show(said, [el("p", {}, el("strong", {}, t("Your guess: ")), typeset(words(s, guess)), "."), el("p", {}, typeset(verdict({ ...s, guess, truth })))]);
    keep(s.ident, { question: s.question, guess, yours: words(s, guess), outcome: words(s, truth), right, name, over, place: recall(s.ident)?.place });
    tell();
  };
  const kept = recall(s.ident);
  if (kept && model.get("guess") === null) put(model, { guess: kept.guess });
  update();
  queueMicrotask(() => requestAnimationFrame(() => { // (the figure is drawn before it is in the page)
    later = outcomeOf(host);
    tell();
  }));
  const stop = listen(model, ["guess", "truth"], update);
  return () => { stop(); answer.end?.(); page.end(); };
}

export default { render };
