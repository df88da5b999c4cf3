// What a reader sees, in the reader's language: t("{k} steps", { k: 3 }). rnn_core/words.py has the same for Python, and hands over WORDS.
const words = typeof WORDS === "undefined" ? {} : WORDS;

export function t(english, values = {}) {
  return (words[english] ?? english).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

// Words with symbols in them, such as "Which entries of $W_h$ move?": marks for show() and html(), the symbols typeset.
export function typeset(sentence) {
  return sentence.split("$").map((part, i) => {
    if (i % 2 === 0) return part;
    const [letter, index] = part.split("_");
    const children = [{ tag: "span", attributes: { class: "u-symbol" }, children: [letter] }];
    if (index) children.push({ tag: "sub", attributes: {}, children: [index.replace(/[{}]/g, "").replaceAll("-", "−")] });
    return { tag: "span", attributes: { class: "u-math" }, children };
  }).filter((part) => part !== "");
}
