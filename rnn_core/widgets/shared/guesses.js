// What a guess is worth, and the guesses of this page, kept in this browser.

// ---- the judgment; at, guess and truth are indices, numbers, or {xs, ys}: see Guess in guess.py

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// The curve's value at x: straight lines between its points, level outside them.
export function valueAt({ xs, ys }, x) {
  const i = xs.findIndex((there) => there >= x);
  if (i <= 0) return i === 0 ? ys[0] : ys.at(-1);
  return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
}

// Where a value lies on the scale, 0 at its low end and 1 at its high end; what lies outside stands at the end.
export function place(value, { low, high, scale }) {
  const f = scale === "log" ? Math.log : (v) => v;
  return (f(Math.min(high, Math.max(low, value))) - f(low)) / (f(high) - f(low));
}

// How far apart two guesses are: 0 the same; for numbers and curves a share of the scale, for the others 1 or 0.
export function distance(s, a, b) {
  if (s.kind === "number") return Math.abs(place(a, s) - place(b, s));
  if (s.kind !== "curve") return same(a, b) ? 0 : 1;
  return s.xs.reduce((sum, x) => sum + Math.abs(place(valueAt(a, x), s) - place(valueAt(b, x), s)), 0) / s.xs.length;
}

// { right, name, words, over }: over is above 0 where more was expected than came.
export function judge(s) {
  const off = distance(s, s.guess, s.truth), wide = ["number", "curve"].includes(s.kind);
  const over = wide ? s.kind === "number" ? place(s.guess, s) - place(s.truth, s)
    : s.xs.reduce((sum, x) => sum + place(valueAt(s.guess, x), s) - place(valueAt(s.truth, x), s), 0) / s.xs.length : 0;
  if (off <= (wide ? s.within : 0)) return { right: true, name: "", words: "", over: 0 };
  const near = s.mistakes.map((m) => ({ ...m, off: distance(s, s.guess, m.at) })).sort((a, b) => a.off - b.off)[0];
  const named = near && near.off < off && near.off <= (wide ? 2 * s.within : 0);
  return { right: false, name: named ? near.name : "", words: named ? near.words : "", over };
}

// ---- kept in this browser, where it allows that; else as long as the page is open

const memory = (globalThis.unrolledGuesses ??= new Map());
const key = (id) => `unrolled:guess:${globalThis.location?.pathname ?? ""}:${id}`;

export function recall(id) {
  if (memory.has(id)) return memory.get(id);
  try {
    return JSON.parse(globalThis.localStorage.getItem(key(id)));
  } catch {
    return null;
  }
}

export function keep(id, record) {
  memory.set(id, record);
  try {
    if (record === null) globalThis.localStorage.removeItem(key(id));
    else globalThis.localStorage.setItem(key(id), JSON.stringify(record));
  } catch { /* storage forbidden or full: this page remembers, the next visit does not */ }
  globalThis.dispatchEvent?.(new CustomEvent("unrolled-guess", { detail: id }));
}
