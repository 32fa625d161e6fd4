/** What a moved order does to the promises: which clocks are newly late, later, saved, or only earlier. */

import type { ClockMoved } from "../api/wire";

export type Effect = "newlyLate" | "later" | "saved" | "earlier";

/** Below this a clock stands where it stood, as far as a person minds. */
const MINDED_MS = 60_000;

export interface Touched extends ClockMoved {
  effect: Effect;
}

/** In the given order (worst first), without what moves by less than a minute. */
export function touched(clocks: readonly ClockMoved[]): Touched[] {
  return clocks.flatMap((clock) => {
    const [due, before, after] = [clock.due, clock.before, clock.after].map(Date.parse) as [number, number, number];
    if (Math.abs(after - before) < MINDED_MS) return [];
    const effect: Effect =
      after > due && before <= due ? "newlyLate" : after <= due && before > due ? "saved" : after > before ? "later" : "earlier";
    return [{ ...clock, effect }];
  });
}
