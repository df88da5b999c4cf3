// NextWord: what the model expects after a prefix, at each stage of its training; the bigram model beside it.

import { axes, color, el, group, line, num, points, text } from "../shared/draw.js";
import { button, frame, html, listen, picture, put, select, show, stepper, whole, write } from "../shared/controls.js";
import { perplexity, predict } from "../shared/lm.js";

const PARAMS = ["embedding", "W_x", "W_h", "b", "affine_W", "affine_b"];
const TRAITS = [...PARAMS, "prefix", "checkpoint", "bigram", "floor"]; // another text: another figure
const LONGEST = 12;
const clipped = (word, length = 14) => word.length <= length ? word : word.slice(0, length - 1) + "…";
const same = (u, v) => u.length === v.length && u.every((id, i) => id === v[i]);
const invisible = (word) => word.trim() === "" ? "␣" : word;

function render({ model, el: host }) {
  const get = (name) => model.get(name);
  const word = (id) => invisible(get("words")[id]);
  const modelAt = (i) => Object.fromEntries(PARAMS.map((name) => [name, get(name)[i]]));
  const said = (ids) => ids.map(word).join(" ");
  let curve = [];
  const measure = () => { curve = get("steps").map((step, i) => [step, perplexity(get("text"), modelAt(i))]); };
  measure();

  const page = frame(host, { name: "next_word", claim: CLAIM, shows: SHOWS, model, link: { checkpoint: (v) => whole(0, model.get("steps").length - 1)(v), prefix: (v) => Array.isArray(v) && v.length > 0 && v.length <= LONGEST && v.every(whole(0, model.get("words").length - 1)) } });
  const prefixLine = html("p", { class: "u-prefix" });
  page.stage.append(prefixLine);

  const paint = (width) => {
    const wide = width >= 600, rows = get("words").length;
    const rnn = predict(get("prefix"), modelAt(get("checkpoint"))).at(-1), bigram = get("bigram")[get("prefix").at(-1)];
    const barsWidth = wide ? Math.round(width * 0.6) : width, barsHeight = 28 + rows * 40;
    const plotHeight = wide ? Math.max(210, Math.min(barsHeight, 300)) : 200;
    const beside = wide ? `translate(${barsWidth + 20} 0)` : `translate(0 ${barsHeight + 14})`;
    const plot = el("g", { transform: beside }, learning(wide ? width - barsWidth - 20 : width, plotHeight));
    return {
      height: wide ? Math.max(barsHeight, plotHeight) : barsHeight + 14 + plotHeight,
      marks: [bars(barsWidth, rnn, bigram), plot],
      label: sentence(rnn, bigram),
    };
  };

  function bars(width, rnn, bigram) {
    const words = get("words"), letters = Math.max(...words.map((w) => clipped(w).length));
    const left = Math.min(130, 14 + letters * 8), right = width - 52, long = (p) => p * (right - left);
    const legend = group(
      el("rect", { x: left, y: 4, width: 14, height: 11, fill: color("output") }), text(left + 20, 10, "RNN", { anchor: "start", role: "output" }),
      el("rect", { x: left + 66.5, y: 4.5, width: 13, height: 10, fill: color("paper"), stroke: color("muted") }),
      text(left + 86, 10, "bigram: sees one word", { anchor: "start", role: "muted" }));
    return group(legend, words.map((_, i) => {
      const y = 28 + i * 40;
      return el("g", { class: "u-row", "data-word": i },
        text(left - 8, y + 16, clipped(word(i)), { anchor: "end", size: 14 }),
        el("path", { d: `M${left} ${y}V${y + 34}`, class: "u-axis" }),
        el("rect", { class: "u-rnn", x: left, y: y + 2, width: Math.max(0.01, long(rnn[i])), height: 14, fill: color("output") }),
        el("rect", { class: "u-bigram", x: left, y: y + 18.5, width: Math.max(0.01, long(bigram[i])), height: 12, fill: color("paper"), stroke: color("muted") }),
        text(left + long(rnn[i]) + 6, y + 9, num(rnn[i], 3), { anchor: "start", role: "output", size: 12, cls: "u-number" }),
        text(left + long(bigram[i]) + 6, y + 25, num(bigram[i], 3), { anchor: "start", role: "muted", size: 12, cls: "u-number" }));
    }));
  }

  function learning(width, height) {
    const steps = get("steps"), floor = get("floor"), at = get("checkpoint");
    const top = Math.max(floor, ...curve.map(([, y]) => y)) * 1.15;
    const marks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((v) => v <= top);
    const ax = axes({
      width, height, margin: { left: 34, right: 12, top: 22, bottom: 44 },
      x: { domain: [0, Math.max(1, steps.at(-1))], label: "training step" },
      y: { domain: [0.95, top], log: true, ticks: marks, format: String, label: "perplexity on the whole text" },
    });
    return group(ax.node,
      line(ax, [[0, floor], [Math.max(1, steps.at(-1)), floor]], { role: "ink", dashed: true, width: 1.25 }),
      text(ax.box.right, ax.y(floor) - 9, `without memory: ${num(floor, 3)}`, { anchor: "end", size: 12 }),
      line(ax, curve, { role: "output" }), points(ax, curve, { role: "output", size: 2.5 }), points(ax, [curve[at]], { role: "output", size: 6 }));
  }

  function sentence(rnn, bigram) {
    const best = (p) => p.map((v, i) => [v, i]).sort((a, b) => b[0] - a[0]).slice(0, 2)
      .map(([v, i]) => `“${word(i)}” ${num(v, 3)}`).join(" and ");
    return `After “${said(get("prefix"))}”, ${get("steps")[get("checkpoint")]} training steps: the RNN gives ${best(rnn)}, the bigram model gives ${best(bigram)}. `
      + `Perplexity on the text ${num(curve[get("checkpoint")][1], 3)}; without memory at best ${num(get("floor"), 3)}.`;
  }

  // ---- controls

  const step = stepper({
    label: "training step", min: 0, max: get("steps").length - 1, value: get("checkpoint"),
    format: (i) => String(get("steps")[i]), oninput: (i) => put(model, { checkpoint: i }),
  });
  const beginnings = () => get("text").slice(0, -1).slice(0, LONGEST).map((_, t) => get("text").slice(0, t + 1));
  const choose = select({
    label: "prefix", value: "own",
    options: [...beginnings().map((ids, i) => [i, said(ids)]), ["own", "one of your own"]],
    oninput: (i) => { if (i === "own") update(); else put(model, { prefix: beginnings()[i] }); },
  });
  const keys = get("words").map((_, id) => button({
    label: clipped(word(id)), title: `add ${word(id)}`,
    onclick: () => { if (get("prefix").length < LONGEST) put(model, { prefix: [...get("prefix"), id] }); },
  }));
  const back = button({ label: "⌫", title: "take the last word away", onclick: () => put(model, { prefix: get("prefix").slice(0, -1) }) });
  const fresh = get("words").map((_, id) => [id, word(id)]);
  const start = select({ label: "first word", value: get("prefix")[0], options: fresh, oninput: (id) => put(model, { prefix: [id] }) });
  page.controls.append(step.root, choose.root, start.root,
    html("fieldset", { class: "u-keys" }, html("legend", {}, "add a word"), html("span", {}, keys.map((key) => key.root), back.root)));

  function update() {
    const prefix = get("prefix"), known = beginnings().findIndex((ids) => same(ids, prefix));
    show(prefixLine, [...prefix.map((id) => el("span", { class: "u-word" }, word(id))), el("span", { class: "u-word u-next" }, "?")]);
    step.set(get("checkpoint"));
    choose.set(known >= 0 ? known : "own");
    start.set(prefix[0]);
    back.enable(prefix.length > 1);
    for (const key of keys) key.enable(prefix.length < LONGEST);
    const rnn = predict(prefix, modelAt(get("checkpoint"))).at(-1), bigram = get("bigram")[prefix.at(-1)];
    const words = sentence(rnn, bigram) + (known >= 0 ? "" : " The text does not say what follows this: here the model improvises.");
    write(page.readout, words);
    page.say(words);
    pic.redraw();
  }
  const pic = picture(page.stage, paint);
  update();
  const stop = listen(model, TRAITS, () => { measure(); update(); });
  return () => { stop(); pic.end(); page.end(); };
}

export default { render };
