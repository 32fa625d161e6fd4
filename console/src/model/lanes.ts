/** The timeline's rows: what the published plans have each engineer do, and which of it a window of time shows. */

import type { Engineer, Plan, Point, Position } from "../api/wire";

/** One stop: the drive begins at `leaves`, the work lasts from `from` to `to`. `orderId` null is a pick-up. */
export interface Bar {
  key: string;
  orderId: string | null;
  /** As the second of a crew: the order is the lead's to be given away. */
  second: boolean;
  leaves: number;
  from: number;
  to: number;
}

export interface Lane {
  id: string;
  engineer: Engineer;
  bars: Bar[];
  /** Kilometres as the crow flies to the order that is looked at; null when there is none. */
  km: number | null;
}

/** A span of time, milliseconds; a bar's place in it is told in percent. */
export interface Window {
  from: number;
  to: number;
}

/** Nearest to `place` first when there is one, else by station and name. */
export function lanesOf(
  engineers: readonly Engineer[],
  plans: Iterable<Plan>,
  positions: ReadonlyMap<string, Position>,
  place: Point | null,
): Lane[] {
  const bars = barsOf(plans);
  const lanes = engineers.map((engineer) => ({
    id: engineer.id,
    engineer,
    bars: bars.get(engineer.id) ?? [],
    km: place === null ? null : kilometres(positions.get(engineer.id) ?? engineer.home, place),
  }));
  return lanes.sort(
    (a, b) =>
      (a.km ?? 0) - (b.km ?? 0) ||
      a.engineer.station_id.localeCompare(b.engineer.station_id) ||
      a.engineer.name.localeCompare(b.engineer.name),
  );
}

function barsOf(plans: Iterable<Plan>): Map<string, Bar[]> {
  const found = new Map<string, Bar[]>();
  for (const plan of plans) {
    for (const route of plan.routes) {
      const bars = found.get(route.engineer_id) ?? [];
      let leaves = Date.parse(route.depart);
      for (const stop of route.stops) {
        const [from, to] = [Date.parse(stop.start), Date.parse(stop.end)];
        const orderId = stop.order_id ?? null;
        bars.push({ key: `${orderId ?? stop.place_id ?? ""} ${stop.start}`, orderId, second: stop.role === "second", leaves, from, to });
        leaves = to;
      }
      found.set(route.engineer_id, bars);
    }
  }
  return found;
}

/** Left edge and width in percent of the window; null when nothing of it is inside. */
export function inside(window: Window, from: number, to: number): { left: number; width: number } | null {
  const [start, end] = [Math.max(from, window.from), Math.min(to, window.to)];
  if (end <= start) return null;
  const percent = 100 / (window.to - window.from);
  return { left: (start - window.from) * percent, width: (end - start) * percent };
}

const HOUR_MS = 3_600_000;

/** The full hours of the axis: every hour, second or sixth, so that about twelve are written. UTC+8 all year. */
export function ticks(window: Window): number[] {
  const hours = (window.to - window.from) / HOUR_MS;
  const step = (hours <= 12 ? 1 : hours <= 24 ? 2 : 6) * HOUR_MS;
  const zone = 8 * HOUR_MS;
  const first = Math.ceil((window.from + zone) / step) * step - zone;
  return Array.from({ length: Math.ceil((window.to - first) / step) }, (_, i) => first + i * step);
}

const EARTH_KM = 6371;

/** Great-circle distance (haversine). */
export function kilometres(a: Point, b: Point): number {
  const rad = Math.PI / 180;
  const [dLat, dLon] = [(b.lat - a.lat) * rad, (b.lon - a.lon) * rad];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(h));
}
