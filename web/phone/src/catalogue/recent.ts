/** Which rows of the catalogue were used last on this phone: a convenience, which it may forget. */

import { keptIds } from "../core/kept";

const MAX = 40;
const ids = keptIds("fieldstone-last-used");

/** Ids, last used first. */
export function lastUsed(): readonly string[] {
  return ids.get();
}

/** Notes that a part or a fault code was put on a sheet. */
export function noteUse(id: string): void {
  ids.set([id, ...lastUsed().filter((other) => other !== id)].slice(0, MAX));
}
