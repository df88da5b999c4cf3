// Folds what a guess is about, before it is painted; not for readers who come by a search or a link into the page.
{
  const root = document.documentElement;
  const outcomes = () => document.querySelectorAll("details.outcome");
  if (!location.hash && !/[?&]highlight=/.test(location.search)) root.classList.add("is-guessing"); // unrolled.css hides them
  document.addEventListener("DOMContentLoaded", () => {
    if (root.classList.contains("is-guessing")) for (const one of outcomes()) one.open = one.dataset.told !== undefined;
    root.classList.remove("is-guessing");
  });
  let before = [];
  addEventListener("beforeprint", () => { before = [...outcomes()].filter((one) => !one.open); for (const one of before) one.open = true; });
  addEventListener("afterprint", () => { for (const one of before) one.open = false; });
  addEventListener("hashchange", () => { // a link to a place inside
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const inside = place && place.closest("details.outcome");
    if (inside) { inside.open = true; place.scrollIntoView(); }
  });
}
