/** The other language, by its own name. */

import { chooseLanguage, language } from "../words/words";

export function LanguageSwitch() {
  const other = language.value === "zh" ? "en" : "zh";
  return (
    <button type="button" class="link" lang={other === "zh" ? "zh-Hans" : "en"} onClick={() => chooseLanguage(other)}>
      {other === "zh" ? "简体中文" : "English"}
    </button>
  );
}
