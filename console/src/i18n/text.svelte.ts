/** The board's texts. */

import { en } from "./en";
import { textsOf } from "./texts";
import { zh, type TextKey } from "./zh";

export type { TextKey };
export { language, nameOf, preferredLanguage, type Language } from "./language.svelte";
export const { t, word } = textsOf<TextKey>({ zh, en });
