/** How well the place of an order is known, in words; null when its coordinates were told. */

import type { OrderDocument } from "../api/wire";
import { t, word } from "../i18n/text.svelte";

export function placeKnown(order: OrderDocument): string | null {
  const { place_source: source, place_error_m: metres, place_matched: matched } = order;
  if (source === "coordinates" && metres === 0) return null;
  const how = word("place", source) + (matched === null ? "" : ` (${matched})`);
  if (metres === 0) return how;
  const far = metres < 1000 ? `${metres} m` : `${Math.round(metres / 1000)} km`;
  return `${how} · ${t("order.placeError", { far })}`;
}
