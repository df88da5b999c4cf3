// The few things of a page that a stylesheet cannot do.

// What is wider than its box scrolls in it: from the keyboard too. What is closed is asked when it opens.
const SCROLLS = "pre, .table-wrapper, .cell_output > .output, .formula-box, .drawn, .explorable-still";
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

// The two menus are labels of hidden checkboxes, which work with no script at all. Here they become
// buttons: for the keyboard, for those who hear them, closed by Escape and by what was chosen.
const menus = { __navigation: ["Chapters", ".sidebar-drawer"], __toc: ["On this page", ".toc-drawer"] };
const seen = (box) => box.checkVisibility?.({ visibilityProperty: true }) ?? true;
for (const [id, [name, drawer]] of Object.entries(menus)) {
  const box = document.getElementById(id), place = document.querySelector(drawer);
  const turn = (open) => {
    box.checked = open;
    buttons.forEach((button) => button.setAttribute("aria-expanded", open));
  };
  const buttons = [...document.querySelectorAll(`.page label[for="${id}"]`)].map((label) => {
    const button = document.createElement("button");
    Object.assign(button, { className: label.className, ariaLabel: name, title: name });
    button.append(...label.childNodes);
    button.onclick = ({ detail }) => {
      turn(!box.checked);
      if (detail === 0) [...place.querySelectorAll("a, input")].find(seen)?.focus(); // from the keyboard
    };
    label.replaceWith(button);
    return button;
  });
  box.onchange = () => turn(box.checked);
  place.addEventListener("click", ({ target }) => { if (target.closest("a")) turn(false); });
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !box.checked) return;
    turn(false);
    buttons.find(seen)?.focus();
  });
  addEventListener("pageshow", () => turn(false)); // coming back, a reader finds the page, not the menu
}

// The switch says which of the three modes is on.
const speak = () => {
  const mode = document.body.dataset.theme;
  for (const button of document.querySelectorAll(".theme-toggle")) {
    button.ariaLabel = button.title = `Color mode: ${mode === "auto" ? "as the system" : mode}`;
  }
};
new MutationObserver(speak).observe(document.body, { attributeFilter: ["data-theme"] });
speak();

// What was searched for stands in the box of the search page.
const again = document.querySelector(".search-again input");
if (again) again.value = new URLSearchParams(location.search).get("q") ?? "";

// A page opened from a file may not read the other pages: there, answers come without an excerpt.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
