/** The language of the page: Chinese unless the browser or the person prefers English. */

export type Language = "zh" | "en";

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

/** The name in the reader's language of something that has two. */
export function nameOf(named: { name_zh?: string | null; name_en?: string | null; name?: string | null }): string {
  const [first, second] =
    language.current === "zh" ? [named.name_zh, named.name_en] : [named.name_en, named.name_zh];
  return first || second || named.name || "";
}
