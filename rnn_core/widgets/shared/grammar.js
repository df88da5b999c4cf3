// Walking an automaton, and what is true, what is forgotten and what a trained RNN says on the way.
// automaton: { symbols: "BEPSTVX", next: (S,V) state numbers or -1, probs: (S,V), node: (S) -> drawn node, merged: (nodes,V) }
// weights: { W_in: (V,H) = embedding times W_x plus b, W_h: (H,H), W_out: (H,V), b_out: (V) }
// tests/figures/node compares every function here with rnn_core, to 1e-12.
import { add, forward, times, zeros } from "./rnn.js";

// The state after each symbol of the walk, starting in state 0 before the first: walk.length + 1 of them
export function states({ symbols, next }, walk) {
  const out = [0];
  for (const symbol of walk) out.push(next[out.at(-1)][symbols.indexOf(symbol)]);
  return out;
}

// Whether a walk, from wherever it comes, follows the arcs
export const readable = ({ symbols, next }, walk) => [...walk].reduce((at, symbol) => (at < 0 ? at : next[at][symbols.indexOf(symbol)] ?? -1), 0) >= 0;

// The true chances of the next symbol in a state; `forget`: those of a reader who forgot the outer symbol
export const truth = ({ probs, merged, node }, state, forget = false) => (forget ? merged[node[state]] : probs[state]);

export function softmax(z) {
  const most = Math.max(...z), e = z.map((v) => Math.exp(v - most)), total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
}

// The RNN's chances of the next symbol after each symbol of the walk: (T,V); none before the first
export function predictions(symbols, walk, { W_in, W_h, W_out, b_out }) {
  const xs = [...walk].map((symbol) => [...symbols].map((other) => (other === symbol ? 1 : 0)));
  if (xs.length === 0) return [];
  const { hs } = forward(xs, zeros(W_h.length), { W_x: W_in, W_h, b: zeros(W_h.length) });
  return hs.map((h) => softmax(add(times(h, W_out), b_out)));
}

// Bits paid for each symbol after the first: -log2 of the chance it was given
export function bits(automaton, walk, chances) {
  return [...walk].slice(1).map((symbol, t) => -Math.log2(chances[t][automaton.symbols.indexOf(symbol)]) + 0);
}

// A number in [0, 1) that depends on a text and nothing else: the same walk meets the same luck
export function luck(words) {
  let h = 2166136261;
  for (const letter of words) h = Math.imul(h ^ letter.charCodeAt(0), 16777619);
  for (let k = 0; k < 3; k++) h = Math.imul(h ^ (h >>> 15), 2246822519);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}

// A symbol drawn by the true chances of a state
export function drawn(automaton, state, u) {
  let v = 0, upto = automaton.probs[state][0];
  while (u >= upto && v + 1 < automaton.symbols.length) upto += automaton.probs[state][++v];
  return automaton.symbols[v];
}
