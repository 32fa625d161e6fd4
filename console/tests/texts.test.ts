import { en } from "../src/i18n/en";
import { language, nameOf, preferredLanguage, t, word } from "../src/i18n/text.svelte";
import { zh } from "../src/i18n/zh";

const PLACES = /\{(\w+)\}/g;

function placesOf(text: string): string[] {
  return [...text.matchAll(PLACES)].map((match) => match[1] ?? "").sort();
}

describe("the two dictionaries", () => {
  it("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  });

  it("have the same {names} and no empty text", () => {
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
      expect(placesOf(en[key]), key).toEqual(placesOf(zh[key]));
      expect(zh[key].trim(), key).not.toBe("");
      expect(en[key].trim(), key).not.toBe("");
    }
  });

  it("are in their own languages", () => {
    const han = /\p{Script=Han}/u;
    for (const [key, text] of Object.entries(en)) if (key !== "app.language") expect(text, key).not.toMatch(han);
    const untranslated = Object.entries(zh).filter(([key, text]) => key !== "app.language" && !han.test(text));
    expect(untranslated).toEqual([]);
  });
});

it("every text is used somewhere", () => {
  const sources = import.meta.glob("../src/**/*.{ts,svelte}", { query: "?raw", import: "default", eager: true });
  const code = Object.entries(sources)
    .filter(([path]) => !path.includes("/i18n/"))
    .map(([, text]) => String(text))
    .join("\n");
  const families = new Set([...code.matchAll(/(?:word\(\s*"|t\(`|: ")([a-z_.]+?)(?:"|\.\$\{)/g)].map((match) => match[1]));
  const unused = Object.keys(zh).filter((key) => {
    const inFamily = key.split(".").some((_, i, parts) => i > 0 && families.has(parts.slice(0, i).join(".")));
    return !inFamily && !code.includes(`"${key}"`);
  });
  expect(unused).toEqual([]);
});

describe("the language", () => {
  it("is the remembered one, else the browser's, else Chinese", () => {
    expect(preferredLanguage("en", ["zh-CN"])).toBe("en");
    expect(preferredLanguage(null, ["en-GB", "zh"])).toBe("en");
    expect(preferredLanguage(null, ["zh-TW"])).toBe("zh");
    expect(preferredLanguage(null, ["fr-FR"])).toBe("en");
    expect(preferredLanguage("tlh", [])).toBe("zh");
  });

  it("is remembered when chosen", () => {
    language.choose("en");
    expect(localStorage.getItem("roadcall.language")).toBe("en");
    expect(t("clock.left", { time: "5:00" })).toBe("5:00 left");
    language.choose("zh");
    expect(t("clock.left", { time: "5:00" })).toBe("剩余 5:00");
  });

  it("falls back to the word itself, and to the other language's name", () => {
    expect(word("reason", "a_reason_of_next_year")).toBe("a_reason_of_next_year");
    language.choose("en");
    expect(nameOf({ name_zh: "济南", name_en: "" })).toBe("济南");
  });
});
