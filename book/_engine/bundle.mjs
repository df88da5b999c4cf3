// editor.js and what it imports, in one file that a page can load: `npm ci && npm run build`.
// The first line names the sources by their sha256: a test holds it against the tree, without Node.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { build } from "esbuild";

const sources = ["editor.js", "package-lock.json"];
const made = createHash("sha256");
for (const name of sources) made.update(readFileSync(name));

const { metafile } = await build({
  entryPoints: ["editor.js"], outfile: "editor.bundle.js", bundle: true, minify: true, format: "iife", target: "es2022",
  legalComments: "none", metafile: true,
  banner: { js: `// made of ${sources.join(" and ")}, sha256 ${made.digest("hex")}; licenses: NOTICES.txt` },
});

const packages = new Set(Object.keys(metafile.inputs).flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
const licenses = new Map(); // text -> packages
for (const name of [...packages].sort()) {
  const folder = `node_modules/${name}`, { version } = JSON.parse(readFileSync(`${folder}/package.json`));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no license file`);
  const text = readFileSync(`${folder}/${file}`, "utf8").trim();
  licenses.set(text, [...(licenses.get(text) ?? []), `${name} ${version}`]);
}
const parts = [...licenses].map(([text, names]) => `${names.join(", ")}\n\n${text}`);
writeFileSync("editor.NOTICES.txt", `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
