// The few things of a page that a stylesheet cannot do. Deferred; inlined nowhere else.

// What is wider than its box scrolls in it: from the keyboard too. What is closed is asked when it opens.
const SCROLLS = "pre, .pst-scrollable-table-container, .cell_output > .output, .formula-box, .drawn, .explorable-still";
const reachable = (within = document) => {
  const boxes = [...within.querySelectorAll(SCROLLS)].filter((box) => box.checkVisibility?.() ?? true);
  const wide = boxes.map((box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1); // ask all, then change
  boxes.forEach((box, i) => {
    if (wide[i]) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
};
const later = window.requestIdleCallback ?? setTimeout;
addEventListener("load", () => later(() => reachable()));
addEventListener("resize", () => later(() => reachable()));
addEventListener("toggle", ({ target }) => { if (target.open) reachable(target); }, true);

// The switch says which of the three modes is on.
const speak = () => {
  const mode = document.documentElement.dataset.mode || "auto";
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    button.setAttribute("aria-label", `Color mode: ${mode === "auto" ? "as the system" : mode}`);
  }
};
new MutationObserver(speak).observe(document.documentElement, { attributeFilter: ["data-mode"] });
speak();

// A page opened from a file may not read the other pages: there, answers come without an excerpt.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
