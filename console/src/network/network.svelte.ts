/** What the network page shows: the stations, whom they reach, and the study that was asked for. */

import type { Client } from "../api/client";
import type { Branch } from "../api/wire";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Coverage, NetworkStation, Question, Study } from "./wire";

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
  readonly #client: Client = session.client;
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

  /** The stations and their reach; what was asked before, a study as well, is dropped. */
  async load(): Promise<void> {
    const branch_id = this.branchId ?? undefined;
    this.study = null;
    await this.newest(
      () =>
        Promise.all([
          this.#client.list<NetworkStation>("/stations/v1/stations", { branch_id }, 5000),
          this.#client.get<Coverage>("/stations/v1/coverage", { minutes: this.minutes, branch_id }),
        ]),
      ([stations, coverage]) => ([this.stations, this.coverage] = [stations, coverage]),
    );
  }

  /** Asks for a study and follows it to its end. */
  async site(asked: Question): Promise<void> {
    const body = { ...asked, minutes: this.minutes, branch_id: this.branchId };
    await this.newest(
      async (newest) => {
        let study = await this.#client.post<Study>("/stations/v1/siting", body);
        while (study.state === "queued" && newest() && !this.#stopped) {
          this.study = study;
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          study = await this.#client.get<Study>(`/stations/v1/siting/${study.id}`);
        }
        return study;
      },
      (study) => (this.study = study),
    );
  }
}
