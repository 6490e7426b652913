/** One line that says what was just done; it belongs to one screen and leaves with it. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { go, hashOf, place } from "../core/router";

const NOTHING = { text: "", at: "" };
const line = signal(NOTHING);
const here = computed(() => hashOf(place.value.screen, place.value.id));
export const notice: ReadonlySignal<string> = computed(() => (line.value.at === here.value ? line.value.text : ""));

here.subscribe((shown) => {
  if (line.peek().at !== shown) line.value = NOTHING;
});

export function tell(text: string): void {
  line.value = { text, at: here.peek() };
}

/** Goes to a screen and says there what was done. */
export function goTelling(text: string, screen: string, id = ""): void {
  line.value = { text, at: hashOf(screen, id) };
  go(screen, id);
}
