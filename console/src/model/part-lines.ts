/** One list of an order's parts out of what is reserved, on its way, picked up, and what the fault may still need. */

import type { KitLine, OrderParts } from "../api/wire";

export interface PartRow {
  key: string;
  part: string;
  quantity: number;
  /** van, pickup, courier, transfer; null while nothing is reserved. */
  source: string | null;
  place: string | null;
  eta: string | null;
  shipment: string | null;
  picked: boolean;
  used: number;
  /** Below 1 the line is only likely to be needed. */
  probability: number;
}

export function partRows(kit: KitLine[], parts: OrderParts | null): PartRow[] {
  const rows = (parts?.reservations ?? []).map((line) => {
    const parcel = parts?.shipments.find((one) => one.part === line.part && one.state !== "cancelled");
    return row(line.line, line.part, line.quantity, {
      source: line.source,
      place: line.place_id,
      eta: parcel?.eta ?? null,
      shipment: parcel?.state ?? null,
      picked: parts?.picked.some((one) => one.part === line.part) ?? false,
      used: parts?.used[line.part] ?? 0,
    });
  });
  const told = new Set(rows.map((one) => one.part));
  for (const [part, used] of Object.entries(parts?.used ?? {})) {
    if (!told.has(part)) rows.push(row(`used:${part}`, part, used, { used }));
    told.add(part);
  }
  const lines = new Set((parts?.reservations ?? []).map((line) => line.line));
  for (const line of kit) {
    if (told.has(line.part) || lines.has(line.line)) continue;
    rows.push(row(`kit:${line.line}`, line.part, line.quantity, { probability: line.probability }));
  }
  return rows;
}

function row(key: string, part: string, quantity: number, more: Partial<PartRow>): PartRow {
  const nothing = { source: null, place: null, eta: null, shipment: null, picked: false, used: 0, probability: 1 };
  return { key, part, quantity, ...nothing, ...more };
}
