/** Orders for tests: only what a test is about has to be said. */

import type { Order, PromiseClock } from "../src/api/wire";

export const NOW = Date.parse("2026-11-22T02:00:00Z");

export function clock(minutes: number, more: Partial<PromiseClock> = {}): PromiseClock {
  return { name: "arrive", state: "running", due: new Date(NOW + minutes * 60_000).toISOString(), ...more };
}

export function order(number: string, clocks: PromiseClock[], more: Partial<Order> = {}): Order {
  return {
    id: `id-${number}`,
    number,
    state: "accepted",
    work_type: "breakdown",
    reported_at: new Date(NOW - 3_600_000).toISOString(),
    branch_id: "SD",
    territory_id: "SD-1",
    place: { lon: 117, lat: 36.6 },
    clocks,
    ...more,
  };
}
