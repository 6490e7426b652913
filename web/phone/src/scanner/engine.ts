/** Which decoder looks at the camera's frames: the phone's own where it reads every kind we need, else the app's. */

import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { Kind, Sighting } from "./sightings";
import { type Pixels, prepare, see } from "./zxing";

// What the browser calls our kinds, and the AIM identifiers that follow from the kind alone: whether a Code 128 or a
// two-dimensional code began with FNC1 a browser does not tell, so those stay without one.
const NATIVE: Record<string, { kind: Kind; symbology: string }> = {
  qr_code: { kind: "QR Code", symbology: "" },
  data_matrix: { kind: "Data Matrix", symbology: "" },
  aztec: { kind: "Aztec", symbology: "" },
  pdf417: { kind: "PDF417", symbology: "" },
  code_128: { kind: "Code 128", symbology: "" },
  code_39: { kind: "Code 39", symbology: "]A0" },
  itf: { kind: "ITF", symbology: "]I0" },
  ean_13: { kind: "EAN-13", symbology: "]E0" },
  ean_8: { kind: "EAN-8", symbology: "]E4" },
  upc_a: { kind: "UPC-A", symbology: "]E0" },
  upc_e: { kind: "UPC-E", symbology: "]E0" },
};

interface NativeDetector {
  detect(source: ImageData): Promise<{ format: string; rawValue: string }[]>;
}

interface NativeDetectors {
  new (options: { formats: string[] }): NativeDetector;
  getSupportedFormats(): Promise<string[]>;
}

/** Looks at one frame. */
export type Engine = (frame: ImageData) => Promise<Sighting[]>;

let chosen: Promise<Engine> | undefined;

/** The decoder for this phone; the app's own is made ready here and fetched with the first frame. */
export function engine(): Promise<Engine> {
  chosen ??= native().then((found) => found ?? ours());
  return chosen;
}

// One object, so that the decoder that is there already is kept.
const FROM_OUR_ORIGIN = { locateFile: () => wasmUrl };

/** Says where the app's own decoder is: on our own origin. It is fetched with the first picture. */
export function ready(): void {
  prepare(FROM_OUR_ORIGIN);
}

function ours(): Engine {
  ready();
  return (frame) => see(frame as Pixels, true);
}

async function native(): Promise<Engine | null> {
  const Detector = (globalThis as { BarcodeDetector?: NativeDetectors }).BarcodeDetector;
  const formats = Object.keys(NATIVE);
  try {
    const supported = new Set(await Detector?.getSupportedFormats());
    if (!Detector || !formats.every((format) => supported.has(format))) return null;
    const detector = new Detector({ formats });
    return async (frame) => {
      const found = await detector.detect(frame);
      return found.flatMap(({ format, rawValue }) => {
        const known = NATIVE[format];
        return known && rawValue ? [{ ...known, text: rawValue }] : [];
      });
    };
  } catch {
    return null; // there in name only, as on some desktops
  }
}
