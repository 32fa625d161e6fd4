/** Orders for tests: only what a test is about has to be said. */

import type { Order, PromiseClock } from "../src/api/wire";

export const NOW = Date.parse("2026-11-22T02:00:00Z");

export function at(minutes: number): string {
  return new Date(NOW + minutes * 60_000).toISOString();
}

export function clock(minutes: number, more: Partial<PromiseClock> = {}): PromiseClock {
  return { name: "arrive", state: "running", due: at(minutes), stopped_at: null, predicted: null, chance: null, late_fen: 0, ...more };
}

export function order(number: string, clocks: PromiseClock[], more: Partial<Order> = {}): Order {
  return {
    id: `id-${number}`,
    number,
    state: "accepted",
    work_type: "breakdown",
    reported_at: at(-60),
    branch_id: "SD",
    territory_id: "SD-1",
    station_id: "S1",
    waiting_reason: null,
    place: { lon: 117, lat: 36.6 },
    asset: { serial: "RC1", plate: null, product: "tractor", model: "RC-600" },
    customer: { name: "顺达物流", tier: "gold" },
    symptom: null,
    engineer_id: null,
    unassigned_reason: null,
    open_gates: 0,
    links: [],
    clocks,
    ...more,
  };
}
