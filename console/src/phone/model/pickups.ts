/** Parts that the plan has the engineer fetch on the way. */

import type { Visit } from "./wire";

export interface Lines {
  part: string;
  quantity: number;
}

/** One place, with all that is to be fetched there. */
export interface PickUp {
  place: Visit["pickups"][number];
  lines: Lines[];
  /** By what the server knows; what this phone has told stands in its own operations. */
  fetched: boolean;
}

export function pickUpsOf(visit: Visit): PickUp[] {
  const sourcing = (visit.appointment?.sourcing ?? []).filter((line) => line.source === "pickup");
  const picked = new Set((visit.parts?.picked ?? []).map((line) => line.part));
  return visit.pickups
    .map((place) => {
      const lines = summed(sourcing.filter((line) => line.place_id === place.place_id));
      return { place, lines, fetched: lines.every((line) => picked.has(line.part)) };
    })
    .filter(({ lines }) => lines.length > 0);
}

/** Two lines of an order may ask for the same part. */
function summed(lines: { used_part: string; quantity: number }[]): Lines[] {
  const by = new Map<string, number>();
  for (const { used_part, quantity } of lines) by.set(used_part, (by.get(used_part) ?? 0) + quantity);
  return [...by].map(([part, quantity]) => ({ part, quantity }));
}
