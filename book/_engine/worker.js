// One Python (Pyodide) in a module worker. The page sends { boot: { name: ArrayBuffer } } once, then
// { id, call, args } for a function of page_session.py, or { id, add: { name: ArrayBuffer } } with wheels.
// It answers { stage } on the way, { ready } or { failed }, then { id, result } or { id, failed }.

const NOWHERE = "https://engine.invalid/"; // what Pyodide takes for its address: nothing is ever asked there
let python;

// data:, since WebKit imports no blob: in a page that was opened from a file
const module = (buffer) => import(`data:text/javascript;charset=utf-8,${encodeURIComponent(new TextDecoder().decode(buffer))}`);

async function boot(files) {
  const stage = (name) => postMessage({ stage: name });
  const [{ loadPyodide }, { default: createPyodideModule }] =
    await Promise.all([module(files["pyodide.mjs"]), module(files["pyodide.asm.mjs"])]);
  const types = { "pyodide.asm.wasm": "application/wasm", "python_stdlib.zip": "application/zip" };
  globalThis.fetch = async (url) => {
    const name = String(url?.url ?? url).split("/").pop();
    if (!(name in types)) throw new TypeError(`Nothing is fetched here: ${url}`);
    return new Response(files[name], { headers: { "content-type": types[name] } });
  };
  stage("python");
  const info = { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", version: "314.0.3", python: "3.14.0" };
  python = await loadPyodide({
    indexURL: NOWHERE, packageBaseUrl: NOWHERE, createPyodideModule, checkAPIVersion: false,
    lockFileContents: { info, packages: {} },
  });
  stage("packages");
  unpack(files);
  python.unpackArchive(files["files.zip"], "zip", { extractDir: "/book" });
  python.runPython("import page_session");
}

function unpack(files) {
  const extractDir = python.runPython("import site; site.getsitepackages()[0]");
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith(".whl") || name === "site-packages.zip") {
      python.unpackArchive(content, "zip", { extractDir });
    }
  }
  python.runPython("import importlib; importlib.invalidate_caches()");
}

onmessage = async ({ data: { id, boot: files, add, call, args } }) => {
  try {
    if (files) {
      await boot(files);
      postMessage({ ready: true });
    } else if (add) {
      unpack(add);
      postMessage({ id, result: null });
    } else {
      const answer = python.pyimport("page_session").answer(call, JSON.stringify(args));
      postMessage({ id, result: JSON.parse(answer) });
    }
  } catch (error) {
    postMessage({ id, failed: String(error?.message ?? error) });
  }
};
