/** Looks texts up in a pair of dictionaries that have the same keys. */

import { language, type Language } from "./language.svelte";

export interface Texts<Key extends string> {
  /** The text of `key` with {names} filled in. */
  t: (key: Key, values?: Record<string, string | number>) => string;
  /** The text of a word from a service's vocabulary, or the word itself when a newer service sends one we lack. */
  word: (family: string, value: string) => string;
}

export function textsOf<Key extends string>(dictionaries: Record<Language, Record<Key, string>>): Texts<Key> {
  const t = (key: Key, values: Record<string, string | number> = {}): string =>
    dictionaries[language.current][key].replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? String(values[name]) : whole,
    );
  const word = (family: string, value: string): string => {
    const key = `${family}.${value}`;
    return key in dictionaries.zh ? t(key as Key) : value;
  };
  return { t, word };
}
