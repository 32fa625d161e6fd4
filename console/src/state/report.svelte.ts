/** One month's report: figures with their definitions, scorecards, and the orders behind a figure. */

import type { Card, Case, Definition, Figure, Month, Scorecards } from "../api/report-wire";
import { download } from "./download";
import { problemText } from "./problem";
import { session } from "./session.svelte";

const BASE = "/orders/v1";

export class Report {
  readonly month: string;
  definitions = $state.raw<Map<string, Definition>>(new Map());
  data = $state.raw<Month | null>(null);
  cards = $state.raw<Card[]>([]);
  engineers = $state.raw<Card[]>([]);
  opened = $state.raw<{ figure: Figure; cases: Case[] } | null>(null);
  problem = $state<string | null>(null);

  constructor(month: string) {
    this.month = month;
  }

  async load(): Promise<void> {
    try {
      const listed = await session.client.get<{ items: Definition[] }>(`${BASE}/kpi-definitions`);
      this.definitions = new Map(listed.items.map((one) => [one.kpi, one]));
      this.data = await session.client.get<Month>(`${BASE}/kpis`, { month: this.month });
      [this.cards, this.engineers] = await Promise.all([this.#cards("station"), this.#cards("engineer")]);
      this.problem = null;
    } catch (error) {
      this.problem = problemText(error);
    }
  }

  async #cards(of: "station" | "engineer"): Promise<Card[]> {
    return (await session.client.get<Scorecards>(`${BASE}/scorecards`, { period: this.month, of })).cards;
  }

  /** The orders behind a figure, worst first. */
  async open(figure: Figure): Promise<void> {
    const { kpi, kind, scope_id, branch_id } = figure;
    try {
      const found = await session.client.get<{ items: Case[] }>(`${BASE}/kpis/${kpi}/orders`, {
        month: this.month,
        kind,
        scope_id,
        branch_id,
        limit: 50,
      });
      this.opened = { figure, cases: found.items };
    } catch (error) {
      this.problem = problemText(error);
    }
  }

  close(): void {
    this.opened = null;
  }

  /** Saves the figures or scorecards as a file. */
  async save(what: "kpis" | "stations" | "engineers", form: "csv" | "xlsx"): Promise<void> {
    try {
      await download(`${BASE}/reports/${this.month}.${form}?what=${what}`, `${what}-${this.month}.${form}`);
    } catch (error) {
      this.problem = problemText(error);
    }
  }
}
