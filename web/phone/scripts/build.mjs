// Builds the app into dist/: the bundle, the service worker that knows every file of it, and both compressed ahead,
// because the scanner's megabyte is too slow to compress per request. Fails when the first load grows beyond its bound.
//
//   node scripts/build.mjs [FOLDER [MARK [ENTRY]]]
//
// For tests: a build with a MARK in its page differs from one without, and another ENTRY may stand in for src/main.tsx.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

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

let first = 0;
for (const name of [...names, "sw.js"].filter((name) => !name.endsWith(".png"))) {
  const plain = read(name);
  const quality = {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  };
  const [br, gz] = [brotliCompressSync(plain, quality), gzipSync(plain, { level: 9 })];
  writeFileSync(new URL(`${name}.br`, dist), br);
  writeFileSync(new URL(`${name}.gz`, dist), gz);
  if (!LATER.test(name) && name !== "sw.js") first += gz.length;
  console.log(
    `${name.padEnd(36)} ${plain.length.toLocaleString("en").padStart(10)} B, brotli ${br.length.toLocaleString("en")}`,
  );
}
console.log(
  `version ${version}; first load ${first.toLocaleString("en")} B with gzip, bound ${FIRST_LOAD_MAX.toLocaleString("en")}`,
);
if (first > FIRST_LOAD_MAX) {
  console.error("The first load is larger than its bound.");
  process.exit(1);
}
