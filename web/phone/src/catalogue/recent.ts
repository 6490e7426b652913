/** Which rows of the catalogue were used last on this phone: a convenience, which it may forget. */

const KEY = "fieldstone-last-used";
const MAX = 40;

let ids: string[] | undefined;

/** Ids, last used first. */
export function lastUsed(): readonly string[] {
  ids ??= stored();
  return ids;
}

/** Notes that a part or a fault code was put on a sheet. */
export function noteUse(id: string): void {
  ids = [id, ...lastUsed().filter((other) => other !== id)].slice(0, MAX);
  try {
    localStorage.setItem(KEY, JSON.stringify(ids));
  } catch {
    // A full or forbidden storage: remembered until the app is closed.
  }
}

function stored(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}
