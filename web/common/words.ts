/** How both apps say things: in the language that was chosen, else the one that is usual for the person. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { filled, type Language, languageOf } from "./texts";

type Facts = Record<string, string | number>;

export interface Words<Key extends string> {
  language: ReadonlySignal<Language>;
  chooseLanguage: (wanted: Language) => void;
  /** The text of a key, its {places} filled. */
  say: (key: Key, facts?: Facts) => string;
  /** Names a code of a group; one that is in no table is shown as it came, without its dashes. */
  word: (group: string, code: string) => string;
  /** The text of a key that may not exist. */
  perhaps: (key: string, facts?: Facts) => string | undefined;
}

/** Words from these tables; what is chosen is kept under a name, `usual` gives tags such as zh-CN, the likeliest first. */
export function wordsOf<Key extends string>(
  tables: Record<Language, Record<Key, string>>,
  kept: string,
  usual: () => readonly (string | null | undefined)[],
): Words<Key> {
  const chosen = signal<Language | null>(stored(kept));
  const language = computed(
    () =>
      chosen.value ??
      usual()
        .map(languageOf)
        .find((one) => one !== null) ??
      ("en" as Language),
  );
  const say = (key: Key, facts: Facts = {}) => filled(tables[language.value][key], facts);
  const perhaps = (key: string, facts: Facts = {}) => (key in tables.en ? say(key as Key, facts) : undefined);
  return {
    language,
    say,
    perhaps,
    word: (group, code) => perhaps(`${group}.${code}`) ?? code.replace(/[_-]+/g, " "),
    chooseLanguage(wanted) {
      chosen.value = wanted;
      try {
        localStorage.setItem(kept, wanted);
      } catch {
        // Forbidden storage: remembered until the page is closed.
      }
    },
  };
}

function stored(kept: string): Language | null {
  try {
    return languageOf(localStorage.getItem(kept));
  } catch {
    return null;
  }
}
