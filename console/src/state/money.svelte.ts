/** What broken promises cost: proposals to decide, the month's budget of a branch, and the month's files. */

import type { Budget, Remedy } from "../api/money-wire";
import type { Branch } from "../api/wire";
import { siteMonth } from "../model/time";
import { Acting } from "./acting.svelte";
import { download } from "./download";
import { now } from "./now.svelte";
import { session } from "./session.svelte";

const BASE = "/orders/v1";
export const MOST = 200;
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
  month = $state(siteMonth(now.ms));
  budget = $state.raw<Budget | null>(null);
  decidedToo = $state(false);
  /** Whether there is more than is shown. */
  cut = $state(false);

  async load(): Promise<void> {
    const known = await this.done(async () => {
      if (session.me === null) await session.resume();
      this.branches = await session.client.list<Branch>("/stations/v1/branches", {}, MOST);
      this.branchId ||= session.me?.branch_id ?? this.branches[0]?.id ?? "";
    });
    if (known) await this.look();
  }

  /** What is proposed, the chosen month's decisions when they are asked for, and the budget where it may be seen. */
  async look(): Promise<void> {
    const { month, branchId } = this;
    const branch_id = branchId || undefined;
    const budgeted = session.mayReadBudgets && branchId !== "";
    this.budget = null;
    await this.newest(
      () =>
        Promise.all([
          session.client.list<Remedy>(`${BASE}/remedies`, { branch_id, state: "proposed" }, MOST),
          this.decidedToo ? session.client.list<Remedy>(`${BASE}/remedies`, { branch_id, decided_in: month }, MOST) : [],
          budgeted ? session.client.get<Budget>(`${BASE}/goodwill-budgets/${branchId}/${month}`) : null,
        ]),
      ([proposed, decided, budget]) => {
        [this.remedies, this.budget] = [[...proposed, ...decided], budget];
        this.cut = proposed.length === MOST || decided.length === MOST;
      },
    );
  }

  /** Another branch: what is shown of the one before goes at once. */
  async choose(branchId: string): Promise<void> {
    [this.branchId, this.remedies] = [branchId, null];
    await this.look();
  }

  /** Throws when it is refused. */
  async decide(remedy: Remedy, decision: Decision): Promise<void> {
    await session.client.post(`${BASE}/remedies/${remedy.remedy_id}/decision`, decision);
    await this.look();
  }

  async setBudget(amount_fen: number): Promise<void> {
    const path = `${BASE}/goodwill-budgets/${this.branchId}/${this.month}`;
    if (await this.done(() => session.client.put(path, { amount_fen }))) await this.look();
  }

  async save(what: (typeof FILES)[number], form: "csv" | "xlsx"): Promise<void> {
    await this.act(() => download(`${BASE}/exports/${what}/${this.month}.${form}`, `${what}-${this.month}.${form}`));
  }
}
