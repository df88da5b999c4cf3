// Folds what a guess is about, before it is painted; not for readers who come by a search or a link into the page.
{
  const root = document.documentElement;
  const outcomes = () => [...document.querySelectorAll("details.outcome")];
  if (!location.hash && !/[?&]highlight=/.test(location.search)) root.classList.add("is-guessing"); // unrolled.css hides them
  document.addEventListener("DOMContentLoaded", () => {
    if (root.classList.contains("is-guessing")) {
      const told = guessed();
      outcomes().forEach((one, i) => { one.open = told.has(i); });
    }
    root.classList.remove("is-guessing");
  });

  // Which outcomes an earlier visit has earned: guesses.js of the figures (widgets/shared) keeps them.
  function guessed() {
    const found = new Set(), prefix = `unrolled:guess:${location.pathname}:`;
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) found.add(JSON.parse(localStorage[key])?.place);
    } catch { /* storage is forbidden, or holds something else: all stay folded */ }
    return found;
  }

  let before = [];
  addEventListener("beforeprint", () => { before = outcomes().filter((one) => !one.open); for (const one of before) one.open = true; });
  addEventListener("afterprint", () => { for (const one of before) one.open = false; });
  addEventListener("hashchange", () => { // a link to a place inside
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const inside = place && place.closest("details.outcome");
    if (inside) { inside.open = true; place.scrollIntoView(); }
  });
}
