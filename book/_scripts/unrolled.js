// The few things of a page that a stylesheet cannot do. Deferred; inlined nowhere else.

// What is wider than its box scrolls in it: from the keyboard too.
const reachable = () => {
  for (const box of document.querySelectorAll(".formula-box, .drawn, .explorable-still, pre, .output, .pst-scrollable-table-container")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else if (box.tabIndex === 0) box.removeAttribute("tabindex");
  }
};
addEventListener("load", reachable);
addEventListener("resize", reachable);

// The switch says which of the three modes is on.
const speak = () => {
  const mode = document.documentElement.dataset.mode || "auto";
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    button.setAttribute("aria-label", `Color mode: ${mode === "auto" ? "as the system" : mode}`);
  }
};
new MutationObserver(speak).observe(document.documentElement, { attributeFilter: ["data-mode"] });
speak();
