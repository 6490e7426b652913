/** What localStorage remembers of the database, to notice that the browser has cleared it and say what went with it. */

import type { Notes } from "./surroundings";

const KEY = "fieldstone";

export interface Memory {
  account: string;
  /** Name of the database that there was. */
  born: string;
  /** What was on the phone only when it was last looked at. */
  unsent: number;
  photos: number;
}

export function readMemory(notes: Notes | null): Memory | null {
  try {
    const found = JSON.parse(notes?.getItem(KEY) ?? "null") as Memory | null;
    return found && typeof found.account === "string" && typeof found.born === "string" ? found : null;
  } catch {
    return null; // what cannot be read tells nothing
  }
}

export function writeMemory(notes: Notes | null, memory: Memory | null): void {
  try {
    if (memory) notes?.setItem(KEY, JSON.stringify(memory));
    else notes?.removeItem(KEY);
  } catch {
    // A full localStorage only costs the notice.
  }
}
