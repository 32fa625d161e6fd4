/** What the network page shows: the stations, whom they reach, and the study that was asked for. */

import type { Client } from "../api/client";
import type { Branch } from "../api/wire";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Coverage, NetworkStation, Objective, Study } from "./wire";

export const MINUTES = [30, 60, 90, 120, 180, 240] as const;
const POLL_MS = 1500;

export class Network extends Acting {
  branches = $state.raw<Branch[]>([]);
  /** null is the whole network, as far as the person may see it. */
  branchId = $state<string | null>(null);
  minutes = $state(120);
  stations = $state.raw<NetworkStation[]>([]);
  coverage = $state.raw<Coverage | null>(null);
  study = $state.raw<Study | null>(null);
  loading = $state(false);
  readonly #client: Client = session.client;
  #asked = 0;
  #stopped = false;

  async start(): Promise<void> {
    await this.act(async () => {
      if (session.me === null) await session.resume();
      this.branches = await this.#client.list<Branch>("/stations/v1/branches", {}, 500);
      this.branchId = session.me?.branch_id ?? this.branches[0]?.id ?? null;
    });
    await this.load();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The stations and their reach; an answer that comes after a newer question is dropped. */
  async load(): Promise<void> {
    const asked = ++this.#asked;
    const branch_id = this.branchId ?? undefined;
    this.loading = true;
    this.study = null;
    await this.act(async () => {
      const [stations, coverage] = await Promise.all([
        this.#client.list<NetworkStation>("/stations/v1/stations", { branch_id }, 5000),
        this.#client.get<Coverage>("/stations/v1/coverage", { minutes: this.minutes, branch_id }),
      ]);
      if (asked === this.#asked) [this.stations, this.coverage] = [stations, coverage];
    });
    if (asked === this.#asked) this.loading = false;
  }

  /** Asks for a study and follows it to its end. */
  async site(objective: Objective, sites: number, keepExisting: boolean): Promise<void> {
    const asked = this.#asked;
    await this.act(async () => {
      const body = { objective, sites, minutes: this.minutes, keep_existing: keepExisting, branch_id: this.branchId };
      let study = await this.#client.post<Study>("/stations/v1/siting", body);
      while (asked === this.#asked && !this.#stopped) {
        this.study = study;
        if (study.state !== "queued") return;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        study = await this.#client.get<Study>(`/stations/v1/siting/${study.id}`);
      }
    });
  }
}
