/** One line that says what was just done; it leaves with the next screen. */

import { type ReadonlySignal, signal } from "@preact/signals";

const line = signal("");
export const notice: ReadonlySignal<string> = line;

export function tell(text: string): void {
  line.value = text;
}
