// The few things of a page that a stylesheet cannot do. Deferred; inlined nowhere else.

// What is wider than its box scrolls in it: from the keyboard too. (The theme sees to code and tables.)
const reachable = () => {
  const boxes = [...document.querySelectorAll(".formula-box, .drawn, .explorable-still")];
  const wide = boxes.map((box) => box.scrollWidth > box.clientWidth + 1); // ask all, then change
  boxes.forEach((box, i) => {
    if (wide[i]) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
};
const later = window.requestIdleCallback ?? setTimeout;
addEventListener("load", () => later(reachable));
addEventListener("resize", () => later(reachable));

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
