/** Transfers between places that are ordered or on their way, and what a person does with them. */

import { Acting } from "../state/acting.svelte";
import { partNames } from "../state/part-names.svelte";
import { session } from "../state/session.svelte";
import type { Transfer } from "./wire";

export const MOST_TRANSFERS = 200;
const BASE = "/parts/v1/transfers";

export class Transfers extends Acting {
  open = $state.raw<Transfer[] | null>(null);
  #branchId: string | null = null;

  /** Those from or to a branch's places, null for all: late ones first, then what is on its way, then what waits. */
  async load(branchId: string | null): Promise<void> {
    this.#branchId = branchId;
    await this.#look();
  }

  /** Throws when it is refused; `expected_at` is when the pieces should be there. */
  ship(id: string, expected_at: string): Promise<void> {
    return this.#step(id, "shipped", { expected_at });
  }

  /** Throws when it is refused; `lines` are the pieces that arrived. */
  receive(id: string, lines: { part: string; quantity: number }[]): Promise<void> {
    return this.#step(id, "received", { lines });
  }

  /** Throws when it is refused. */
  cancel(id: string): Promise<void> {
    return this.#step(id, "cancelled", {});
  }

  async #step(id: string, step: string, body: unknown): Promise<void> {
    await session.client.post(`${BASE}/${id}/${step}`, body);
    await this.#look();
  }

  #look(): Promise<void> {
    const branch_id = this.#branchId ?? undefined;
    const read = (state: Transfer["state"]): Promise<Transfer[]> =>
      session.client.list<Transfer>(BASE, { state, branch_id }, MOST_TRANSFERS);
    return this.newest(
      () => Promise.all([read("shipped"), read("ordered")]),
      ([shipped, ordered]) => {
        const due = (one: Transfer): number => (one.expected_at === null ? Infinity : Date.parse(one.expected_at));
        shipped.sort((a, b) => Number(b.late) - Number(a.late) || due(a) - due(b));
        this.open = [...shipped, ...ordered];
        void partNames.learn(this.open.flatMap((one) => one.lines.map((line) => line.part)));
      },
    );
  }
}
