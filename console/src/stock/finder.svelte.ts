/** Who has a part: the catalogue by number or name, and for one part its shelves and what can stand in for it. */

import { Acting } from "../state/acting.svelte";
import { partNames } from "../state/part-names.svelte";
import { session } from "../state/session.svelte";
import type { Part } from "../api/wire";
import type { PartDetail, Shelf } from "./wire";

export const MOST_FOUND = 20;
const MOST_SHELVES = 200;

export class PartFinder extends Acting {
  /** null until somebody has asked. */
  found = $state.raw<Part[] | null>(null);
  part = $state.raw<PartDetail | null>(null);
  /** Most free pieces first. */
  shelves = $state.raw<Shelf[]>([]);

  async search(words: string): Promise<void> {
    this.found = this.part = null;
    await this.newest(
      () => session.client.list<Part>("/parts/v1/parts", { q: words, limit: MOST_FOUND }, MOST_FOUND),
      (found) => (this.found = found),
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

export function free(shelf: Shelf): number {
  return shelf.on_hand - shelf.claimed;
}
