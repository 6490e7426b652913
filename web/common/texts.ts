/** What both apps know of languages and texts. */

export type Language = "en" | "zh";

/** The language that a tag such as zh-CN asks for; English for what we do not speak. */
export function languageOf(tag: string | null | undefined): Language | null {
  if (!tag) return null;
  return tag.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The text with its {places} filled; a place that nobody fills is left alone. */
export function filled(text: string, facts: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(facts[name] ?? place));
}
