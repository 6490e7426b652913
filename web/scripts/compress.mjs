// Compresses built files ahead, because a megabyte is too slow to compress per request.
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Writes NAME.br and NAME.gz beside each file of `folder`, an URL; returns the sizes with gzip by name. */
export function compressAhead(folder, names) {
  const sizes = new Map();
  for (const name of names) {
    const plain = readFileSync(new URL(name, folder));
    const quality = {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
    };
    const [br, gz] = [brotliCompressSync(plain, quality), gzipSync(plain, { level: 9 })];
    writeFileSync(new URL(`${name}.br`, folder), br);
    writeFileSync(new URL(`${name}.gz`, folder), gz);
    sizes.set(name, gz.length);
    console.log(
      `${name.padEnd(36)} ${plain.length.toLocaleString("en").padStart(10)} B, brotli ${br.length.toLocaleString("en")}`,
    );
  }
  return sizes;
}

/** Fails the build when the files that come before the first screen are larger than their bound. */
export function checkFirstLoad(sizes, bound) {
  const first = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`first load ${first.toLocaleString("en")} B with gzip, bound ${bound.toLocaleString("en")}`);
  if (first > bound) {
    console.error("The first load is larger than its bound.");
    process.exit(1);
  }
}
