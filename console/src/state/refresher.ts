/**
 * Turns a stream of hints into few fetches: hints of a short while are gathered, then each part of the board that they
 * concern is fetched once. Never two fetches of the same part at a time; what comes meanwhile waits for the next round.
 */

import type { Hint } from "../api/live";

/** What a round has to fetch. `orders` is "all" or the ids of the orders to look at again. */
export interface Dirty {
  orders: "all" | ReadonlySet<string>;
  plans: boolean;
  crews: boolean;
  positions: boolean;
}

/** More changed orders than this are fetched as a list: pages of 200 beat as many single requests. */
const MOST_SINGLE_ORDERS = 12;

export const EVERYTHING: Dirty = { orders: "all", plans: true, crews: true, positions: true };

/** Which parts of the board a hint makes stale. */
export function staleParts(hint: Hint): Dirty {
  const about = new Set(hint.order_id ? [hint.order_id] : []);
  const nothing = { orders: about, plans: false, crews: false, positions: false };
  switch (hint.kind) {
    case "resync":
      return EVERYTHING;
    case "position":
      return { ...nothing, positions: true };
    case "plan.published":
      return { ...nothing, plans: true };
    case "engineer.changed":
      return { ...nothing, crews: true };
    default:
      return nothing;
  }
}

export function merge(a: Dirty, b: Dirty): Dirty {
  const all = a.orders === "all" || b.orders === "all";
  const ids = all ? null : new Set([...(a.orders as Set<string>), ...(b.orders as Set<string>)]);
  return {
    orders: ids === null || ids.size > MOST_SINGLE_ORDERS ? "all" : ids,
    plans: a.plans || b.plans,
    crews: a.crews || b.crews,
    positions: a.positions || b.positions,
  };
}

export class Refresher {
  readonly #fetch: (dirty: Dirty) => Promise<void>;
  readonly #gatherMs: number;
  #waiting: Dirty | null = null;
  #running = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `fetch` must not throw: it shows its own failures. */
  constructor(fetch: (dirty: Dirty) => Promise<void>, gatherMs = 300) {
    this.#fetch = fetch;
    this.#gatherMs = gatherMs;
  }

  ask(dirty: Dirty): void {
    this.#waiting = this.#waiting === null ? dirty : merge(this.#waiting, dirty);
    if (this.#timer === null && !this.#running) this.#timer = setTimeout(() => void this.#round(), this.#gatherMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = null;
  }

  async #round(): Promise<void> {
    this.#timer = null;
    this.#running = true;
    const dirty = this.#waiting;
    this.#waiting = null;
    if (dirty !== null) await this.#fetch(dirty);
    this.#running = false;
    if (this.#waiting !== null) this.#timer = setTimeout(() => void this.#round(), this.#gatherMs);
  }
}
