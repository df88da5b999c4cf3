// What on a page looks operable, and whether a hand that operates it changes what a person sees.
// Installed into the page as `net`; the hands are tests/support/controls.py.
(() => {
  if (window.net) return;

  const NATIVE = 'a[href], button, summary, select, textarea, label, input:not([type="hidden"]), [contenteditable=""], [contenteditable="true"], [tabindex]:not([tabindex="-1"])';
  const ROLES = "button checkbox combobox link menuitem option radio slider spinbutton switch tab textbox".split(" ").map((role) => `[role="${role}"]`).join(", ");
  const OPERABLE = `${NATIVE}, ${ROLES}`;
  const POINTING = /pointer|grab|resize/; // cursors that promise that a hand can do something here
  const own = new Set(); // what was found already: path and whether it was disabled
  const told = []; // what has no trace on the page: a file chosen, a download, a print, a copy

  // ---- what a press asks of the browser

  const tells = (where, name, word, instead) => {
    const before = where?.[name];
    if (before) where[name] = function (...given) { return instead(before, this, given, () => told.push(word)); };
  };
  tells(HTMLInputElement.prototype, "click", "chooses a file", (before, self, given, tell) => (self.type === "file" ? tell() : before.apply(self, given)));
  tells(HTMLAnchorElement.prototype, "click", "downloads", (before, self, given, tell) => (self.download ? tell() : before.apply(self, given)));
  tells(window, "print", "prints", (before, self, given, tell) => tell());
  tells(navigator.clipboard, "writeText", "copies", (before, self, given, tell) => { tell(); return before.apply(self, given).catch(() => {}); });

  // A link that the page leaves to the browser is followed no further than this.
  let led = null;
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented) return;
    led = link.href;
    if (link.href.split("#")[0] !== location.href.split("#")[0] || link.download) event.preventDefault();
  });
  window.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    led = event.target.action;
    event.preventDefault();
  });

  // ---- looking

  const shown = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getBoundingClientRect().width > 1 && el.getBoundingClientRect().height > 1;
  const inView = (box) => box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const path = (el) => {
    const steps = [];
    for (; el && el !== document.documentElement; el = el.parentElement) {
      if (el.id && /^[A-Za-z][\w-]*$/.test(el.id) && document.querySelectorAll(`#${el.id}`).length === 1) { steps.unshift(`#${el.id}`); break; }
      steps.unshift(`${el.localName}:nth-child(${[...el.parentElement.children].indexOf(el) + 1})`);
    }
    return steps.join(" > ");
  };
  const cursor = (el) => getComputedStyle(el).cursor;
  const promises = (el) => {
    if (el.matches("label")) return el.control && !el.contains(el.control); // else its control stands for it
    if (el.matches(OPERABLE)) return true;
    // the outermost element with that cursor, unless something operable around it already promises it
    return POINTING.test(cursor(el)) && !el.parentElement?.closest(OPERABLE) && cursor(el.parentElement ?? el) !== cursor(el)
      && !el.querySelector(OPERABLE);
  };
  // What is on screen. A block of running text that is not, is not entered.
  function* onScreen(root = document.body) {
    if (root.matches('[role="tooltip"]')) return; // it comes with the pointer and the focus, not with what is done
    const box = root.getBoundingClientRect(), there = inView(box);
    if (!there && (root.parentElement?.localName === "section" || root.childElementCount === 0)) return;
    if (there) yield root;
    for (const child of root.children) yield* onScreen(child);
  }

  const name = (el) => (el.getAttribute("aria-label") || el.labels?.[0]?.textContent || el.innerText || el.textContent || el.getAttribute("title") || "").trim().replace(/\s+/g, " ");
  // Its classes, without those that come and go; where it lies, roughly.
  const classes = (el) => [...el.classList].filter((one) => !/^(nohighlight|scrolled|is-.*|u-held|current|show.*)$/.test(one)).join(" ");
  const place = (el) => {
    const box = el.closest(".unrolled-explorable, .guess, .try-it, .cell, dialog, nav, aside, header, footer, article, main, body");
    return `${box.localName}.${box.matches(".unrolled-explorable") ? classes(box) : box.classList[0] ?? ""}`;
  };
  const plain = (words) => words.replace(/[-−]?\d[\d.,:]*/g, "#").slice(0, 40);
  const link = (el) => {
    const there = el.getAttribute("href");
    return there.startsWith("#") ? "here" : /^[a-z]+:/.test(there) ? "out" : "page";
  };
  const kind = (el) => [
    el.localName, classes(el), el.type ?? "", el.getAttribute("role") ?? "", el.disabled ? "disabled" : "", place(el),
    el.matches("a[href]") ? link(el) : el.matches("summary") || el.isContentEditable || el.ownerSVGElement || scrolls(el) ? "" : plain(name(el)),
  ].join("|");

  const scrolls = (el) => !el.matches(`a[href], button, summary, select, textarea, label, input, ${ROLES}`) && el.hasAttribute("tabindex");
  const how = (el) => {
    if (el.closest("[aria-disabled='true'], :disabled")) return "disabled";
    if (el.isContentEditable || el.matches('textarea, input:is([type="text"], [type="search"], [type="email"], [type="url"], [type="password"], :not([type]))')) return "write";
    if (el.matches('input:is([type="range"], [type="number"]), select, [role="slider"], [role="spinbutton"]')) return "slide";
    if (scrolls(el)) return POINTING.test(cursor(el)) ? "press" : "scroll";
    if (/grab|ew-resize|col-resize/.test(cursor(el)) && !el.matches("button, a[href]")) return "drag";
    return "press";
  };

  // All that looks operable and is to be seen now, and has not been found before.
  function scan(everywhere) {
    const found = [];
    for (const el of everywhere ? document.body.querySelectorAll("*") : onScreen()) {
      if (!promises(el) || !shown(el)) continue;
      if (!everywhere) {
        const at = spot(el);
        if (covered(el, at.x, at.y)) continue; // later
      }
      const one = { path: path(el), kind: kind(el), place: place(el), how: how(el), name: name(el).slice(0, 60) };
      const key = `${one.path} ${one.how === "disabled"}`;
      if (own.has(key)) continue;
      own.add(key);
      found.push(one);
    }
    // what lies beside an open menu closes it: after what is in the menu
    return everywhere ? found : [...found.filter((one) => !one.path.includes("label")), ...found.filter((one) => one.path.includes("label"))];
  }

  const pause = () => new Promise((go) => { const timer = setTimeout(go, 100); requestAnimationFrame(() => { clearTimeout(timer); go(); }); });
  const STYLE = ["color", "backgroundColor", "fill", "stroke", "strokeWidth", "opacity", "visibility", "fontWeight", "textDecorationLine", "borderTopColor"];

  // What a person sees now, as one string. What a browser shows by itself is left out: the ring of
  // the focus, the thumb of a slider, the tick of a box, the word in a menu of `self`.
  function seen(self) {
    const parts = [location.href, Math.round(scrollX), Math.round(scrollY), document.title, String(!!document.fullscreenElement)];
    const held = self?.control ?? self;
    for (const el of onScreen()) {
      if (!el.checkVisibility({ visibilityProperty: true })) continue;
      const box = el.getBoundingClientRect(), style = getComputedStyle(el);
      parts.push(el.localName, box.x.toFixed(1), box.y.toFixed(1), box.width.toFixed(1), box.height.toFixed(1));
      for (const what of STYLE) parts.push(style[what]);
      for (const node of el.childNodes) if (node.nodeType === Node.TEXT_NODE) parts.push(node.data);
      for (const what of ["d", "points", "src", "disabled", "aria-disabled", "aria-pressed", "data-tooltip"]) if (el.hasAttribute(what)) parts.push(el.getAttribute(what));
      if (el.scrollLeft || el.scrollTop) parts.push(Math.round(el.scrollLeft), Math.round(el.scrollTop));
      const mine = el === held || held?.type === "radio" && el.type === "radio" && el.name === held.name;
      if ((!mine || handedIn(el)) && el.matches("input, textarea, select")) parts.push(el.value, el.checked);
      if (el === held && how(el) === "write") parts.push(el.value ?? el.textContent);
      if (el.open !== undefined) parts.push(el.open);
    }
    const focus = document.activeElement; // that a press takes the focus is no change; that it gives it away is
    parts.push(focus && focus !== document.body && focus !== held && focus !== self && !focus.contains(self) ? path(focus) : "");
    return parts.join("\u0001");
  }

  // A choice that a button of its own hands in: its tick is all that it has to change.
  const handedIn = (el) => el.matches('[type="radio"], [type="checkbox"]') && el.closest("form, figure")?.querySelector('.u-commit, [type="submit"]');

  // What moves by itself, and what a finger still presses, is no answer.
  const moving = () => document.querySelector(":active") !== null || document.getAnimations().some((one) => one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity);
  async function still(self) {
    const end = performance.now() + 5000;
    for (let last = null; performance.now() < end;) {
      await pause();
      if (moving()) continue;
      const now = seen(self);
      if (now === last) return now;
      last = now;
    }
    return seen(self);
  }

  // ---- aiming

  const covered = (el, x, y) => {
    const hit = document.elementFromPoint(x, y);
    if (!hit) return "is not on the screen";
    const label = hit.closest("label");
    if (el.contains(hit) || hit.contains(el) && el.namespaceURI !== hit.namespaceURI || label && (label.control === el || label === el)) return "";
    if (el.matches("label") && el.control === hit || [...el.labels ?? []].some((one) => one.contains(hit))) return "";
    if (hit.contains(el) && hit.matches("summary, button, a[href], label")) return "";
    return `is covered by <${hit.localName} class="${hit.getAttribute("class") ?? ""}">`;
  };
  // The middle of its first line; of what is large a place that nothing covers.
  function spot(el) {
    const box = el.matches("a") ? [...el.getClientRects()].find((one) => one.width > 1 && one.height > 1) ?? el.getBoundingClientRect() : el.getBoundingClientRect();
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth), top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    const shares = box.width > 200 && box.height > 200 ? [0.5, 0.05, 0.95] : [0.5];
    const places = shares.flatMap((across) => shares.map((down) => ({ x: left + across * (right - left), y: top + down * (bottom - top) })));
    const free = places.find(({ x, y }) => !covered(el, x, y)) ?? places[0];
    return { ...free, left: box.left, right: box.right, width: box.width, height: box.height, top: box.top };
  }

  let target = null, before = "";
  // Brings it into view and says where it is; what is wrong with it, if a hand could not reach it.
  async function aim(where) {
    target = document.querySelector(where);
    if (!target || !promises(target) || !shown(target)) return { gone: true };
    target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    if (target.getAttribute("href") === "#" && scrollY === 0) scrollBy({ top: 300, behavior: "instant" }); // up leads from below
    const focused = target.control ?? target;
    focused.focus?.({ preventScroll: true });
    if (document.activeElement !== focused) document.activeElement?.blur(); // a press beside it would do that too
    let at, wrong; // a figure that comes to life where we look may still move things
    for (const end = performance.now() + 2000; ;) {
      const last = at;
      await pause();
      if (!inView(target.getBoundingClientRect())) target.scrollIntoView({ block: "center", behavior: "instant" });
      at = spot(target);
      wrong = covered(target, at.x, at.y);
      const rests = last && Math.abs(last.x - at.x) + Math.abs(last.y - at.y) < 1 && !moving();
      if (rests && !wrong || performance.now() > end) break;
    }
    const can = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    return { ...at, how: how(target), gone: false, off: !inView({ left: at.x, right: at.x, top: at.y, bottom: at.y }), wrong, can };
  }
  async function look() {
    led = null;
    told.length = 0;
    before = await still(target);
  }
  async function changed(wait) {
    const end = performance.now() + wait;
    for (let rest = 16; ; rest *= 1.5) {
      if (led !== null && !target.matches('a[href^="#"]')) return { led };
      if (told.length) return { told: told.join() };
      if (!target.isConnected) return { seen: true, led };
      if (seen(target) !== before && (await still(target)) !== before) return { seen: true, led };
      if (performance.now() > end) return null;
      await new Promise((go) => setTimeout(go, Math.min(rest, 500)));
    }
  }
  const leave = async () => { if (document.fullscreenElement) await document.exitFullscreen(); };

  window.net = { scan, aim, look, changed, leave, anchors: () => [...document.querySelectorAll("[id], a[name]")].map((el) => el.id || el.name) };
})();
