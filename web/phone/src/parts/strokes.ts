/** A signature as the server takes it: strokes of whole numbers, with no more points than its size allows. Pure. */

export interface Signature {
  width: number;
  height: number;
  strokes: [number, number][][];
}

interface Point {
  x: number;
  y: number;
}

const BYTES_MAX = 20 * 1024;
const STROKES_MAX = 500;
const POINTS_MAX = 4000;
const SIDE_MAX = 10_000;

/** Returns the strokes as near to what was drawn as 20 KB allow; null when nothing was drawn. */
export function signatureOf(drawn: readonly (readonly Point[])[], width: number, height: number): Signature | null {
  const strokes = drawn.filter((stroke) => stroke.length > 0).slice(0, STROKES_MAX);
  if (!strokes.length) return null;
  const size = { width: whole(width, 1, SIDE_MAX), height: whole(height, 1, SIDE_MAX) };
  for (let apart = 1; ; apart *= 1.5) {
    const thinned = strokes.map((stroke) => thin(stroke, apart, size).slice(0, POINTS_MAX));
    if (JSON.stringify(thinned).length <= BYTES_MAX) return { ...size, strokes: thinned };
  }
}

function whole(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(value)));
}

/** Leaves out points that lie nearer than `apart` to the one before; first and last stay. */
function thin(stroke: readonly Point[], apart: number, size: { width: number; height: number }): [number, number][] {
  const kept: [number, number][] = [];
  for (const [place, point] of stroke.entries()) {
    const [x, y] = [whole(point.x, 0, size.width), whole(point.y, 0, size.height)];
    const before = kept.at(-1);
    const isLast = place === stroke.length - 1;
    if (before && Math.hypot(x - before[0], y - before[1]) < apart && !(isLast && kept.length > 1)) continue;
    if (before && before[0] === x && before[1] === y) continue;
    kept.push([x, y]);
  }
  return kept;
}
