/** From when to when, typed by the clock of this browser. */

import { here, localHour, momentOf } from "../words/format";
import { say } from "../words/words";
import { Field, type Given } from "./form";

const HOUR_MS = 3_600_000;

/** Two fields of a form, filled with `hours` from a moment on. */
export function SlotFields({ from, hours }: { from: Date; hours: number }) {
  const usual = { from, to: new Date(from.getTime() + hours * HOUR_MS) };
  return (
    <>
      <div class="fields">
        {(["from", "to"] as const).map((end) => (
          <Field key={end} label={say(end)}>
            {(id) => <input id={id} name={end} type="datetime-local" required defaultValue={localHour(usual[end])} />}
          </Field>
        ))}
      </div>
      <p class="soft">
        {say("yourTime")}: {here}
      </p>
    </>
  );
}

/** The moments that the two fields mean. */
export function slotOf(given: Given): { from: string; to: string } {
  return { from: momentOf(given.from ?? ""), to: momentOf(given.to ?? "") };
}

export function inHours(hours: number): Date {
  return new Date(Date.now() + hours * HOUR_MS);
}
