/** Says things in the language of the person: what was chosen at this desk, else the browser's. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { filled, type Language, languageOf } from "../../../common/texts";
import { Refused } from "../core/api";
import { en } from "./en";
import { zh } from "./zh";
import { ZH_PROBLEMS } from "./zh-problems";

export type Key = keyof typeof en;

const KEPT = "fieldstone-desk-language";
const TABLES: Record<Language, Record<Key, string>> = { en, zh };

const chosen = signal<Language | null>(stored());
export const language: ReadonlySignal<Language> = computed(
  () => chosen.value ?? languageOf(globalThis.navigator?.language) ?? "en",
);

export function chooseLanguage(wanted: Language): void {
  chosen.value = wanted;
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // Forbidden storage: remembered until the page is closed.
  }
}

function stored(): Language | null {
  try {
    return languageOf(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

/** The text of a key, its {places} filled. */
export function say(key: Key, facts: Record<string, string | number> = {}): string {
  return filled(TABLES[language.value][key], facts);
}

/** Names a code of a group; one that is in no table is shown as it came, without its dashes. */
export function word(group: string, code: string): string {
  return perhaps(`${group}.${code}`) ?? code.replace(/[_-]+/g, " ");
}

/** The text of a key that may not exist. */
export function perhaps(key: string, facts: Record<string, string | number> = {}): string | undefined {
  return key in en ? say(key as Key, facts) : undefined;
}

/** Why something did not work: in Chinese where the problem has Chinese words, else as the server tells it. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Refused)) return (error instanceof Error && error.message) || say("away");
  return problemWords(error.code) ?? (error.message || say("away"));
}

/** A problem in Chinese; undefined where it has no Chinese words, or none are wanted. */
export function problemWords(code: string): string | undefined {
  return language.value === "zh" ? ZH_PROBLEMS[code] : undefined;
}
