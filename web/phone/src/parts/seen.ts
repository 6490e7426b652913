/** Refused work whose notice a person has read: it need not stand at the top of the outbox any longer. */

import { signal } from "@preact/signals";
import { keptIds } from "../core/kept";

const MAX = 300;
const kept = keptIds("fieldstone-seen");
const ids = signal<readonly string[]>(kept.get());

export function isSeen(op: string): boolean {
  return ids.value.includes(op);
}

export function noteSeen(op: string): void {
  ids.value = [op, ...ids.peek()].slice(0, MAX);
  kept.set(ids.value);
}
