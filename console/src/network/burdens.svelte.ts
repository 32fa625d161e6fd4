/** Who carries how much of the nights, the overtime and the long ways, over the last days. */

import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Burden } from "./wire";

export class Burdens extends Acting {
  /** The most nights first; null while they are asked for. */
  items = $state.raw<Burden[] | null>(null);

  load(days: number, branchId: string | null): Promise<void> {
    this.items = null;
    const query = { days, branch_id: branchId ?? undefined };
    return this.newest(
      () => session.client.get<{ items: Burden[] }>("/stations/v1/burdens", query),
      (found) => (this.items = found.items),
    );
  }
}
