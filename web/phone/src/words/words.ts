/** Says things in the language of the person: what was chosen on this phone, else the account's, else the browser's. */

import { wordsOf } from "../../../common/words";
import { session } from "../core/store";
import { en } from "./en";
import { zh } from "./zh";

export type Key = keyof typeof en;

export const { language, chooseLanguage, say, word, perhaps } = wordsOf<Key>({ en, zh }, "fieldstone-language", () => [
  session.value?.language,
  globalThis.navigator?.language,
]);

/** A row of the catalogue in the person's language, as far as the catalogue has it. */
export function named(row: { name: string; name_zh?: string | null }): string {
  return (language.value === "zh" && row.name_zh) || row.name;
}
