/** Promise templates: the newest version of each, and what a changed one would have done last month. */

import type { BusinessCalendar, Draft, Template, TriedOut } from "../api/promises-wire";
import { lastMonth } from "../model/figures";
import { Acting } from "./acting.svelte";
import { now } from "./now.svelte";
import { problemText } from "./problem";
import { session } from "./session.svelte";

const PATH = "/orders/v1/promise-templates";

export class Promises extends Acting {
  templates = $state.raw<Template[] | null>(null);
  calendars = $state.raw<BusinessCalendar[]>([]);

  async load(): Promise<void> {
    try {
      if (session.me === null) await session.resume();
      const [{ items }, calendars] = await Promise.all([
        session.client.get<{ items: Template[] }>(PATH),
        session.client.get<{ items: BusinessCalendar[] }>("/orders/v1/calendars"),
      ]);
      this.calendars = calendars.items;
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

  /** What the draft would have done that month; null when it is refused. */
  async tryOut(draft: Draft): Promise<TriedOut | null> {
    const [year = 0, month = 0] = this.month.split("-").map(Number);
    const begin = `${this.month}-01T00:00:00+08:00`;
    const until = `${month === 12 ? year + 1 : year}-${String((month % 12) + 1).padStart(2, "0")}-01T00:00:00+08:00`;
    const template = { ...draft, version: draft.version + 1 };
    return this.act(() => session.client.post<TriedOut>(`${PATH}/try`, { template, begin, until }));
  }

  /** The version that now holds for new orders, or null when it was refused. */
  async publish(draft: Draft): Promise<number | null> {
    const following = draft.version + 1;
    const body = { ...draft, version: following, valid_from: new Date(now.ms).toISOString() };
    const made = await this.act(() => session.client.post<Template>(PATH, body));
    if (made !== null) await this.load();
    return made === null ? null : following;
  }
}
