// Who trains: a Web Worker made from the source of shared/train.js, or, where there is none, the page in slices of 8 ms.

import { kit } from "../shared/train.js";

const SLICE = 8;

// told(result) hears of every stretch: { id, step, history, params, broken }
export function driver(told) {
  let worker = null, here = null, busy = false, timer = 0, id = 0, last = null;
  const hear = (result) => { if (result.id === id) told(result); };
  const alone = () => { // no worker, or it has failed: begin again in the page
    worker?.terminate();
    [worker, busy] = [null, false];
    let result;
    const own = kit().host((found) => { result = found; });
    here = (message) => {
      if (!message.go) return own(message);
      const end = performance.now() + message.go.ms;
      let left = message.go.updates;
      const slice = () => {
        own({ go: { ms: SLICE, updates: left } });
        left -= result.n;
        if (left > 0 && !result.broken && performance.now() < end) timer = setTimeout(slice); else { busy = false; hear(result); }
      };
      timer = setTimeout(slice);
    };
    if (last) here(last);
  };
  try {
    const source = `const tell = (${kit})().host((result) => postMessage(result)); onmessage = (event) => tell(event.data);`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(url);
    worker.onmessage = (event) => { busy = false; hear(event.data); };
    worker.onerror = (event) => { event.preventDefault(); alone(); };
  } catch { alone(); }
  const send = (message) => { if (worker) worker.postMessage(message); else here(message); };
  return {
    start(setting, params, history) { last = { start: { setting, params, history }, id: id += 1 }; send(last); },
    set(change) { Object.assign(last.start.setting, change); send({ set: change }); },
    go(ms, updates) { if (!busy) { busy = true; send({ go: { ms, updates } }); } },
    get busy() { return busy; },
    get id() { return id; },
    end() { worker?.terminate(); clearTimeout(timer); id = -1; },
  };
}
