/** Standards with their gaps, and who is lent where: what the network page shows beside reach. */

import type { Client } from "../api/client";
import type { Named } from "../api/wire";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Reinforcement, Secondment, Standard, StationGaps } from "./wire";

export interface Lending {
  engineer_id: string;
  territory_id: string;
  end: string;
  reason: string;
  reinforcement_id: string | null;
}

export type Region = Omit<Reinforcement, "id" | "seconded">;

export class Strength extends Acting {
  gaps = $state.raw<StationGaps[]>([]);
  standards = $state.raw<Standard[]>([]);
  secondments = $state.raw<Secondment[]>([]);
  reinforcements = $state.raw<Reinforcement[]>([]);
  territories = $state.raw<Named[]>([]);
  readonly #client: Client = session.client;

  async load(branch_id: string | undefined): Promise<void> {
    await this.act(async () => {
      const [gaps, standards, territories] = await Promise.all([
        this.#client.get<{ items: StationGaps[] }>("/stations/v1/standards/gaps", { branch_id }),
        this.#client.get<{ items: Standard[] }>("/stations/v1/standards"),
        this.#client.list<Named>("/stations/v1/territories", { branch_id }, 1000),
      ]);
      [this.gaps, this.standards] = [gaps.items, standards.items];
      this.territories = territories;
      await this.#readLending();
    });
  }

  async setStandard({ level, grade, ...standard }: Standard, branch_id: string | undefined): Promise<void> {
    await this.act(async () => {
      await this.#client.put<void>(`/stations/v1/standards/${level}/${grade}`, standard);
      await this.load(branch_id);
    });
  }

  /** `reinforcement_id`: the priority region that it is for, null for none. */
  async lend(lent: Lending): Promise<boolean> {
    let done = false;
    await this.act(async () => {
      const start = new Date().toISOString();
      await this.#client.post("/stations/v1/secondments", { ...lent, start });
      done = true;
      await this.#readLending();
    });
    return done;
  }

  /** A priority region for a time, both days included. Throws when it is refused. */
  async reinforce(region: Region): Promise<void> {
    await this.#client.post("/stations/v1/reinforcements", region);
    await this.#readLending();
  }

  async endLending(id: string): Promise<void> {
    await this.act(async () => {
      await this.#client.post(`/stations/v1/secondments/${id}/ended`, {});
      await this.#readLending();
    });
  }

  async #readLending(): Promise<void> {
    const [lent, regions] = await Promise.all([
      this.#client.list<Secondment>("/stations/v1/secondments", {}, 200),
      this.#client.get<{ items: Reinforcement[] }>("/stations/v1/reinforcements"),
    ]);
    [this.secondments, this.reinforcements] = [lent, regions.items];
  }
}
