/** What a rule looked at, in words: moments by this browser's clock, and no ids, which nobody reads. */

import { moment } from "./format";
import { word } from "./words";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT/;

/** Each fact's name and value; those that hold nothing to read are left out. */
export function factsIn(of: object): [name: string, value: string][] {
  return Object.entries(of)
    .map(([name, value]): [string, string] => [word("fact", name), shown(value)])
    .filter(([, value]) => value !== "");
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).filter(Boolean).join("; ");
  if (value !== null && typeof value === "object")
    return factsIn(value)
      .map((fact) => fact.join(" "))
      .join(", ");
  const text = String(value ?? "–");
  if (ID.test(text)) return "";
  return MOMENT.test(text) ? moment(text) : text;
}
