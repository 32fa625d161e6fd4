/** Which branch and territory the board shows; remembered for the next visit. */

import type { Client } from "../api/client";
import type { Branch, Territory } from "../api/wire";

const REMEMBERED = "roadcall.scope";

interface Choice {
  branch: string | null;
  territory: string | null;
}

export class Scope {
  branches = $state.raw<Branch[]>([]);
  #territories = $state.raw<Territory[]>([]);
  branchId = $state<string | null>(null);
  /** null shows all territories of the branch. */
  territoryId = $state<string | null>(null);

  /** The territories of the chosen branch. */
  get territories(): Territory[] {
    return this.#territories.filter((territory) => territory.branch_id === this.branchId);
  }

  /** The territories on show. */
  get shown(): Territory[] {
    const all = this.territories;
    return this.territoryId === null ? all : all.filter((territory) => territory.id === this.territoryId);
  }

  async load(client: Client, home: string | null): Promise<void> {
    [this.branches, this.#territories] = await Promise.all([
      client.list<Branch>("/stations/v1/branches", {}, 500),
      client.list<Territory>("/stations/v1/territories", {}, 2000),
    ]);
    const remembered = readChoice();
    const known = this.branches.map((branch) => branch.id);
    const wanted = [home, remembered.branch, known[0] ?? null].find((id) => id !== null && known.includes(id));
    this.branchId = wanted ?? null;
    const territory = this.territories.find((one) => one.id === remembered.territory);
    this.territoryId = territory?.id ?? null;
  }

  choose(branchId: string | null, territoryId: string | null): void {
    this.branchId = branchId;
    this.territoryId = territoryId;
    localStorage.setItem(REMEMBERED, JSON.stringify({ branch: branchId, territory: territoryId }));
  }
}

function readChoice(): Choice {
  try {
    const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") as Partial<Choice>;
    return { branch: kept.branch ?? null, territory: kept.territory ?? null };
  } catch {
    return { branch: null, territory: null };
  }
}
