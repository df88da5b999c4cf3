// After the press: the engine, the exercises, the cells, and what is kept. press.js loads this.
self.unrolledPage = ({ here, script, answers, chapter }) => {
  const PATIENCE = self.unrolledPatience ?? 30_000; // after this an answer is stopped from outside; the engine's own watch comes at 10 s
  const VERSIONS = 12; // earlier versions that are kept of an answer
  const MB = (bytes) => (bytes / 1e6).toFixed(1);

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const button = (textContent, onclick, className = "") => make("button", { type: "button", textContent, onclick, className });

  // ---- the engine: one for the page, its jobs one after the other

  async function* pieces(response) {
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  }

  // Where there is a Cache (https, localhost) what came once stays; elsewhere the browser's own cache has it.
  async function cached(url) {
    try {
      const store = await caches.open("unrolled-engine"), found = await store.match(url);
      if (found) return { response: found, keep() {} };
      return { async keep(text) {
        const path = (address) => address.split("?")[0];
        for (const { url: old } of await store.keys()) if (path(old) === path(url)) await store.delete(old);
        await store.put(url, new Response(text, { headers: { "content-type": "text/javascript" } }));
      } };
    } catch {
      return { keep() {} };
    }
  }

  async function contents(name, say) {
    const { bytes, version } = chapter.packs[name], url = `${here}${name}?v=${version}`;
    let entries;
    if (location.protocol.startsWith("http")) {
      const { response, keep } = await cached(url), answer = response ?? await fetch(url);
      if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status})`);
      const parts = [];
      let came = 0;
      for await (const part of pieces(answer)) {
        parts.push(part);
        came += part.length;
        say(`${MB(came)} of ${MB(bytes)} MB`, came / bytes);
      }
      const text = await new Blob(parts).text();
      entries = JSON.parse(text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")));
      if (!response) Promise.resolve(keep(text)).catch(() => {});
    } else { // a page from a file may load scripts, and nothing else
      say(`${MB(bytes)} MB`, undefined);
      self.unrolledPack = (given) => { entries = given; };
      await script(url);
      delete self.unrolledPack;
    }
    const files = {};
    await Promise.all(Object.entries(entries).map(async ([file, base64]) => {
      const zipped = Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
      files[file] = await new Response(stream).arrayBuffer();
    }));
    return files;
  }

  const engine = {
    packs: new Map(), // name -> promise of its files, kept for a new start
    watchers: new Set(),
    say(words, share) { for (const watcher of this.watchers) watcher(words, share); },
    pack(name) {
      if (!this.packs.has(name)) {
        const coming = contents(name, (words, share) => this.say(`Python is on its way, ${words}.`, share));
        coming.catch(() => this.packs.delete(name));
        this.packs.set(name, coming);
      }
      return this.packs.get(name);
    },
    start() {
      this.started ??= this.boot().catch((error) => { this.started = undefined; throw error; });
      return this.started;
    },
    async boot() {
      const files = await this.pack("engine.packed.js");
      this.say("Python is starting.", undefined);
      const code = new TextDecoder().decode(files["worker.js"]);
      // data:, since Chromium takes no module worker from a blob: in a page that was opened from a file
      const worker = new Worker(`data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`, { type: "module" });
      this.worker = worker;
      this.added = new Set();
      this.jobs = new Map();
      await new Promise((ready, failed) => {
        worker.onerror = (event) => { event.preventDefault(); failed(new Error(event.message || "the worker did not start")); };
        worker.onmessage = ({ data }) => {
          if (data.ready) ready();
          else if ("id" in data && this.jobs.has(data.id)) this.jobs.get(data.id)(data);
          else if (data.failed) failed(new Error(data.failed));
        };
        this.abandon = () => failed(new Error("it was stopped"));
        worker.postMessage({ boot: files });
      });
    },
    stop() { // and the next job finds a new one
      this.worker?.terminate();
      this.started = this.worker = undefined;
      this.abandon?.();
      for (const end of this.jobs?.values() ?? []) end({ stopped: true });
    },
    send(message, limit) {
      return new Promise((done) => {
        const id = this.count = (this.count ?? 0) + 1;
        const timer = limit && setTimeout(() => this.stop(), limit);
        this.jobs.set(id, (data) => {
          clearTimeout(timer);
          this.jobs.delete(id);
          done(data);
        });
        this.worker.postMessage({ ...message, id });
      });
    },
    async add(name) {
      if (this.added.has(name)) return;
      const files = await this.pack(name);
      this.say("Python unpacks it.", undefined);
      const { failed } = await this.send({ add: files });
      if (failed) throw new Error(failed);
      this.added.add(name);
    },
    async ask(call, args, limit) {
      const { result, failed, stopped } = await this.send({ call, args }, limit);
      if (failed) throw new Error(failed);
      if (stopped) return { stopped };
      if (!result?.needs) return result;
      await this.add(result.needs); // a second pack, which only the cells that draw need
      return this.ask(call, args, limit);
    },
    queue(work) { // one job of the page after the other, so that a limit counts nobody else's time
      const turn = (this.last ?? Promise.resolve()).then(() => this.start()).then(work);
      this.last = turn.catch(() => {});
      return turn;
    },
  };

  // A line on how far it is, for the eyes; `done()` removes it. Screen readers hear the outcome alone.
  function progress(place) {
    const words = make("span"), gauge = make("progress", { max: 1 });
    gauge.setAttribute("aria-label", "Python is on its way");
    const box = make("p", { className: "engine-progress", hidden: true }, gauge, words);
    place.append(box);
    const say = (text, share) => {
      box.hidden = false;
      words.textContent = text;
      if (share === undefined) gauge.removeAttribute("value");
      else gauge.value = share;
    };
    engine.watchers.add(say);
    return { say, hide() { box.hidden = true; } };
  }

  // ---- what is kept

  const now = () => new Date().toISOString();

  // The text of one exercise or cell. What somebody else wrote meanwhile, and what is replaced, stays as an earlier version.
  class Text {
    constructor(id, given) {
      this.id = id;
      this.given = given;
      this.text = this.record?.text ?? given;
    }
    get record() { return answers.read(chapter.name, this.id); }
    get past() { return this.record?.past ?? []; }
    save(text, more = {}) {
      const record = this.record ?? { past: [] };
      const past = record.past ?? [];
      if (record.text !== undefined && record.text !== this.text && record.text !== text) this.put(past, record.text);
      this.text = text;
      if (record.text === undefined && text === this.given) return; // nothing to keep yet
      const right = text === record.text && record.right;
      answers.write(chapter.name, this.id, { text, right, at: now(), past, ...more });
      answers.show();
      this.saved?.();
    }
    put(past, text) {
      if (text !== this.given && !past.some((one) => one.text === text)) past.unshift({ text, at: now() });
      past.length = Math.min(past.length, VERSIONS);
    }
    replace(text) { // the text so far becomes an earlier version
      const past = [...this.past];
      this.put(past, this.record?.text ?? this.text);
      this.save(text, { past });
    }
  }

  addEventListener("beforeunload", (event) => { if (!answers.kept) event.preventDefault(); });

  // ---- outputs

  function figure({ module, style, state, text }) {
    const box = make("div", { className: "explorable is-live" }), el = make("div", { className: "explorable-live" });
    if (typeof unrolled === "undefined") return make("pre", { textContent: text });
    if (![...document.querySelectorAll("style")].some((sheet) => sheet.dataset.own === style.length.toString())) {
      document.head.append(Object.assign(make("style", { textContent: style }), {}));
      document.head.lastChild.dataset.own = style.length;
    }
    el.dataset.width = "760";
    box.append(el);
    import(`data:text/javascript;charset=utf-8,${encodeURIComponent(module)}`)
      .then(({ default: made }) => made.render({ model: new unrolled.Model(state), el }))
      .catch((error) => el.append(make("pre", { textContent: `${text}\n(${error.message})` })));
    return box;
  }

  const shown = {
    text: ({ text }) => make("pre", { textContent: text }),
    html: ({ html }) => make("div", { innerHTML: html }),
    picture: ({ svg }) => make("div", { className: "drawn", innerHTML: svg }),
    figure,
  };
  const show = (place, outputs) => place.replaceChildren(...outputs.map((output) => shown[output.kind](output)));

  // ---- an editor, for an exercise or a cell

  function editorIn(place, text, { label, onRun, onMark = () => {} }) {
    const hint = make("p", { className: "engine-hint", id: `hint-${text.id}` }, "Shift+Enter runs it. Esc, then Tab, leaves the editor.");
    const box = make("div", { className: "highlight-python engine-editor" }, make("div", { className: "highlight" }));
    place.append(box, hint);
    const editor = self.unrolledEditor({
      parent: box.firstChild, text: text.text, label, describedBy: hint.id, onRun,
      onChange(value) { if (value !== text.text) text.save(value); },
    });
    onMark(editor);
    return editor;
  }

  // Buttons that never lose a text: the one that goes becomes an earlier version.
  function backs(text, put) {
    const earlier = make("select", { className: "engine-earlier" });
    earlier.setAttribute("aria-label", "Earlier versions");
    const fill = () => {
      earlier.replaceChildren(make("option", { textContent: "Earlier versions", value: "" }), ...text.past.map(({ at, text: old }, i) =>
        make("option", { value: i, textContent: `${new Date(at).toLocaleString()}: ${old.split("\n").length} lines` })));
      earlier.hidden = text.past.length === 0;
    };
    text.saved = fill;
    earlier.onchange = () => {
      const chosen = text.past[earlier.value];
      if (chosen) put(chosen.text);
    };
    fill();
    return [button("Start again", () => put(text.given)), earlier];
  }

  // Another tab of this book may hold the same answer.
  const open = new Map(); // id -> { text, put }
  addEventListener("storage", ({ key }) => {
    for (const [id, { text, elsewhere }] of open) {
      if (key === answers.key(chapter.name, id)) elsewhere(text.record);
    }
  });
  function watchOtherTabs(text, place, put) {
    const note = make("p", { className: "engine-elsewhere", hidden: true });
    note.setAttribute("role", "alert");
    place.append(note);
    open.set(text.id, { text, put, elsewhere(record) {
      note.hidden = !record || record.text === text.text;
      if (note.hidden) return;
      note.replaceChildren("Another tab has changed this answer. ", button("Take that version", () => { note.hidden = true; put(record.text); }));
    } });
  }

  // ---- an exercise

  function exercise(place) {
    const id = place.dataset.cell, about = chapter.exercises[id], text = new Text(id, about.stub);
    place.querySelector("button").hidden = true;
    const listing = place.previousElementSibling;
    const input = make("div"), tools = make("div", { className: "engine-tools" });
    const status = make("div", { className: "engine-verdict" }), printed = make("div", { className: "engine-output" });
    status.setAttribute("role", "status");
    const body = make("div", { className: "engine-body" }, input, tools);
    place.append(body);
    const coming = progress(body);
    body.append(status, printed);

    let editor, form;
    const put = (value) => {
      text.replace(value);
      if (editor) editor.text = value;
      else if (!form.read(value)) code();
    };
    const check = button("Check", run, "is-main");
    tools.append(check, ...backs(text, put));
    watchOtherTabs(text, body, put);

    function code() {
      form = undefined;
      input.replaceChildren();
      editor = editorIn(input, text, { label: `Your answer to ${about.title}`, onRun: run });
      listing.classList.add("is-replaced");
    }
    if (about.form) form = fields(input, text, about, run);
    if (form && !form.read(text.text) && text.text !== text.given) form = undefined;
    if (form) {
      const swap = button("Answer in code", () => { swap.remove(); code(); editor.focus(); });
      tools.append(swap);
      form.focus();
    } else {
      code();
      editor.focus();
    }

    async function run() {
      if (check.disabled) return;
      const open = form?.open();
      status.replaceChildren(...(open ? [open] : []));
      printed.replaceChildren();
      if (open) return;
      check.disabled = true;
      const source = text.text;
      coming.say("It is checked as soon as Python is here.");
      try {
        const found = await engine.queue(async () => {
          coming.say("Python is checking.");
          const args = { before: about.before.map((i) => chapter.cells[i].source), source, check: about.check, name: "your answer" };
          return engine.ask("judge", args, PATIENCE);
        });
        tell(found);
        if (found.kind) text.save(text.text, { right: found.kind === "right" && source === text.text });
      } catch (error) {
        status.replaceChildren(`Python did not answer: ${error.message}. Your text is kept; press Check to try again.`);
      }
      coming.hide();
      check.disabled = false;
    }

    function tell({ stopped, hung, html, error, line, outputs = [] }) {
      if (stopped) {
        status.replaceChildren(`It was stopped after ${PATIENCE / 1000} seconds, inside one call that never came back. Python starts anew; your text is kept.`);
        engine.start().catch(() => {});
      } else if (hung) {
        status.replaceChildren(`It was stopped after 10 seconds${line ? `, in line ${line}` : ""}. Look for a loop whose end is never reached.`);
      } else if (html) status.innerHTML = html;
      else status.replaceChildren(make("pre", { className: "engine-error", textContent: error }));
      editor?.mark(line);
      show(printed, outputs);
      if (outputs.length) printed.prepend(make("p", { className: "engine-hint", textContent: "It printed:" }));
    }

    engine.queue(() => {}).then(() => {
      coming.hide();
      if (!status.textContent) status.textContent = "Python is here.";
    }, (error) => {
      coming.hide();
      status.textContent = `Python did not start: ${error.message}. Press Check to try again.`;
    });
  }

  // Fields for an answer that is a value: a number, or a choice for each name. What they say is a line of code.
  function fields(place, text, { form, title, name }, run) {
    const box = make("fieldset", { className: "engine-form" }, make("legend", { textContent: `Your answer to ${title}` }));
    place.append(box);
    const controls = new Map();
    const say = (values) => text.save(`${name} = ${form.choices
      ? `{${Object.entries(values).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(", ")}}`
      : values[name]}\n`);
    const values = () => Object.fromEntries([...controls].map(([key, control]) => [key, control.value.trim().replace(/^[−–]/, "-").replace(",", ".")]));
    for (const key of form.choices ? form.names : [name]) {
      const control = form.choices
        ? make("select", {}, ...["", ...form.choices].map((value) => make("option", { value, textContent: value || "choose" })))
        : make("input", { type: "text", inputMode: "decimal", autocomplete: "off", size: 10 });
      control.oninput = () => say(values());
      control.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); run(); } };
      control.setAttribute("aria-label", key);
      controls.set(key, control);
      box.append(make("label", {}, make("code", { textContent: key }), form.choices ? ": " : " = ", control));
    }
    const first = () => [...controls.values()][0];
    return {
      focus: () => first().focus(),
      read(source) {
        if (source === text.given) {
          for (const control of controls.values()) control.value = "";
          return true;
        }
        const said = source.match(new RegExp(`^\\s*${name}\\s*=\\s*(.*?)\\s*(?:#.*)?$`))?.[1];
        if (said === undefined || source.trim().includes("\n")) return false;
        if (!form.choices) {
          if (said !== "" && !/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(said)) return false;
          first().value = said;
          return true;
        }
        try {
          const given = JSON.parse(said.replaceAll("'", '"'));
          if (Object.keys(given).some((key) => !controls.has(key))) return false;
          for (const [key, control] of controls) control.value = given[key] ?? "";
          return [...controls].every(([key, control]) => control.value === (given[key] ?? ""));
        } catch {
          return false;
        }
      },
      open() { // what is not answered yet
        const now = values(), empty = [...controls.keys()].filter((key) => !now[key]);
        if (form.choices) return empty.length ? `Choose for ${empty.join(", ")} too.` : undefined;
        return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(now[name]) ? undefined : "Write a number, such as 0.25.";
      },
    };
  }

  // ---- a cell of the chapter

  const lastRun = new Map(); // number of a cell -> the text it was run with, where the reader ran it
  const pictures = (outputs) => outputs.filter(({ kind, text }) => kind !== "text" || text.trim());

  function cell(place) {
    const number = chapter.cells.findIndex(({ id }) => id === place.dataset.cell), { id, source } = chapter.cells[number];
    const text = new Text(id, source), whole = place.closest(".cell"), listing = place.previousElementSibling;
    place.querySelector("button").hidden = true;
    listing.classList.add("is-replaced");
    const body = make("div", { className: "engine-body" }), tools = make("div", { className: "engine-tools" });
    place.before(body);
    const put = (value) => { text.replace(value); editor.text = value; };
    const editor = editorIn(body, text, { label: "The code of this cell", onRun: run });
    body.append(tools);
    const coming = progress(body);
    watchOtherTabs(text, body, put);
    const result = make("div", { className: "engine-output is-mine" });
    result.setAttribute("role", "status");
    whole.append(result); // below the book's own output
    const start = button("Run", () => run(), "is-main"), stop = button("Stop", () => engine.stop());
    stop.disabled = true;
    tools.append(start, stop, ...backs(text, put));
    editor.focus();

    async function run() {
      if (start.disabled) return;
      start.disabled = true;
      const code = text.text, began = performance.now();
      result.replaceChildren();
      coming.say("It runs as soon as Python is here.");
      let found;
      try {
        found = await engine.queue(async () => {
          stop.disabled = false;
          const before = chapter.cells.slice(0, number).map(({ source: given }, i) => lastRun.get(i) ?? given);
          const todo = await engine.ask("plan", { before, source: code, number });
          if (todo.stopped) return todo;
          for (const [i, [of, statement, names]] of todo.pieces.entries()) {
            coming.say(`First what it needs from the cells above: ${i + 1} of ${todo.pieces.length}.`, i / todo.pieces.length);
            const done = await engine.ask("prepare", { source: before[of], cell: of, statement, names });
            if (done.stopped || done.error) return done;
          }
          coming.say("It is running.", undefined);
          return engine.ask("run", { source: code, cell: number });
        });
      } catch (error) {
        found = { error: `Python did not answer: ${error.message}` };
      }
      if (!found.error && !found.stopped) lastRun.set(number, code);
      if (found.stopped) {
        lastRun.clear();
        engine.start().catch(() => {});
      }
      show(result, pictures(found.outputs ?? []));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      result.prepend(make("p", { className: "engine-hint", textContent: found.stopped ? "It was stopped; Python starts anew." : `Your run, ${seconds} s:` }));
      if (found.error) result.append(make("pre", { className: "engine-error", textContent: found.error }));
      editor.mark(found.error ? found.line : undefined);
      coming.hide();
      start.disabled = false;
      stop.disabled = true;
    }
    engine.queue(() => {}).then(() => coming.hide(), (error) => { coming.hide(); result.textContent = `Python did not start: ${error.message}. Press Run to try again.`; });
  }

  // ---- all answers of the chapter: out, in, away

  const isAnswer = ({ metadata }) => metadata.nbgrader?.solution && metadata.nbgrader.grade_id in chapter.exercises;

  function exported() {
    const notebook = structuredClone(chapter.notebook);
    for (const one of notebook.cells.filter(isAnswer)) {
      const { text } = answers.read(chapter.name, one.metadata.nbgrader.grade_id) ?? {};
      if (text !== undefined) one.source = text.replace(/\n$/, "").split(/(?<=\n)/);
    }
    return `${JSON.stringify(notebook, null, 1)}\n`;
  }

  function imported(content) {
    let cells;
    try {
      ({ cells } = JSON.parse(content));
      cells = cells.filter(({ cell_type: kind, metadata }) => kind === "code" && metadata?.nbgrader?.solution);
    } catch {
      return "This file is not a notebook. Nothing was changed.";
    }
    const own = cells.filter(isAnswer);
    if (!own.length) return "This notebook holds no exercise of this chapter. Nothing was changed.";
    let taken = 0, replaced = 0;
    for (const { source, metadata: { nbgrader: { grade_id: id } } } of own) {
      const value = [source].flat().join(""), given = chapter.exercises[id].stub, there = open.get(id);
      const text = there?.text ?? new Text(id, given);
      if (value.trim() === given.trim() || value === text.text) continue;
      taken += 1;
      if (text.text !== given) replaced += 1;
      if (there) there.put(value);
      else text.replace(value);
    }
    const kept = replaced ? ` ${replaced} took the place of what was here, which is kept under "Earlier versions".` : "";
    return `${taken} answer${taken === 1 ? "" : "s"} came in.${kept}`;
  }

  function bar(place, { dataset: { does } }) {
    const said = place.querySelector(".said") ?? place.appendChild(make("p", { className: "said" }));
    said.setAttribute("role", "status");
    const say = (...words) => said.replaceChildren(...words);
    if (does === "export") {
      const url = URL.createObjectURL(new Blob([exported()], { type: "application/x-ipynb+json" }));
      make("a", { href: url, download: `${chapter.name}.ipynb` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      say(`${chapter.name}.ipynb is this chapter's notebook with your answers in it.`);
    } else if (does === "import") {
      const input = make("input", { type: "file", accept: ".ipynb,application/json" });
      input.onchange = async () => say(imported(await input.files[0].text()));
      input.click();
      say("Choose a notebook of this chapter.");
    } else {
      const kept = answers.stored(chapter.name);
      if (!kept.length) return say("Nothing is kept of this chapter.");
      const yes = button("Forget them", () => {
        for (const id of kept) answers.write(chapter.name, id, null);
        for (const { text, put } of open.values()) {
          put(text.given);
          answers.write(chapter.name, text.id, null);
        }
        answers.show();
        say("Forgotten.");
      });
      yes.dataset.own = "yes";
      const no = button("Keep them", () => say());
      no.dataset.own = "yes";
      say(`All your texts of this chapter (${kept.length}), with their earlier versions, will be gone for good. `, yes, " ", no);
    }
    return undefined;
  }

  self.unrolledEngine = engine; // for the tests
  return { exercise, cell, bar };
};
