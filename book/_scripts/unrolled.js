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
  const kind = id === "__toc" ? ".toc-overlay-icon" : ".nav-overlay-icon";
  const buttons = [...document.querySelectorAll(kind)].map((label) => {
    const button = document.createElement("button");
    Object.assign(button, { className: label.className, title: name });
    button.setAttribute("aria-label", name);
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
    button.title = `Color mode: ${mode === "auto" ? "as the system" : mode}`;
    button.setAttribute("aria-label", button.title);
  }
};
if (matchMedia("(forced-colors: active)").matches) document.body.dataset.theme = "auto"; // the system's palette is the only one
new MutationObserver(speak).observe(document.body, { attributeFilter: ["data-theme"] });
speak();

// A page that the browser saved brings the buttons that stood on its listings: they come anew.
for (const button of document.querySelectorAll(".copybtn")) button.remove();

// A search marks the words of the text. A figure is drawn anew whenever it moves: it is left alone.
for (const word of document.querySelectorAll("svg title, .explorable *")) word.classList.add("nohighlight");

// A formula is copied as its TeX, not as one symbol a line.
addEventListener("copy", (event) => {
  const selection = getSelection();
  if (selection.isCollapsed) return;
  const range = selection.getRangeAt(0).cloneRange(), part = document.createElement("div");
  const formula = (node) => (node.closest ? node : node.parentElement)?.closest("[data-tex]");
  const [first, last] = [formula(range.startContainer), formula(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  part.append(range.cloneContents());
  const found = part.querySelectorAll("[data-tex]");
  if (!found.length) return;
  for (const one of found) one.replaceWith(one.tagName === "DIV" ? `$$${one.dataset.tex}$$` : `$${one.dataset.tex}$`);
  for (const button of part.querySelectorAll(".headerlink, .copybtn")) button.remove();
  document.body.append(part); // the text of what is laid out has its line breaks
  event.clipboardData.setData("text/plain", part.innerText);
  part.remove();
  event.preventDefault();
});

// What was searched for stands in the box of the search page.
const again = document.querySelector(".search-again input");
if (again) again.value = new URLSearchParams(location.search).get("q") ?? "";

// A page opened from a file may not read the other pages: there, answers come without an excerpt.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
