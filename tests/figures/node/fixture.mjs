// What rnn_core computes, for a test to compare with: fixture(import.meta.url) runs x.fixture.py beside x.test.mjs
// and reads the JSON that it prints. No expected number is stored or typed. $PYTHON is a Python that finds rnn_core.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export function fixture(url) {
  const script = fileURLToPath(url).replace(/\.test\.mjs$/, ".fixture.py");
  const env = { ...process.env, PYTHONPATH: root };
  const options = { cwd: root, env, encoding: "utf8", maxBuffer: 1 << 28 };
  return JSON.parse(execFileSync(process.env.PYTHON ?? "python3", [script], options));
}

// Numbers, arrays and objects of them, entry by entry: |got - wanted| <= tolerance * max(1, |wanted|)
export function close(got, wanted, tolerance = 1e-12, path = "") {
  if (typeof wanted === "number") {
    const off = Math.abs(got - wanted) / Math.max(1, Math.abs(wanted));
    assert.ok(off <= tolerance, `${path || "value"}: got ${got}, rnn_core has ${wanted} (off by ${off})`);
    return;
  }
  assert.equal(Object.keys(got).length, Object.keys(wanted).length, `${path || "value"}: as many entries`);
  for (const key of Object.keys(wanted)) close(got[key], wanted[key], tolerance, `${path}[${key}]`);
}
