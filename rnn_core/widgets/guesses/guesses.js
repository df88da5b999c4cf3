// Guesses: the guesses of a chapter beside the outcomes, and what they have in common.

import { frame, html, listen, show, typeset, write } from "../shared/controls.js";
import { el } from "../shared/draw.js";
import { recall } from "../shared/guesses.js";
import { t } from "../shared/words.js";

// What a row of guesses says of one's intuition, in a sentence or two; records: what recall() gave for those that were made
export function intuition(records, asked) {
  if (!records.length) return t("You have not committed to a guess yet.");
  const right = records.filter((r) => r.right).length, over = records.filter((r) => r.over > 0).length, under = records.filter((r) => r.over < 0).length;
  const tally = t("You made {made} of {asked} guesses; {right} came out as you expected.", { made: records.length, asked, right });
  const lean = over > under + 1 ? t("Where numbers were asked you tended to expect more than came.")
    : under > over + 1 ? t("Where numbers were asked you tended to expect less than came.") : "";
  const names = records.map((r) => r.name).filter(Boolean);
  const ideas = names.length ? t("Ideas worth a second look: {names}.", { names: names.join("; ") }) : "";
  return [tally, lean, ideas].filter(Boolean).join(" ");
}

function render({ model, el: host }) {
  const page = frame(host, { name: "guesses", claim: CLAIM });
  const table = html("div", { class: "u-stage u-scrolls" }), said = html("p", {});
  page.stage.replaceWith(table);
  page.readout.append(said);
  const update = () => {
    const asked = model.get("asked"), all = asked.map(({ id }) => recall(id));
    const row = ({ question }, r) => el("tr", {}, el("th", { scope: "row" }, typeset(question)),
      el("td", {}, typeset(r ? r.yours : t("not yet"))), el("td", {}, typeset(r ? r.outcome : "")), el("td", {}, r ? r.right ? t("as expected") : r.name || t("otherwise") : ""));
    show(table, [el("table", {},
      el("thead", {}, el("tr", {}, [t("Question"), t("Your guess"), t("Outcome"), ""].map((h) => el(h ? "th" : "td", h ? { scope: "col" } : {}, h)))),
      el("tbody", {}, asked.map((one, i) => row(one, all[i]))))]);
    write(said, intuition(all.filter(Boolean), asked.length));
  };
  update();
  globalThis.addEventListener("unrolled-guess", update);
  const stop = listen(model, ["asked"], update);
  return () => { stop(); globalThis.removeEventListener("unrolled-guess", update); page.end(); };
}

export default { render };
