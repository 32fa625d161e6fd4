/** One list of an order's parts: what is reserved, picked up and fitted, what the plan intends, what may be needed. */

import type { KitLine, OrderParts, SourcedLine } from "../api/wire";

export interface PartRow {
  key: string;
  part: string;
  quantity: number;
  /** van, pickup, courier, transfer; null while nobody has found it. */
  source: string | null;
  place: string | null;
  eta: string | null;
  /** Whether the pieces are claimed at their place; before, the plan only intends to. */
  reserved: boolean;
  shipment: string | null;
  /** Carrier and number of the parcel. */
  waybill: string | null;
  picked: boolean;
  used: number;
  /** Below 1 the line is only likely to be needed. */
  probability: number;
}

export function partRows(kit: KitLine[], planned: SourcedLine[], parts: OrderParts | null): PartRow[] {
  const rows = [...reservedRows(parts), ...fittedRows(parts)];
  const has = (part: string): boolean => rows.some((one) => one.part === part);
  for (const line of planned) {
    if (has(line.used_part)) continue;
    const { source, place_id: place, arrives_at: eta = null } = line;
    rows.push(row(`plan:${line.line}`, line.used_part, line.quantity, { source, place, eta }));
  }
  const sourced = new Set(planned.map((line) => line.part));
  for (const line of kit) {
    if (has(line.part) || sourced.has(line.part)) continue;
    rows.push(row(`kit:${line.line}`, line.part, line.quantity, { probability: line.probability }));
  }
  return rows;
}

function reservedRows(parts: OrderParts | null): PartRow[] {
  return (parts?.reservations ?? []).map((line) => {
    const parcel = parts?.shipments.find((one) => one.part === line.part && one.state !== "cancelled");
    return row(line.line, line.part, line.quantity, {
      source: line.source,
      place: line.place_id,
      reserved: true,
      eta: parcel?.eta ?? null,
      shipment: parcel?.state ?? null,
      waybill: parcel?.waybill ? [parcel.carrier, parcel.waybill].filter(Boolean).join(" ") : null,
      picked: parts?.picked.some((one) => one.part === line.part) ?? false,
      used: parts?.used[line.part] ?? 0,
    });
  });
}

/** What was fitted without a reservation, or after it was used up. */
function fittedRows(parts: OrderParts | null): PartRow[] {
  const reserved = new Set((parts?.reservations ?? []).map((line) => line.part));
  return Object.entries(parts?.used ?? {}).flatMap(([part, used]) =>
    reserved.has(part) ? [] : [row(`used:${part}`, part, used, { used })],
  );
}

function row(key: string, part: string, quantity: number, more: Partial<PartRow>): PartRow {
  const nothing = { source: null, place: null, eta: null, shipment: null, waybill: null, reserved: false, picked: false, used: 0 };
  return { key, part, quantity, ...nothing, probability: 1, ...more };
}
