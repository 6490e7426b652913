/** The looks that are taken at one photo, most fruitful first, until every code seen on it is settled. */

import { type Grey, resized, rgbaOf, softened, turned } from "./grey";
import { type Code, judge, type Sighting } from "./sightings";
import { see } from "./zxing";

const FIRST_PIXELS_MAX = 1_600_000;
const ENLARGED_BELOW_PIXELS = 1_000_000;
const LOOKS_MIN = 2;
/** A technician waits no longer than this. */
const ENOUGH_MS = 4000;

const sized =
  (scaleX: number, scaleY = scaleX) =>
  (picture: Grey) =>
    resized(picture, picture.width * scaleX, picture.height * scaleY);
const twice = sized(2);
const flat = sized(2, 0.25);

// Large photos are first seen small: a decoder loses codes whose bars are many pixels wide.
const LOOKS: readonly { look: (picture: Grey) => Grey; enlarges?: true }[] = [
  { look: (picture) => picture },
  { look: twice, enlarges: true },
  { look: softened },
  { look: (picture) => turned(picture, -30) },
  { look: (picture) => turned(picture, 30) },
  { look: flat },
  { look: sized(0.5) },
  { look: (picture) => flat(turned(picture, 90)) },
  { look: (picture) => softened(twice(picture)), enlarges: true },
  { look: (picture) => turned(picture, 45) },
];

/** Every code on a photo, believable ones first; an empty list when there is none. */
export async function readGrey(photo: Grey): Promise<Code[]> {
  const began = performance.now();
  const pixels = photo.width * photo.height;
  const scale = Math.min(1, Math.sqrt(FIRST_PIXELS_MAX / pixels));
  const picture = scale < 1 ? resized(photo, photo.width * scale, photo.height * scale) : photo;
  const seen: Sighting[][] = [];
  let codes: Code[] = [];
  for (const { look, enlarges } of LOOKS) {
    const isSettled = codes.length > 0 && codes.every((code) => code.accepted);
    if (performance.now() - began > ENOUGH_MS || (seen.length >= LOOKS_MIN && isSettled)) break;
    if (enlarges && pixels >= ENLARGED_BELOW_PIXELS) continue;
    seen.push(await see(rgbaOf(look(picture))));
    codes = judge(seen, 1);
    await new Promise((resolve) => setTimeout(resolve, 0)); // the screen may draw between looks
  }
  return codes;
}
