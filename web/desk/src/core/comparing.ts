/** Which two photos lie side by side. Pure: no browser in here. */

/** A photo of the claim, or one of another machine that looks like it. */
export interface Comparable {
  id: string;
  picture: string;
  caption: string;
  /** The number of the other claim or job; none for the claim's own. */
  other: number | null;
}

export interface Pair {
  left: number;
  right: number;
  zoom: number;
}

const ZOOM_MIN = 1;
const ZOOM_MAX = 8;

/** The first of the claim's own beside what is most like it: near-duplicates come first. */
export function begun(photos: readonly Comparable[]): Pair {
  const right = photos.findIndex((one) => one.other !== null);
  return { left: 0, right: right > 0 ? right : Math.min(1, photos.length - 1), zoom: ZOOM_MIN };
}

/** The next photo on a side, or with -1 the one before; they go round. */
export function stepped(pair: Pair, side: "left" | "right", by: 1 | -1, count: number): Pair {
  return { ...pair, [side]: (pair[side] + by + count) % count };
}

/** What a key does; the same pair where it does nothing. */
export function keyed(pair: Pair, key: string, count: number): Pair {
  if (key === "ArrowRight") return stepped(pair, "right", 1, count);
  if (key === "ArrowLeft") return stepped(pair, "right", -1, count);
  if (key === "ArrowDown") return stepped(pair, "left", 1, count);
  if (key === "ArrowUp") return stepped(pair, "left", -1, count);
  if (key === "+" || key === "=") return { ...pair, zoom: Math.min(pair.zoom * 1.5, ZOOM_MAX) };
  if (key === "-") return { ...pair, zoom: Math.max(pair.zoom / 1.5, ZOOM_MIN) };
  return pair;
}
