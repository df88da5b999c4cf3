// Lines that bear their names, instead of a legend.

import { text } from "./draw.js";

const GRIP = 38; // px at the bottom, where something to drag may stand

// The name of each line beside it, where there is most room: [{ data, words, role }]; one without words is only kept free
export function nameLines(ax, lines) {
  const ways = lines.map(({ data }) => data.slice(1).flatMap(([x, y], i) => [0, 0.25, 0.5, 0.75, 1].map((share) => // points along the line
    [ax.x(data[i][0]) + share * (ax.x(x) - ax.x(data[i][0])), ax.y(data[i][1]) + share * (ax.y(y) - ax.y(data[i][1]))])));
  const placed = [], { left, right, top, bottom } = ax.box;
  return lines.filter(({ words }) => words).map(({ data, words, role }) => {
    const wide = words.length * 6.3 + 4, own = lines.findIndex((each) => each.data === data);
    const away = ([x, y], [px, py], w = 0, h = 0) => Math.hypot(Math.max(0, Math.abs(px - x) - wide / 2 - w), Math.max(0, Math.abs(py - y) - 7 - h));
    const nearest = (spot, ways, w = 0) => Math.min(40, ...ways.flat().map((point) => away(spot, point, w)), ...placed.map(([x, y, w]) => away(spot, [x, y], w / 2, 7)));
    const others = ways.filter((_, i) => i !== own);
    const room = (spot) => 10 * Math.min(5, nearest(spot, ways)) + nearest(spot, others) + Math.min(30, nearest(spot.slice(2), others, -wide / 2)); // away from where lines meet
    const spots = data.flatMap(([x, y]) => [-13, 13, -18, 18].map((dy) => [Math.max(left + wide / 2, Math.min(right - wide / 2, ax.x(x))), ax.y(y) + dy, ax.x(x), ax.y(y)])).filter(([, y]) => y > top - 6 && y < bottom - GRIP);
    const best = spots.reduce((a, b) => room(b) > room(a) + 1e-9 ? b : a);
    placed.push([best[0], best[1], wide]);
    return text(best[0], best[1], words, { role, size: 12 });
  });
}
