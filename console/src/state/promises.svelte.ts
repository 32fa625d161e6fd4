/** Promise templates: the newest version of each, and what a changed one would have done last month. */

import type { Template, TemplateClock, TriedOut } from "../api/promises-wire";
import { lastMonth } from "../model/figures";
import { now } from "./now.svelte";
import { problemText } from "./problem";
import { session } from "./session.svelte";

const PATH = "/orders/v1/promise-templates";

export class Promises {
  templates = $state.raw<Template[] | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);

  async load(): Promise<void> {
    try {
      const { items } = await session.client.get<{ items: Template[] }>(PATH);
      const newest = new Map(items.map((one) => [one.template_id, one])); // versions come in their order
      this.templates = [...newest.values()].sort((one, other) => other.priority - one.priority);
    } catch (error) {
      this.problem = problemText(error);
    }
  }

  /** The month that is tried on: the last one that is over. */
  get month(): string {
    return lastMonth(now.ms);
  }

  async tryOut(template: Template, clocks: TemplateClock[]): Promise<TriedOut | null> {
    const [year = 0, month = 0] = this.month.split("-").map(Number);
    const begin = `${this.month}-01T00:00:00+08:00`;
    const until = `${month === 12 ? year + 1 : year}-${String((month % 12) + 1).padStart(2, "0")}-01T00:00:00+08:00`;
    return this.#act(() => session.client.post<TriedOut>(`${PATH}/try`, { template: { ...template, clocks }, begin, until }));
  }

  /** The version that now holds for new orders, or null when it was refused. */
  async publish(template: Template, clocks: TemplateClock[]): Promise<number | null> {
    const following = template.version + 1;
    const body = { ...template, clocks, version: following, valid_from: new Date(now.ms).toISOString() };
    const made = await this.#act(() => session.client.post<Template>(PATH, body));
    if (made !== null) await this.load();
    return made === null ? null : following;
  }

  async #act<T>(action: () => Promise<T>): Promise<T | null> {
    this.busy = true;
    this.problem = null;
    try {
      return await action();
    } catch (error) {
      this.problem = problemText(error);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
