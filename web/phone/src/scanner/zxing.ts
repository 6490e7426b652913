/** The decoder that comes with the app (zxing-cpp as WebAssembly): what it sees in a picture, with AIM identifiers. */

import type { ReaderOptions } from "zxing-wasm/reader";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import type { Kind, Sighting } from "./sightings";

const KINDS: Record<string, Kind> = {
  QRCode: "QR Code",
  DataMatrix: "Data Matrix",
  Aztec: "Aztec",
  PDF417: "PDF417",
  Code128: "Code 128",
  Code39: "Code 39",
  ITF: "ITF",
};
const RETAIL: Record<string, Kind> = { EAN13: "EAN-13", EAN8: "EAN-8", UPCA: "UPC-A", UPCE: "UPC-E" };

const OPTIONS: ReaderOptions = {
  formats: ["QRCode", "DataMatrix", "AztecCode", "PDF417", "Code128", "Code39", "ITF", "EANUPC"],
  textMode: "Plain", // the default drops the separators of GS1
};
/** For a frame of the camera: the next one comes soon. Looking less hard halves the time again, but misses one in ten. */
const QUICK: ReaderOptions = { ...OPTIONS, tryInvert: false, tryDownscale: false, maxNumberOfSymbols: 8 };

export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** Says where the decoder's program comes from; it is fetched when first needed. */
export function prepare(overrides: { locateFile?: (path: string) => string; wasmBinary?: ArrayBuffer }): void {
  prepareZXingModule({ overrides });
}

/** What the decoder sees in one picture. */
export async function see(picture: Pixels, quick = false): Promise<Sighting[]> {
  const { width, height, data } = picture; // of an ImageData these are no properties of its own
  const found = await readBarcodes({ width, height, data, colorSpace: "srgb" } as ImageData, quick ? QUICK : OPTIONS);
  return found.flatMap(({ isValid, format, symbology, text, symbologyIdentifier }) => {
    const kind = RETAIL[format] ?? KINDS[symbology] ?? KINDS[format];
    return isValid && kind && text ? [{ kind, text, symbology: symbologyIdentifier }] : [];
  });
}
