/** Says things in the language of the person: what was chosen on this phone, else the account's, else the browser's. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { filled, type Language, languageOf } from "../../../common/texts";
import { session } from "../core/store";
import { en } from "./en";
import { zh } from "./zh";

export type Key = keyof typeof en;

const KEY = "fieldstone-language";
const TABLES: Record<Language, Record<Key, string>> = { en, zh };

const chosen = signal<Language | null>(stored());
export const language: ReadonlySignal<Language> = computed(
  () => chosen.value ?? languageOf(session.value?.language) ?? languageOf(globalThis.navigator?.language) ?? "en",
);

export function chooseLanguage(wanted: Language): void {
  chosen.value = wanted;
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // Forbidden storage: remembered until the app is closed.
  }
}

function stored(): Language | null {
  try {
    return languageOf(localStorage.getItem(KEY));
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
export function perhaps(key: string): string | undefined {
  return key in en ? say(key as Key) : undefined;
}

/** A row of the catalogue in the person's language, as far as the catalogue has it. */
export function named(row: { name: string; name_zh?: string | null }): string {
  return (language.value === "zh" && row.name_zh) || row.name;
}
