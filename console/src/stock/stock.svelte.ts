/** What the page of stock shows: the newest plan with its proposals, forecast errors, movers, structure. */

import type { Client, Query } from "../api/client";
import type { Branch } from "../api/wire";
import { siteMonth } from "../model/time";
import { Acting } from "../state/acting.svelte";
import { now } from "../state/now.svelte";
import { session } from "../state/session.svelte";
import type { ForecastErrors, MissedPromises, Mover, Proposal, StockKpis, StockPlan, Structure } from "./wire";

const POLL_MS = 1500;
export const MOST_PROPOSALS = 200;
const MOST_PLANS = 1000;

export interface Asked {
  target_fill: number;
  budget_fen: number | null;
  lead_days: number;
  depot_lead_days: number;
}

export class Stock extends Acting {
  branches = $state.raw<Branch[]>([]);
  /** null is the whole network, as far as the person may see it. */
  branchId = $state<string | null>(null);
  plan = $state.raw<StockPlan | null>(null);
  proposals = $state.raw<Proposal[]>([]);
  kpis = $state.raw<StockKpis | null>(null);
  missed = $state.raw<MissedPromises | null>(null);
  errors = $state.raw<ForecastErrors | null>(null);
  movers = $state.raw<Mover[] | null>(null);
  structure = $state.raw<Structure | null>(null);
  loading = $state(true);
  settling = $state(false);
  ordered = $state<number | null>(null);
  readonly thisMonth = siteMonth(now.ms);
  month = $state(this.thisMonth);
  readonly #client: Client = session.client;
  #quarter = "";
  #asked = 0;

  async start(quarter: string): Promise<void> {
    const known = await this.done(async () => {
      if (session.me === null) await session.resume();
      this.branches = await this.#client.list<Branch>("/stations/v1/branches", {}, 500);
    });
    this.loading = known;
    this.#quarter = quarter;
    if (known) await this.choose(session.me?.branch_id ?? null);
  }

  /** The stock KPIs of `month`, of the chosen branch. */
  async look(): Promise<void> {
    const month = this.month;
    this.kpis = this.missed = null;
    await Promise.all([
      this.#read<StockKpis>("/parts/v1/kpis", { month }, (kpis) => (this.kpis = kpis)),
      this.#read<MissedPromises>("/parts/v1/kpis/missed-promises", { month }, (missed) => (this.missed = missed)),
    ]);
  }

  async #figures(): Promise<void> {
    const quarter = this.#quarter;
    this.errors = this.movers = this.structure = null;
    await Promise.all([
      this.#read<ForecastErrors>("/parts/v1/forecast-errors", {}, (errors) => (this.errors = errors)),
      this.#read<{ items: Mover[] }>("/parts/v1/fast-movers", { limit: 12 }, (movers) => (this.movers = movers.items)),
      this.#read<Structure>("/parts/v1/structure", { quarter }, (structure) => (this.structure = structure)),
    ]);
  }

  /** Each shows as it comes: those of a whole network take a while. Not when another branch or month is chosen by then. */
  async #read<T>(path: string, query: Query, show: (answer: T) => void): Promise<void> {
    const branch = this.branchId;
    await this.done(async () => {
      const answer = await this.#client.get<T>(path, { ...query, branch_id: branch ?? undefined });
      if (branch === this.branchId && (query.month ?? this.month) === this.month) show(answer);
    });
  }

  stop(): void {
    this.#asked += 1;
  }

  /** The figures and the newest plan of a branch, or of the whole network. */
  async choose(branchId: string | null): Promise<void> {
    this.branchId = branchId;
    await Promise.all([this.look(), this.#figures(), this.#newestPlan(branchId)]);
  }

  async #newestPlan(branchId: string | null): Promise<void> {
    this.ordered = this.plan = null;
    this.loading = true;
    const asked = ++this.#asked;
    await this.act(async () => {
      const query = branchId === null ? {} : { branch_id: branchId, limit: 1 };
      const plans = await this.#client.list<StockPlan>("/parts/v1/stock-plans", query, branchId === null ? MOST_PLANS : 1);
      if (asked === this.#asked) this.loading = false;
      const newest = plans.find((plan) => plan.branch_id === branchId) ?? null;
      await this.#follow(newest, asked);
    });
    if (asked === this.#asked) this.loading = false;
  }

  async ask(body: Asked): Promise<void> {
    const asked = ++this.#asked;
    this.ordered = null;
    await this.act(async () => {
      const made = await this.#client.post<StockPlan>("/parts/v1/stock-plans", { ...body, branch_id: this.branchId });
      await this.#follow(made, asked);
      const branch_id = this.branchId ?? undefined;
      const errors = await this.#client.get<ForecastErrors>("/parts/v1/forecast-errors", { branch_id });
      if (asked === this.#asked) this.errors = errors;
    });
  }

  /** Accepts these proposals, or everything that can be moved. */
  async accept(lines: Proposal[] | null): Promise<void> {
    await this.#settle(async (where) => {
      const body = lines === null ? {} : { lines: lines.map(keyOf) };
      const made = await this.#client.post<{ transfers: string[] }>(`${where}/accepted`, body);
      this.ordered = made.transfers.length;
    });
  }

  async decline(lines: Proposal[]): Promise<void> {
    await this.#settle((where) => this.#client.post<void>(`${where}/declined`, { lines: lines.map(keyOf) }));
  }

  async #settle(work: (where: string) => Promise<void>): Promise<void> {
    const plan = this.plan;
    if (plan === null) return;
    this.settling = true;
    await this.act(async () => {
      await work(`/parts/v1/stock-plans/${plan.id}`);
      await this.#readProposals(plan);
    });
    this.settling = false;
  }

  async #follow(plan: StockPlan | null, asked: number): Promise<void> {
    let current = plan;
    while (asked === this.#asked) {
      this.plan = current;
      this.proposals = [];
      if (current === null) return;
      if (current.state === "done") return this.#readProposals(current);
      if (current.state === "failed") return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      current = await this.#client.get<StockPlan>(`/parts/v1/stock-plans/${current.id}`);
    }
  }

  async #readProposals(plan: StockPlan): Promise<void> {
    const where = `/parts/v1/stock-plans/${plan.id}/proposals`;
    this.proposals = await this.#client.list<Proposal>(where, { state: "open" }, MOST_PROPOSALS);
  }
}

function keyOf(proposal: Proposal): { place_id: string; part: string } {
  return { place_id: proposal.place_id, part: proposal.part };
}
