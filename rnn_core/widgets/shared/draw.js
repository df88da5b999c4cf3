// The visual language, in SVG. One unit is one CSS pixel, so text keeps its size at every width.
// Roles, not decoration: input, state, output, grad, weight, truth; each is a CSS variable --u-<role>.
// Every function returns marks: plain data, which show() (controls.js) puts into the page. Nothing here knows a model.

// A mark: el("rect", { x: 1 }, child, "text", ...). Strings become text, never markup.
export function el(tag, attributes = {}, ...children) {
  return { tag, attributes, children: children.flat(2).filter((child) => child !== null && child !== undefined) };
}

export const group = (...children) => el("g", {}, ...children);
export const color = (role) => `var(--u-${role})`;

// 0.4999 -> "0.50", -1 -> "−1.00" (a real minus sign), and never "−0.00".
export function num(value, digits = 2) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// For a wide range: 0.00012 -> "1.2e−4", 0.5 -> "0.500"
export function short(value, digits = 3) {
  if (value === 0 || !Number.isFinite(value)) return num(value, 0);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e4) return num(value, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
  return value.toExponential(digits - 1).replace("e+", "e").replaceAll("-", "−");
}

// ---- text, its middle at y

const MIDDLE = 0.35; // from the middle of a small letter to its foot, in sizes of the letter (browsers differ on dominant-baseline in a tspan)

export function text(x, y, string, { anchor = "middle", role = "ink", size = 13, weight, cls = "" } = {}) {
  return el("text", {
    x, y: y + MIDDLE * size, class: `u-text ${cls}`, fill: color(role), "text-anchor": anchor, "font-size": size, "font-weight": weight,
  }, string);
}

// A symbol with its index below: math(x, y, "h", "t−1")
export function math(x, y, symbol, index = "", { anchor = "middle", role = "ink", size = 17 } = {}) {
  return el("text", {
    x, y: y + 0.3 * size, class: "u-math", fill: color(role), "text-anchor": anchor, "font-size": size,
  }, el("tspan", { class: "u-symbol" }, symbol),
  index === "" ? null : el("tspan", { dy: size * 0.28, "font-size": Math.max(12, size * 0.72) }, String(index)));
}

// "*k*, steps" with its letter set as in the text: what text() may hold
export const symbols = (words) => words.split(/\*([A-Za-z])\*/).map((piece, i) => i % 2 ? el("tspan", { class: "u-math u-symbol" }, piece) : piece);

// ---- arrays: a row (or column) of square tiles; sign and size are printed, and shown by the fill

// Blue above zero, orange below; at most half opaque, so that the number stays readable.
export function fill(value, max = 1) {
  const share = Number.isFinite(value) ? Math.min(1, Math.abs(value) / max) : 0;
  return { fill: color(value < 0 ? "grad" : "state"), "fill-opacity": (0.45 * share).toFixed(3) };
}

export function tile(x, y, value, { size = 34, height = size, max = 1, digits = 2, label, held = false, grip = false, data = {} } = {}) {
  const box = { x: x + 0.5, y: y + 0.5, width: size - 1, height: height - 1, rx: 2 };
  const lines = `M${x + size / 2 - 2} ${y + height - 9}v6M${x + size / 2 + 2} ${y + height - 9}v6`; // what can be dragged looks so
  return el("g", { class: `u-tile${held ? " u-held" : ""}${grip ? " u-grip u-scrub" : ""}`, ...data },
    el("rect", { ...box, ...fill(value, max), class: "u-edge" }),
    grip ? el("path", { d: lines, stroke: color("weight"), "stroke-width": 1.5 }) : null,
    size >= 26 ? text(x + size / 2, y + height / 2 + 0.5, label ?? num(value, digits), { size: size < 38 ? 12 : 13, cls: "u-number" }) : null);
}

// held: the index of the tile that the reader holds; data: (i) => attributes for tile i
export function array(x, y, values, { size = 34, column = false, held = -1, data = () => ({}), ...rest } = {}) {
  const tiles = values.map((value, i) =>
    tile(x + (column ? 0 : i * size), y + (column ? i * size : 0), value, { size, held: i === held, data: data(i), ...rest }));
  return group(tiles, held >= 0 ? tiles[held] : null); // the held one last: its outline lies on top
}

// ---- the cell: a rounded rectangle with its label, or whatever is put inside

export function cell(cx, cy, width, height, { label, index = "", role = "ink", dim = false } = {}) {
  return el("g", { class: dim ? "u-cell u-dim" : "u-cell" },
    el("rect", { x: cx - width / 2, y: cy - height / 2, width, height, rx: 8, fill: color("paper"), stroke: color(role), "stroke-width": 1.5 }),
    label ? math(cx, cy, label, index) : null);
}

// ---- arrows: forward solid with a filled head, backward dashed with an open head

// points: [[x, y], ...]; corners are rounded; cut: the flow stops in the middle of the longest piece
export function arrow(points, { backward = false, cut = false, role = backward ? "grad" : "state", width = 1.75, radius = 12, dim = false, head = true } = {}) {
  const cls = `u-arrow ${backward ? "u-backward" : "u-forward"}${cut ? " u-cut" : ""}${dim ? " u-dim" : ""}`;
  const stroke = { fill: "none", stroke: color(role), "stroke-width": width, "stroke-dasharray": backward ? "5 4" : undefined };
  const flow = (way) => el("path", { d: roundedPath(way, radius), ...stroke });
  const { before, after, bars } = cut ? cutApart(points) : {};
  return el("g", { class: cls },
    cut
      ? [flow(before), flow(after), bars.map(([p, q]) => el("path", { d: `M${p}L${q}`, stroke: color("ink"), "stroke-width": 2 }))]
      : flow(head && !backward ? shorten(points, 6) : points),
    head ? arrowHead(points, backward, role, width) : null);
}

function arrowHead(points, open, role, width) {
  const [[x0, y0], [x1, y1]] = points.slice(-2);
  const long = Math.hypot(x1 - x0, y1 - y0) || 1, ux = (x1 - x0) / long, uy = (y1 - y0) / long, L = 8, S = 4;
  const wing = (side) => `${(x1 - L * ux - side * S * uy).toFixed(2)} ${(y1 - L * uy + side * S * ux).toFixed(2)}`;
  const d = `M${wing(1)}L${x1.toFixed(2)} ${y1.toFixed(2)}L${wing(-1)}`;
  return open
    ? el("path", { d, fill: "none", stroke: color(role), "stroke-width": width })
    : el("path", { d: d + "Z", fill: color(role) });
}

function shorten(points, by) {
  const [[x0, y0], [x1, y1]] = points.slice(-2), long = Math.hypot(x1 - x0, y1 - y0) || 1, keep = Math.max(0, 1 - by / long);
  return [...points.slice(0, -1), [x0 + (x1 - x0) * keep, y0 + (y1 - y0) * keep]];
}

// A gap of 10 px with a short bar on either side, in the middle of the longest piece.
function cutApart(points) {
  const lengths = points.slice(1).map(([x, y], i) => Math.hypot(x - points[i][0], y - points[i][1]));
  const k = lengths.indexOf(Math.max(...lengths)), [[x0, y0], [x1, y1]] = points.slice(k, k + 2);
  const ux = (x1 - x0) / (lengths[k] || 1), uy = (y1 - y0) / (lengths[k] || 1), mx = (x0 + x1) / 2, my = (y0 + y1) / 2;
  const at = (along, across) => [mx + along * ux - across * uy, my + along * uy + across * ux];
  return {
    before: [...points.slice(0, k + 1), at(-5, 0)],
    after: [at(5, 0), ...points.slice(k + 1)],
    bars: [[at(-4, -7), at(-4, 7)], [at(4, -7), at(4, 7)]],
  };
}

// The point of a polyline after a share of its length, 0 at its start and 1 at its end: for what travels along an arrow.
export function pointOn(points, share) {
  const pieces = points.slice(1).map((to, i) => [points[i], to, Math.hypot(to[0] - points[i][0], to[1] - points[i][1])]);
  let left = share * pieces.reduce((sum, [, , long]) => sum + long, 0);
  for (const [[x0, y0], [x1, y1], long] of pieces) {
    if (left <= long && long > 0) return [x0 + (x1 - x0) * left / long, y0 + (y1 - y0) * left / long];
    left -= long;
  }
  return points.at(-1);
}

// A polyline with round corners; a radius that does not fit becomes smaller.
export function roundedPath(points, radius = 12) {
  const f = ([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`;
  let d = `M${f(points[0])}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [p, q, r] = points.slice(i - 1, i + 2);
    const before = Math.hypot(q[0] - p[0], q[1] - p[1]), after = Math.hypot(r[0] - q[0], r[1] - q[1]);
    const s = Math.min(radius, before / 2, after / 2);
    if (s < 0.5) { d += `L${f(q)}`; continue; }
    const toward = (o, long) => [q[0] + (o[0] - q[0]) * s / long, q[1] + (o[1] - q[1]) * s / long];
    d += `L${f(toward(p, before))}Q${f(q)} ${f(toward(r, after))}`;
  }
  return `${d}L${f(points.at(-1))}`;
}

// ---- a grip: what can be dragged sideways looks so, and nothing else does

export function grip(x, y, { role = "weight", data = {}, upright = true } = {}) {
  const [width, height] = upright ? [14, 26] : [26, 14];
  const lines = upright ? `M${x - 2.5} ${y - 6}v12M${x + 2.5} ${y - 6}v12` : `M${x - 6} ${y - 2.5}h12M${x - 6} ${y + 2.5}h12`;
  return el("g", { class: "u-grip u-scrub", ...data },
    el("rect", { x: x - 22, y: y - 22, width: 44, height: 44, fill: "transparent" }), // room for a finger
    el("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 5, fill: color("paper"), stroke: color(role), "stroke-width": 2 }),
    el("path", { d: lines, stroke: color(role), "stroke-width": 1.5 }));
}

// ---- plots: axes with linear or log scales; lines, points, bars in their coordinates

// axes({ width, height, x: { domain, label, log, ticks, format }, y: {...} }) -> { node, x(v), y(v), box }
// Clip data to the domain yourself: a scale extrapolates.
export function axes({ width, height, x, y, margin = { left: 52, right: 12, top: 12, bottom: 44 } }) {
  const box = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
  const sx = scale(x, box.left, box.right), sy = scale(y, box.bottom, box.top);
  const xt = x.ticks ?? ticks(x, Math.max(2, Math.floor((box.right - box.left) / 64)));
  const yt = y.ticks ?? ticks(y, Math.max(2, Math.floor((box.bottom - box.top) / 34)));
  const node = el("g", { class: "u-axes" },
    yt.map((v) => el("path", { d: `M${box.left} ${sy(v)}H${box.right}`, class: "u-grid" })),
    el("path", { d: `M${box.left} ${box.bottom}H${box.right}`, class: "u-axis" }),
    xt.map((v) => el("path", { d: `M${sx(v)} ${box.bottom}v5`, class: "u-axis" })),
    xt.map((v) => text(sx(v), box.bottom + 15, tickLabel(v, x), { role: "muted", size: 12, cls: "u-number" })),
    yt.map((v) => text(box.left - 7, sy(v), tickLabel(v, y), { role: "muted", size: 12, anchor: "end", cls: "u-number" })),
    x.label ? text((box.left + box.right) / 2, height - 9, x.label, { role: "muted", size: 13 }) : null,
    y.label ? text(0, margin.top - 14 > 0 ? margin.top - 14 : 6, y.label, { role: "muted", size: 13, anchor: "start" }) : null);
  return { node, x: sx, y: sy, box };
}

export function scale({ domain: [low, high], log = false }, from, to) {
  const f = log ? Math.log10 : (v) => v;
  return (v) => from + (to - from) * (f(v) - f(low)) / (f(high) - f(low));
}

// Round numbers inside the domain, about `count` of them; on a log scale powers of ten.
export function ticks({ domain: [low, high], log = false }, count = 5) {
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((last - first + 1) / count)), out = [];
    for (let p = Math.ceil(first / every) * every; p <= last; p += every) out.push(Number(`1e${p}`));
    return out;
  }
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999), out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) out.push(Number((k * step).toPrecision(12)));
  return out;
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
function tickLabel(v, { log, format }) {
  if (format) return format(v);
  if (!log || (v >= 0.01 && v <= 100)) return String(v).replace("-", "−");
  return "10" + [...String(Math.round(Math.log10(v)))].map((c) => SUPERSCRIPT[c]).join("");
}

// A line through [x, y] data points; gaps where a value is not finite. dashed: a bound, a floor, an exact value
export function line(ax, data, { role = "state", dashed = false, width = 2 } = {}) {
  let d = "", pen = "M";
  for (const [x, y] of data) {
    if (!Number.isFinite(ax.y(y))) { pen = "M"; continue; }
    d += `${pen}${ax.x(x).toFixed(2)} ${ax.y(y).toFixed(2)}`;
    pen = "L";
  }
  return el("path", { d, class: "u-line", stroke: color(role), "stroke-width": width, fill: "none", "stroke-dasharray": dashed ? "6 4" : undefined });
}

export const points = (ax, data, { role = "state", size = 3.5, open = false } = {}) => group(data
  .filter(([, y]) => Number.isFinite(ax.y(y)))
  .map(([x, y]) => el("circle", { cx: ax.x(x), cy: ax.y(y), r: size, fill: color(open ? "paper" : role), stroke: color(role), "stroke-width": 1.5 })));

// Data of a logarithmic axis as far as it lies inside the domain; a line that leaves ends at the edge.
export function clip(data, [low, high]) {
  const inside = ([, y]) => y >= low && y <= high, out = [];
  data.forEach((point, i) => {
    const before = data[i - 1];
    if (before && inside(before) !== inside(point) && before[1] > 0 && point[1] > 0) {
      const edge = Math.max(before[1], point[1]) > high ? high : low;
      const share = Math.log(edge / before[1]) / Math.log(point[1] / before[1]);
      out.push([before[0] + share * (point[0] - before[0]), edge]);
    }
    if (inside(point)) out.push(point);
  });
  return out.length ? out : [[data[0][0], low]];
}

// The area between two lines: [[x, low, high], ...]
export const bandOf = (ax, data, { role = "state" } = {}) => el("path", {
  d: "M" + [...data.map(([x, , y]) => [x, y]), ...[...data].reverse().map(([x, y]) => [x, y])].map(([x, y]) => `${ax.x(x).toFixed(2)} ${ax.y(y).toFixed(2)}`).join("L") + "Z",
  fill: color(role), opacity: 0.22,
});

// Upright bars from the x axis (or from zero) to y; width in px
export function bars(ax, data, { role = "output", width = 12, base = ax.box.bottom } = {}) {
  return group(data.map(([x, y]) => {
    const top = Math.min(ax.y(y), base), height = Math.abs(ax.y(y) - base);
    return el("rect", { x: ax.x(x) - width / 2, y: top, width, height, fill: color(role) });
  }));
}
