/** Parcels under way to engineers, and how long the lanes have taken; carriers without an interface are told here. */

import { newKey } from "../api/client";
import { siteMonth } from "../model/time";
import { now } from "../state/now.svelte";
import { partNames } from "../state/part-names.svelte";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Lane, Parcel, ParcelNews } from "./wire";

const MOST = 200;

export class Shipments extends Acting {
  parcels = $state.raw<Parcel[] | null>(null);
  lanes = $state.raw<Lane[]>([]);
  readonly month = siteMonth(now.ms);

  /** What should have arrived comes first, then what is expected next. */
  get byUrgency(): Parcel[] {
    const expected = (one: Parcel): number => (one.eta === null ? Infinity : Date.parse(one.eta));
    return [...(this.parcels ?? [])].sort((a, b) => expected(a) - expected(b));
  }

  async load(): Promise<void> {
    await this.done(async () => {
      const [parcels, lanes] = await Promise.all([
        session.client.list<Parcel>("/parts/v1/shipments", { under_way: "true" }, MOST),
        session.client.get<{ items: Lane[] }>("/parts/v1/kpis/lanes", { month: this.month }),
      ]);
      [this.parcels, this.lanes] = [parcels, lanes.items];
      void partNames.learn(parcels.map((one) => one.part));
    });
  }

  tell(parcelId: string, news: ParcelNews): Promise<boolean> {
    return this.done(async () => {
      const event = { ...news, event_id: newKey(), at: new Date(now.ms).toISOString() };
      await session.client.post(`/parts/v1/shipments/${parcelId}/events`, event);
      await this.load();
    });
  }
}
