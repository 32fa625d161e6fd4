/** The phone's texts. */

import { language } from "../../i18n/language.svelte";
import { textsOf } from "../../i18n/texts";
import { ageParts } from "../../model/time";
import { en } from "./en";
import { zh, type PhoneKey } from "./zh";

export type { PhoneKey };
export { language, nameOf } from "../../i18n/language.svelte";
export const { t, word } = textsOf<PhoneKey>({ zh, en });

/** "5 min": how long `ms` milliseconds are. */
export function ageText(ms: number): string {
  const { unit, count } = ageParts(ms);
  return t(`age.${unit}`, { count });
}

/** "380 m", "12 km". */
export function distanceText(metres: number): string {
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(metres < 10_000 ? 1 : 0)} km`;
}

/** "a, b, c" as the language writes it. */
export function listText(items: string[]): string {
  return items.join(language.current === "zh" ? "、" : ", ");
}
