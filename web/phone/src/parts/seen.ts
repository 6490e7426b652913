/** Refused work whose notice a person has read: it need not stand at the top of the outbox any longer. */

import { signal } from "@preact/signals";

const KEY = "fieldstone-seen";
const MAX = 300;

const ids = signal<readonly string[]>(stored());

export function isSeen(op: string): boolean {
  return ids.value.includes(op);
}

export function noteSeen(op: string): void {
  ids.value = [op, ...ids.peek()].slice(0, MAX);
  try {
    localStorage.setItem(KEY, JSON.stringify(ids.peek()));
  } catch {
    // Forbidden storage: remembered until the app is closed.
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
