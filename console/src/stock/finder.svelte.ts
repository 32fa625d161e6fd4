/** Who has a part: the catalogue by number, name or machine, and for one part its shelves and what can stand in for
 * it. */

import { Acting } from "../state/acting.svelte";
import { partNames } from "../state/part-names.svelte";
import { session } from "../state/session.svelte";
import type { Part } from "../api/wire";
import type { Machine } from "../machines/wire";
import type { FittingPart, PartDetail, Shelf } from "./wire";

export const MOST_FOUND = 20;
const MOST_SHELVES = 200;

export class PartFinder extends Acting {
  /** null until somebody has asked. */
  found = $state.raw<Part[] | null>(null);
  /** Whose serial number, VIN or plate was asked for: `found` is what fits the first of them. */
  machine = $state.raw<Machine | null>(null);
  part = $state.raw<PartDetail | null>(null);
  /** Most free pieces first. */
  shelves = $state.raw<Shelf[]>([]);

  async search(words: string): Promise<void> {
    this.found = this.part = this.machine = null;
    await this.newest(
      async () => {
        const [named, [machine]] = await Promise.all([
          session.client.list<Part>("/parts/v1/parts", { q: words, limit: MOST_FOUND }, MOST_FOUND),
          // Words that cannot be a machine's are refused there: no reason to find no part.
          session.client.list<Machine>("/orders/v1/assets", { name: words, limit: 1 }, 1).catch(() => []),
        ]);
        return machine === undefined ? { named } : { named: await fitting(machine), machine };
      },
      ({ named, machine }) => {
        this.found = named;
        this.machine = machine ?? null;
      },
    );
  }

  async open(part: string, branchId: string | null): Promise<void> {
    const where = `/parts/v1/parts/${encodeURIComponent(part)}`;
    await this.newest(
      () =>
        Promise.all([
          session.client.get<PartDetail>(where),
          session.client.list<Shelf>(`${where}/stock`, { branch_id: branchId ?? undefined }, MOST_SHELVES),
        ]),
      ([detail, shelves]) => {
        this.part = detail;
        this.shelves = shelves.sort((a, b) => free(b) - free(a));
        void partNames.learn(detail.substitutes.map((one) => one.substitute));
      },
    );
  }
}

async function fitting(machine: Machine): Promise<Part[]> {
  const { model, configuration, serial } = machine;
  const body = { machine: { model, configuration, serial }, limit: MOST_FOUND };
  return (await session.client.post<{ items: FittingPart[] }>("/parts/v1/parts/search", body)).items;
}

export function free(shelf: Shelf): number {
  return shelf.on_hand - shelf.claimed;
}
