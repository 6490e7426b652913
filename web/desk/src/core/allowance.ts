/** What a pre-authorisation lets pass, as it is typed into a form. Pure: no browser in here. */

import { minorUnits } from "../../../common/money";
import type { Sent } from "./api";

export type Allowance = Sent<"/preauthorisations">["asked"];

/** The allowance that was typed, its money in the partner's currency; null when the money is no amount of it. */
export function allowanceOf(given: Readonly<Record<string, string>>, currency: string): Allowance | null {
  const amount_minor = given.amount ? minorUnits(given.amount, currency) : null;
  if (given.amount && amount_minor === null) return null;
  const parts = (given.parts ?? "")
    .split(",")
    .map((one) => one.trim().split(/\s+/))
    .filter(([number]) => number)
    .map(([number, quantity]) => ({ number: number ?? "", quantity: Number(quantity ?? 1) }));
  return {
    labour_minutes: given.minutes ? Number(given.minutes) : null,
    amount_minor,
    parts,
    goodwill: given.goodwill === "on",
    repeat_trip: given.repeat === "on",
  };
}
