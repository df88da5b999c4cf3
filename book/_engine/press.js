// Before the press: how far the reader has come, and who listens. All else is loaded by the press.
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const STORE = "unrolled:answer:";

  // What is kept in this browser. Storage may be forbidden or full: then the answers last as long as the page.
  const memory = new Map();
  const answers = {
    kept: true, // whether the last word could be written down
    key: (chapter, id) => `${STORE}${chapter}/${id}`,
    read(chapter, id) {
      const key = this.key(chapter, id);
      if (memory.has(key)) return memory.get(key);
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    write(chapter, id, record) {
      const key = this.key(chapter, id);
      try {
        if (!(localStorage instanceof Storage)) throw new Error("the page's own stand-in"); // page.html
        if (record) localStorage.setItem(key, JSON.stringify(record));
        else localStorage.removeItem(key);
        memory.delete(key);
        this.kept = true;
      } catch {
        memory.set(key, record);
        this.kept = false;
      }
    },
    stored(chapter) { // the ids of all that is kept of a chapter
      const start = this.key(chapter, ""), found = new Set([...memory].flatMap(([key, record]) => (record ? [key] : [])));
      try {
        for (let i = 0; i < localStorage.length; i += 1) found.add(localStorage.key(i));
      } catch { /* forbidden */ }
      return [...found].filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
    },
    show() {
      const bar = document.querySelector(".answers");
      if (!bar) return;
      const boxes = [...document.querySelectorAll(".try-it")];
      const solved = boxes.filter((box) => {
        const record = this.read(bar.dataset.chapter, box.dataset.cell);
        box.classList.toggle("is-right", Boolean(record?.right));
        return record?.right;
      });
      bar.querySelector(".so-far").textContent = solved.length === boxes.length
        ? `You have solved all ${boxes.length} exercises of this chapter.`
        : `You have solved ${solved.length} of the ${boxes.length} exercises of this chapter.`;
      bar.querySelector(".not-kept").hidden = this.kept;
    },
  };
  answers.show();
  addEventListener("storage", ({ key }) => { if (key === null || key.startsWith(STORE)) answers.show(); });

  const script = (src) => new Promise((done, failed) => {
    const element = Object.assign(document.createElement("script"), { src });
    element.onload = done;
    element.onerror = () => { element.remove(); failed(new Error(`${src.split("/").pop()} could not be loaded`)); };
    document.head.append(element);
  });
  let coming;
  const load = () => (coming ??= (async () => {
    const { chapter } = document.querySelector("[data-chapter]").dataset;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${here}page.css` }));
    await Promise.all(["page.js", "editor.bundle.js", `${chapter}.js`].map((name) => script(here + name)));
    return self.unrolledPage({ here, script, answers, chapter: self.unrolledChapter });
  })().catch((error) => { coming = undefined; throw error; }));

  const DOES = { "try-it": "exercise", "run-it": "cell", answers: "bar" };
  addEventListener("click", async ({ target }) => {
    const button = target.closest?.(".try-it > button, .run-it > button, .answers button");
    if (!button || button.dataset.own) return;
    const place = button.closest(".try-it, .run-it, .answers");
    const what = Object.keys(DOES).find((name) => place.classList.contains(name));
    button.disabled = true;
    try {
      (await load())[DOES[what]](place, button);
    } catch (error) {
      (place.querySelector(".so-far") ?? place.appendChild(document.createElement("p"))).textContent =
        `${error.message}. Is the network there? Press again to try once more.`;
    } finally {
      button.disabled = false;
    }
  });
})();
