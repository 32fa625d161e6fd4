/** Pieces that go into the machine, and that come back out of it: what the van has by the books. */

import type { Lines } from "./pickups";
import type { Operation, Visit } from "./wire";

/** How many, by part. */
export type Pieces = Record<string, number>;

/** What was used on the order and not brought back: by the books, or by what this phone has told since they were read. */
export function usedBefore(visit: Visit, told: readonly Pick<Operation, "kind" | "payload">[]): Pieces {
  const own: Pieces = {};
  for (const { payload } of told.filter((row) => row.kind === "parts_used")) {
    add(own, payload["lines"], 1);
    add(own, payload["returns"], -1);
  }
  const known = visit.parts?.used ?? {};
  const all = [...new Set([...Object.keys(known), ...Object.keys(own)])];
  return Object.fromEntries(all.map((part) => [part, Math.max(known[part] ?? 0, own[part] ?? 0)]).filter(([, pieces]) => Number(pieces) > 0));
}

function add(pieces: Pieces, lines: unknown, sign: 1 | -1): void {
  for (const { part, quantity } of (lines ?? []) as Lines[]) pieces[part] = (pieces[part] ?? 0) + sign * quantity;
}

/** What was certainly needed and is not in the machine yet is taken as used; what was only likely starts at none. */
export function startLines(visit: Visit, before: Pieces): Pieces {
  const lines: Pieces = {};
  const left = { ...before };
  for (const line of visit.order?.kit ?? []) {
    const part = visit.appointment?.sourcing.find((one) => one.line === line.line)?.used_part ?? line.part;
    const inside = Math.min(left[part] ?? 0, line.quantity);
    left[part] = (left[part] ?? 0) - inside;
    lines[part] = (lines[part] ?? 0) + (line.probability >= 1 ? line.quantity - inside : 0);
  }
  return lines;
}

/** The payload of `parts_used`; null when there is nothing to book, or no van to book it on. */
export function usageOf(van: string | null, used: Pieces, returned: Pieces): Record<string, unknown> | null {
  const lines = linesOf(used);
  const returns = linesOf(returned);
  if (van === null || lines.length + returns.length === 0) return null;
  return { van_place_id: van, lines, ...(returns.length > 0 ? { returns } : {}) };
}

function linesOf(pieces: Pieces): Lines[] {
  return Object.entries(pieces).filter(([, quantity]) => quantity > 0).map(([part, quantity]) => ({ part, quantity }));
}
