/** Which screen the address names. Addresses are hashes: the desk is one page, whatever its address says. */

import { type ReadonlySignal, signal } from "@preact/signals";

/** `#/claims/ID?state=paid` is the screen "claims" with the id and the filters. */
export interface Place {
  screen: string;
  id: string;
  filters: Record<string, string>;
}

export function placeOf(hash: string): Place {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [screen = "", id = ""] = path.split("/").map(decoded);
  return { screen, id, filters: Object.fromEntries(new URLSearchParams(search)) };
}

export function hashOf(screen: string, id = "", filters: Record<string, string> = {}): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  const search = given.length ? `?${new URLSearchParams(given)}` : "";
  return `#/${screen}${id && `/${encodeURIComponent(id)}`}${search}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const shown = signal<Place>({ screen: "", id: "", filters: {} });
export const place: ReadonlySignal<Place> = shown;

/** Follows the address from now on. */
export function followAddress(): void {
  const follow = () => {
    const next = placeOf(location.hash);
    const stays = next.screen === shown.peek().screen && next.id === shown.peek().id;
    shown.value = next;
    if (!stays) scrollTo(0, 0);
  };
  follow();
  addEventListener("hashchange", follow);
}

export function go(screen: string, id = "", filters: Record<string, string> = {}): void {
  location.hash = hashOf(screen, id, filters);
}

/** Changes the filters of the list that is shown; the back button leaves the list, not the filter. */
export function filter(changed: Record<string, string>): void {
  const { screen, id, filters } = shown.peek();
  location.replace(hashOf(screen, id, { ...filters, ...changed }));
}
