// Shows a page's explorables with no kernel: the part of Jupyter that a figure needs, and no more.
// It runs while the page is read, so a figure on the first screen stands before the first paint.
// Inlined by explorables.py, which also writes the calls of define() and show().

const unrolled = (() => {
  const modules = new Map(), models = new Map(), waiting = new Map();
  let below = false;

  class Model {
    constructor(state) { this.state = state; this.calls = new Map(); }
    get(name) { return this.state[name]; }
    set(name, value) {
      if (typeof name === "object") {
        for (const [each, its] of Object.entries(name)) this.set(each, its);
      } else if (JSON.stringify(value) !== JSON.stringify(this.state[name])) {
        this.state[name] = value;
        this.emit(`change:${name}`);
        this.emit("change");
      }
    }
    save_changes() {} // there is no kernel to tell
    send() {}
    on(event, call) { this.calls.set(event, [...(this.calls.get(event) ?? []), call]); }
    off(event, call) {
      if (event === undefined) this.calls.clear();
      else this.calls.set(event, (this.calls.get(event) ?? []).filter((one) => call && one !== call));
    }
    emit(event) { for (const call of this.calls.get(event) ?? []) call(); }
  }

  // Drawn before it is in the page, to the width it will have there: laid out once. On an error the still says it all, at rest.
  function mount(place, width, name, id) {
    const el = document.createElement("div"), module = modules.get(name);
    el.className = "explorable-live";
    el.dataset.width = Math.min(width, 760); // .unrolled-explorable is no wider
    el.dataset.figure = place.id; // what an address calls it
    try {
      module.made ??= module.make();
      module.made.render({ model: models.get(id), el });
      for (const input of el.querySelectorAll("input, select")) input.autocomplete = "off"; // the browser restores no form behind the figure's back
      place.append(el);
      place.classList.add("is-live"); // hides the still
    } catch (error) {
      console.error(error);
    }
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target, boundingClientRect } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      mount(target, boundingClientRect.width, ...waiting.get(target));
    }
  }, { rootMargin: "600px 0px" });

  // An address with the state of a figure (#figure-unfold?step=3) leads to that figure, as one with its name alone does.
  const go = () => { if (location.hash.includes("?")) document.getElementById(location.hash.slice(1).split("?")[0])?.scrollIntoView(); };
  addEventListener("DOMContentLoaded", go);
  addEventListener("hashchange", go);

  return {
    Model, // for a figure that the reader's own code makes: book/_engine/page.js
    models,
    define(name, make) { modules.set(name, { make }); },
    show(name, id, state) {
      const place = document.currentScript.previousElementSibling, kind = `figure-${place.dataset.figure}`;
      place.querySelector(".explorable-live")?.remove(); // a page that the browser saved brings what stood in it
      place.classList.remove("is-live");
      let nth = 1; // the second figure of a kind: figure-unfold-2
      while (document.getElementById(place.id = nth > 1 ? `${kind}-${nth}` : kind) !== place) nth += 1;
      if (!models.has(id)) models.set(id, new Model(state));
      if (!below) { // asking forces a layout; what follows a figure below the first screen is below
        const { top, width } = place.getBoundingClientRect();
        if (width && top < innerHeight) return mount(place, width, name, id);
        below = top >= innerHeight;
      }
      waiting.set(place, [name, id]);
      near.observe(place);
    },
  };
})();
