// What a reader sees, in the reader's language: t("{k} steps", { k: 3 }). rnn_core/words.py has the same for Python, and hands over WORDS.
const words = typeof WORDS === "undefined" ? {} : WORDS;

export function t(english, values = {}) {
  return (words[english] ?? english).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}
