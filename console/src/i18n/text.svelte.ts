/** The language of the page and its texts. */

import { en } from "./en";
import { zh, type TextKey } from "./zh";

export type Language = "zh" | "en";
export type { TextKey };

const DICTIONARIES: Record<Language, Record<TextKey, string>> = { zh, en };
const REMEMBERED = "roadcall.language";

/** Chinese unless the browser prefers something else; what the person chose wins. */
export function preferredLanguage(remembered: string | null, browser: readonly string[]): Language {
  if (remembered === "zh" || remembered === "en") return remembered;
  return (browser[0] ?? "zh").toLowerCase().startsWith("zh") ? "zh" : "en";
}

class LanguageChoice {
  current = $state<Language>(preferredLanguage(localStorage.getItem(REMEMBERED), navigator.languages));

  choose(language: Language): void {
    this.current = language;
    localStorage.setItem(REMEMBERED, language);
  }
}

export const language = new LanguageChoice();

/** The text of `key` with {names} filled in. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return DICTIONARIES[language.current][key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

/** The text of a word from a service's vocabulary, or the word itself when a newer service sends one we lack. */
export function word(family: string, value: string): string {
  const key = `${family}.${value}`;
  return key in zh ? t(key as TextKey) : value;
}

/** The name in the reader's language of something that has two. */
export function nameOf(named: { name_zh?: string | null; name_en?: string | null; name?: string | null }): string {
  const [first, second] =
    language.current === "zh" ? [named.name_zh, named.name_en] : [named.name_en, named.name_zh];
  return first || second || named.name || "";
}
