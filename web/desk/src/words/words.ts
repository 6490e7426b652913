/** Says things in the language of the person: what was chosen at this desk, else the browser's. */

import { wordsOf } from "../../../common/words";
import { Refused } from "../core/api";
import { en } from "./en";
import { zh } from "./zh";
import { ZH_PROBLEMS } from "./zh-problems";

export type Key = keyof typeof en;

export const { language, chooseLanguage, say, word, perhaps } = wordsOf<Key>(
  { en, zh },
  "fieldstone-desk-language",
  () => [globalThis.navigator?.language],
);

/** Why something did not work: in Chinese where the problem has Chinese words, else as the server tells it. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Refused)) return (error instanceof Error && error.message) || say("away");
  return problemWords(error.code) ?? (error.message || say("away"));
}

/** A problem in Chinese; undefined where it has no Chinese words, or none are wanted. */
export function problemWords(code: string): string | undefined {
  return language.value === "zh" ? ZH_PROBLEMS[code] : undefined;
}
