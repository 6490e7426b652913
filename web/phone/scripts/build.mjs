// Builds the app into dist/: the bundle, the service worker that knows every file of it, and both compressed ahead.
// Fails when the first load grows beyond its bound.
//
//   node phone/scripts/build.mjs [FOLDER [MARK [ENTRY]]]
//
// For tests: a build with a MARK in its page differs from one without, and another ENTRY may stand in for src/main.tsx.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { checkFirstLoad, compressAhead } from "../../scripts/compress.mjs";

/** Bytes, compressed, before the first screen: everything but the scanner's reader, icons and the service worker. */
const FIRST_LOAD_MAX = 300_000;
const LATER = /\.(wasm|png)$/;
const root = new URL("..", import.meta.url).pathname;
const [folder = join(root, "dist"), mark, entry] = process.argv.slice(2);
const dist = pathToFileURL(`${resolve(folder)}/`);
const read = (name) => readFileSync(new URL(name, dist));
const digest = (name) => `sha256-${createHash("sha256").update(read(name)).digest("base64")}`;

const marked = {
  name: "mark",
  transformIndexHtml: {
    order: "pre",
    handler: (html) => ({
      html: entry ? html.replace("/src/main.tsx", entry) : html,
      tags: mark ? [{ tag: "meta", attrs: { name: "build", content: mark } }] : [],
    }),
  },
};
await build({ root, logLevel: "warn", plugins: [marked], build: { outDir: resolve(folder), emptyOutDir: true } });
const names = readdirSync(dist).sort();
const files = names.map((name) => [name === "index.html" ? "/app/" : `/app/${name}`, digest(name)]);
const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  define: { FILES: JSON.stringify(files), BUILD: JSON.stringify(version) },
  build: {
    outDir: resolve(folder),
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: { input: "src/sw.ts", output: { entryFileNames: "sw.js", format: "iife" } },
  },
});

console.log(`version ${version}`);
const sizes = compressAhead(
  dist,
  [...names, "sw.js"].filter((name) => !name.endsWith(".png")),
);
checkFirstLoad(
  [...sizes].filter(([name]) => !LATER.test(name) && name !== "sw.js").map(([, size]) => size),
  FIRST_LOAD_MAX,
);
