import { readFileSync } from "node:fs";

/** A table of cases that Python and the phone both run. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../../tests/vectors/${name}.json`, import.meta.url), "utf8")) as T;
}
