// The page of one training: its curves, and the model itself, which predicts here as it does in Python.
// Whatever comes from the text reaches the page as text: through text nodes and attributes, never as markup.

import { axes, color, el, group, line, num, points, text } from "unrolled/draw.js";
import { button, frame, html, picture, show, stepper, write } from "unrolled/controls.js";
import { predict } from "unrolled/lm.js";
import { t } from "unrolled/words.js";

const data = JSON.parse(document.getElementById("data").textContent);
const { V, D, H } = data.sizes, LONGEST = 40, ROWS = 10;

// ---- the numbers

function bytes(base64) {
  const chars = atob(base64), out = new Uint8Array(chars.length);
  for (let i = 0; i < out.length; i++) out[i] = chars.charCodeAt(i);
  return out.buffer;
}

// (rows, columns) as rows, the form that predict() takes
const matrix = (numbers, columns) =>
  Array.from({ length: numbers.length / columns }, (_, i) => numbers.subarray(i * columns, (i + 1) * columns));

const models = data.weights.map((base64) => {
  const numbers = new Float32Array(bytes(base64));
  let at = 0;
  const next = (rows, columns) => matrix(numbers.subarray(at, at += rows * columns), columns);
  const embedding = next(V, D), W_x = next(D, H), W_h = next(H, H), [b] = next(1, H), affine_W = next(H, V), [affine_b] = next(1, V);
  return { embedding, W_x, W_h, b, affine_W, affine_b };
});

const counted = Object.fromEntries(Object.entries(data.followers).map(([name, base64]) => [name, new Uint32Array(bytes(base64))]));
const ids = new Map(data.words.map((word, id) => [word, id])), unknown = ids.get("<unk>");

// How often each word came right after `id` in the training part: a Map, and their sum.
function followers(id) {
  const [from, to] = counted.start.subarray(id, id + 2), found = new Map();
  let total = 0;
  for (let i = from; i < to; i++) { found.set(counted.ids[i], counted.counts[i]); total += counted.counts[i]; }
  return { found, total };
}

// ---- a text as tokens: what rnn_core.text.corpus.tokenize does

const SIGNS = String.raw`\p{M}\u{1F3FB}-\u{1F3FF}\u{E0020}-\u{E007F}`, LETTER = String.raw`[\p{L}\p{N}_\p{M}][\p{L}\p{N}_\p{M}\u200c\u200d]*`;
const WORD = new RegExp(String.raw`<[\p{L}\p{N}_]+>|${LETTER}(?:['’\-]${LETTER})*|[\u{1F1E6}-\u{1F1FF}]{2}|\S[${SIGNS}]*(?:\u200d\S[${SIGNS}]*)*`, "gu");
function tokenize(typed) {
  const words = data.lower ? typed.toLowerCase() : typed;
  if (data.unit === "words") return words.match(WORD) ?? [];
  if (data.unit === "tokens") return words.split(/\s+/u).filter((word) => word);
  if (!data.graphemes) return Array.from(words);
  return Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(words), ({ segment }) => segment);
}

// A token that can be seen.
const NAMES = new Map([[" ", "␣"], ["\n", "↵"], ["\t", "⇥"], ["\u00a0", t("no-break space")], ["\u3000", t("wide space")]]);
const seen = (word) => NAMES.get(word) ?? (word.trim() === "" ? `U+${word.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` : word);
const quoted = (word) => `“\u2068${seen(word)}\u2069”`; // isolated: a word that runs from right to left turns nothing around it
const clipped = (word, length) => { const letters = Array.from(word); return letters.length <= length ? word : letters.slice(0, length - 1).join("") + "…"; };
const join = (tokens) => tokens.join(data.unit === "characters" ? "" : " ");

// ---- the figure: what the model expects next

function nextWord(host) {
  let prefix = data.prompt, at = models.length - 1, typed = null;
  const what = t(data.unit === "characters" ? "character" : data.unit === "tokens" ? "token" : "word");
  const page = frame(host, {
    name: "next_word",
    claim: t("What your model expects next, and what the text itself says when only the last {what} is counted", { what }),
    shows: t("Filled bars: the model's probabilities. Outlined bars: of the times the last {what} came in the training part, the share that was followed by this one.", { what }),
  });
  const chips = html("p", { class: "u-prefix", dir: "auto" });
  page.stage.append(chips);
  const input = html("input", { type: "text", dir: "auto", spellcheck: "false", value: join(prefix.map((id) => data.words[id])), oninput: () => { typed = input.value; read(); } });
  const field = html("label", { class: "u-typed" }, html("span", { class: "u-label" }, t("the text so far, yours to change")), input);
  const read = () => {
    const tokens = tokenize(input.value).slice(-LONGEST);
    prefix = tokens.length ? tokens.map((word) => ids.get(word) ?? unknown) : [unknown];
    strange = tokens.filter((word) => !ids.has(word));
    update();
  };
  let strange = [], probs = [], best = [];
  const add = (id) => {
    const now = input.value, glue = data.unit === "characters" || now === "" || /\s$/u.test(now) ? "" : " ";
    input.value = now + glue + data.words[id];
    read();
  };
  const keys = Array.from({ length: 5 }, (_, i) => button({ label: "", onclick: () => add(best[i]) }));
  const controls = [field];
  if (models.length > 1) {
    const epoch = stepper({ label: t("after epoch"), min: 0, max: models.length - 1, value: at, format: (i) => String(data.epochs[i]), oninput: (i) => { at = i; update(); } });
    controls.push(epoch.root);
  }
  controls.push(html("fieldset", { class: "u-keys" }, html("legend", {}, t("go on with")), html("span", {}, keys.map((key) => key.root))));
  page.controls.append(...controls);

  const paint = (width) => {
    const last = followers(prefix.at(-1)), rows = best.slice(0, ROWS);
    const letters = Math.max(...rows.map((id) => Array.from(clipped(seen(data.words[id]), 16)).length));
    const left = Math.min(150, 14 + letters * 9), long = (p) => Math.max(0.01, p * (width - 52 - left));
    const legend = group(
      el("rect", { x: left, y: 4, width: 14, height: 11, fill: color("output") }), text(left + 20, 10, t("your model"), { anchor: "start", role: "output" }),
      el("rect", { x: left + 110.5, y: 4.5, width: 13, height: 10, fill: color("paper"), stroke: color("muted") }),
      text(left + 130, 10, t("counted"), { anchor: "start", role: "muted" }));
    return {
      height: 28 + rows.length * 36,
      label: sentence(),
      marks: [legend, ...rows.map((id, i) => {
        const y = 28 + i * 36, share = last.total ? (last.found.get(id) ?? 0) / last.total : 0;
        return el("g", { class: "u-row", "data-word": id },
          text(left - 8, y + 15, clipped(seen(data.words[id]), 16), { anchor: "end", size: 14 }),
          el("path", { d: `M${left} ${y}V${y + 31}`, class: "u-axis" }),
          el("rect", { x: left, y: y + 2, width: long(probs[id]), height: 13, fill: color("output") }),
          text(left + long(probs[id]) + 6, y + 8.5, num(probs[id], 3), { anchor: "start", role: "output", size: 12, cls: "u-number" }),
          el("rect", { class: "u-bigram", x: left, y: y + 17.5, width: long(share), height: 10, fill: color("paper"), stroke: color("muted") }),
          text(left + long(share) + 6, y + 23, num(share, 3), { anchor: "start", role: "muted", size: 12, cls: "u-number" }));
      })],
    };
  };
  const sentence = () => {
    const last = followers(prefix.at(-1));
    return t("After {words} the model gives {first} {p} and {second} {q}.", {
      words: `“\u2068${join(prefix.slice(-6).map((id) => seen(data.words[id])))}\u2069”`, first: quoted(data.words[best[0]]), p: num(probs[best[0]], 3),
      second: quoted(data.words[best[1]]), q: num(probs[best[1]], 3),
    }) + " " + t("In the training part something came after {last} {times} times: {kinds} different ones.", {
      last: quoted(data.words[prefix.at(-1)]), times: last.total, kinds: last.found.size,
    }) + (strange.length ? " " + t("The model does not know {words}.", { words: strange.map(quoted).join(", ") }) : "");
  };
  function update() {
    probs = predict(prefix, models[at]).at(-1);
    best = Array.from(probs.keys()).sort((i, j) => probs[j] - probs[i]).slice(0, ROWS);
    show(chips, [...prefix.map((id) => el("span", { class: "u-word" }, seen(data.words[id]))), el("span", { class: "u-word u-next" }, "?")]);
    keys.forEach((key, i) => {
      key.enable(i < best.length);
      if (i >= best.length) return;
      key.set(clipped(seen(data.words[best[i]]), 14));
      key.rename(t("add {word}", { word: seen(data.words[best[i]]) }));
    });
    write(page.readout, sentence());
    page.say(sentence());
    pic?.redraw();
  }
  let pic;
  update();
  pic = picture(page.stage, paint);
}

// ---- the curves

function curves(host) {
  const perplexity = (loss) => Math.exp(loss);
  const validation = data.history.map(([epoch, , loss]) => [epoch, perplexity(loss)]);
  const training = data.history.filter(([, ppl]) => ppl !== null).map(([epoch, ppl]) => [epoch, ppl]);
  const floor = perplexity(data.counting.loss), from = validation[0][0], to = Math.max(from + 1, validation.at(-1)[0], data.best);
  picture(host, (width) => {
    const all = [...validation.slice(1), ...training, [0, floor]].map(([, y]) => y).filter(Number.isFinite);
    const low = Math.max(1, Math.min(...all) * 0.9), top = Math.max(...all, low) * 1.1;
    const marks = [1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 2000, 5000, 1e4, 1e5].filter((v) => v >= low && v <= top);
    const ax = axes({
      width, height: 340, margin: { left: 46, right: 14, top: 66, bottom: 46 },
      x: { domain: [from, to], label: t("epoch"), ticks: epochTicks(from, to) },
      y: { domain: [low, top], log: true, ticks: marks.length > 1 ? marks : [Number(low.toPrecision(3)), Number(top.toPrecision(3))], format: String, label: t("perplexity") },
    });
    const inside = (rows) => rows.filter(([, y]) => y >= low && y <= top);
    const key = (x, y, node, words, role) => group(node(x, y), text(x + 30, y, words, { anchor: "start", role, size: 13 }));
    const dash = (role, dashed) => (x, y) => el("path", { d: `M${x} ${y}h22`, stroke: color(role), "stroke-width": 2, "stroke-dasharray": dashed ? "6 4" : undefined });
    const chosen = validation.find(([epoch]) => epoch === data.best);
    return {
      height: 340,
      label: t("Perplexity by epoch: on validation it falls to {best}; {name} has {floor}.", { best: num(perplexity(data.loss), 2), name: data.counting.name, floor: num(floor, 2) }),
      marks: [
        ax.node,
        line(ax, [[from, floor], [to, floor]], { role: "ink", dashed: true, width: 1.25 }),
        line(ax, inside(training), { role: "muted", width: 1.5 }), points(ax, inside(training), { role: "muted", size: 2.5 }),
        line(ax, inside(validation), { role: "output" }), points(ax, inside(validation), { role: "output", size: 2.5 }),
        chosen && chosen[1] <= top ? points(ax, [chosen], { role: "output", size: 6 }) : null,
        key(0, 10, dash("output"), t("validation"), "output"), key(130, 10, dash("muted"), t("while training"), "muted"),
        key(0, 30, dash("ink", true), t("{name}, on validation", { name: data.counting.name }), "ink"),
      ].filter(Boolean),
    };
  });
}
const epochTicks = (from, to) => {
  const step = Math.max(1, Math.ceil((to - from) / 8));
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
};

curves(document.getElementById("curves"));
nextWord(document.getElementById("model"));
document.documentElement.dataset.ready = "true";
