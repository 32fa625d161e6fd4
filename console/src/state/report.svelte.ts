/** One month's report: figures with their definitions, scorecards, control points, and the orders behind a figure. */

import type { Case, Definition, Figure, Month, ScopeKind, Scorecards, Walked } from "../api/report-wire";
import type { Engineer, Station } from "../api/wire";
import { nameOf, word } from "../i18n/text.svelte";
import { download } from "./download";
import { problemText } from "./problem";
import { session } from "./session.svelte";

const BASE = "/orders/v1";
const MOST_NAMES = 5_000;
const MOST_WALKED = 50;

export class Report {
  readonly month: string;
  definitions = $state.raw<Map<string, Definition>>(new Map());
  data = $state.raw<Month | null>(null);
  cards = $state.raw<Scorecards | null>(null);
  engineers = $state.raw<Scorecards | null>(null);
  /** Whose control points were not in order, where most is wrong first. */
  walked = $state.raw<Walked[]>([]);
  opened = $state.raw<{ figure: Figure; cases: Case[] } | null>(null);
  problem = $state<string | null>(null);
  /** How stations and engineers are called. */
  #names = $state.raw<ReadonlyMap<string, string>>(new Map());

  constructor(month: string) {
    this.month = month;
  }

  async load(): Promise<void> {
    try {
      const listed = await session.client.get<{ items: Definition[] }>(`${BASE}/kpi-definitions`);
      this.definitions = new Map(listed.items.map((one) => [one.kpi, one]));
      this.data = await session.client.get<Month>(`${BASE}/kpis`, { month: this.month });
      [this.cards, this.engineers] = await Promise.all([this.#cards("station"), this.#cards("engineer")]);
      const walked = await session.client.get<{ items: Walked[] }>(`${BASE}/control-points`, { month: this.month, limit: MOST_WALKED });
      this.walked = walked.items.filter((one) => one.flawed > 0);
      this.problem = null;
    } catch (error) {
      this.problem = problemText(error);
    }
    await this.#learnNames();
  }

  /** What a row is called: the tier, the station or the engineer; the id of who has no name here. */
  named(kind: ScopeKind, id: string): string {
    return kind === "tier" ? word("tier", id) : (this.#names.get(id) ?? id);
  }

  /** The report is whole without names: when stations is out of reach, ids stand. */
  async #learnNames(): Promise<void> {
    const [stations, engineers] = await Promise.all([
      session.client.list<Station>("/stations/v1/stations", {}, MOST_NAMES).catch(() => []),
      session.client.list<Engineer>("/stations/v1/engineers", {}, MOST_NAMES).catch(() => []),
    ]);
    this.#names = new Map([...stations, ...engineers].map((one) => [one.id, nameOf(one)]));
  }

  #cards(of: "station" | "engineer"): Promise<Scorecards> {
    return session.client.get<Scorecards>(`${BASE}/scorecards`, { period: this.month, of });
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
