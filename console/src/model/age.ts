import { t } from "../i18n/text.svelte";
import { ageParts } from "./time";

/** "5 min": how long ago an instant was. */
export function ageText(instant: string, nowMs: number): string {
  const { unit, count } = ageParts(nowMs - Date.parse(instant));
  return t(`age.${unit}`, { count });
}
