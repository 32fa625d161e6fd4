/** What broken promises cost: proposals to decide, the month's budget of a branch, and the month's files. */

import type { Budget, Remedy } from "../api/money-wire";
import type { Branch } from "../api/wire";
import { Acting } from "./acting.svelte";
import { download } from "./download";
import { now } from "./now.svelte";
import { session } from "./session.svelte";

const BASE = "/orders/v1";
const MOST = 200;
export const FILES = ["costs", "work-sheets", "warranty-claims"] as const;

export interface Decision {
  approved: boolean;
  amount_fen?: number;
  note: string;
}

export class MoneyDesk extends Acting {
  remedies = $state.raw<Remedy[] | null>(null);
  branches = $state.raw<Branch[]>([]);
  branchId = $state("");
  month = $state(new Date(now.ms + 8 * 3600_000).toISOString().slice(0, 7)); // of Beijing
  budget = $state.raw<Budget | null>(null);
  decidedToo = $state(false);

  async load(): Promise<void> {
    await this.act(async () => {
      if (session.me === null) await session.resume();
      this.branches = await session.client.list<Branch>("/stations/v1/branches", {}, MOST);
      this.branchId ||= session.me?.branch_id ?? this.branches[0]?.id ?? "";
      await this.#look();
    });
  }

  /** Another month or branch, or what was decided as well. */
  async look(): Promise<void> {
    await this.act(() => this.#look());
  }

  decide(remedy: Remedy, decision: Decision): Promise<boolean> {
    return this.done(async () => {
      await session.client.post(`${BASE}/remedies/${remedy.remedy_id}/decision`, decision);
      await this.#look();
    });
  }

  async setBudget(amount_fen: number): Promise<void> {
    await this.act(async () => {
      await session.client.put(`${BASE}/goodwill-budgets/${this.branchId}/${this.month}`, { amount_fen });
      await this.#look();
    });
  }

  async save(what: (typeof FILES)[number], form: "csv" | "xlsx"): Promise<void> {
    await this.act(() => download(`${BASE}/exports/${what}/${this.month}.${form}`, `${what}-${this.month}.${form}`));
  }

  async #look(): Promise<void> {
    const state = this.decidedToo ? undefined : "proposed";
    [this.remedies, this.budget] = await Promise.all([
      session.client.list<Remedy>(`${BASE}/remedies`, { state }, MOST),
      this.branchId === "" ? null : session.client.get<Budget>(`${BASE}/goodwill-budgets/${this.branchId}/${this.month}`),
    ]);
  }
}
