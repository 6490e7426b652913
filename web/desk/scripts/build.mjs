// Builds the desk into dist/, compressed ahead: node desk/scripts/build.mjs. Fails when it grows beyond its bound.
import { readdirSync } from "node:fs";
import { build } from "vite";
import { checkFirstLoad, compressAhead } from "../../scripts/compress.mjs";

/** Bytes, compressed, before the first screen: an office has a cable, but not everywhere. */
const FIRST_LOAD_MAX = 200_000;
const root = new URL("..", import.meta.url);
const dist = new URL("dist/", root);

await build({ root: root.pathname, logLevel: "warn", build: { emptyOutDir: true } });
checkFirstLoad([...compressAhead(dist, readdirSync(dist).sort()).values()], FIRST_LOAD_MAX);
