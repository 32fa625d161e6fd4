/** Parcels under way to engineers, and how long the lanes have taken; carriers without an interface are told here. */

import { newKey } from "../api/client";
import { siteMonth } from "../model/time";
import { now } from "../state/now.svelte";
import { partNames } from "../state/part-names.svelte";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Lane, Parcel, ParcelNews } from "./wire";

export const MOST = 200;

export class Shipments extends Acting {
  parcels = $state.raw<Parcel[] | null>(null);
  lanes = $state.raw<Lane[]>([]);
  readonly month = siteMonth(now.ms);
  #branchId: string | null = null;

  /** Those for a branch, null for all: what should have arrived comes first, then what is expected next. */
  async load(branchId: string | null): Promise<void> {
    this.#branchId = branchId;
    this.parcels = null;
    await this.#look();
  }

  /** Throws when it is refused. */
  async tell(parcelId: string, news: ParcelNews): Promise<void> {
    const event = { ...news, event_id: newKey(), at: new Date(now.ms).toISOString() };
    await session.client.post(`/parts/v1/shipments/${parcelId}/events`, event);
    await this.#look();
  }

  #look(): Promise<void> {
    const branch_id = this.#branchId ?? undefined;
    return this.newest(
      () =>
        Promise.all([
          session.client.list<Parcel>("/parts/v1/shipments", { under_way: "true", branch_id }, MOST),
          session.client.get<{ items: Lane[] }>("/parts/v1/kpis/lanes", { month: this.month, branch_id }),
        ]),
      ([parcels, lanes]) => {
        [this.parcels, this.lanes] = [parcels, lanes.items];
        void partNames.learn(parcels.map((one) => one.part));
      },
    );
  }
}
