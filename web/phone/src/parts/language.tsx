/** The choice of language; each is written in itself, so that nobody is lost in the other. */

import { chooseLanguage, language, say } from "../words/words";
import { Choice } from "./fields";

export function LanguageChoice() {
  return (
    <Choice
      label={say("language")}
      options={[
        { value: "en", text: <span lang="en">English</span> },
        { value: "zh", text: <span lang="zh-Hans">简体中文</span> },
      ]}
      value={language.value}
      change={chooseLanguage}
    />
  );
}
