/** The coming days of a business calendar that are not as their weekday, and the operator's word on a day. */

import type { BusinessCalendar, CalendarDay } from "../api/promises-wire";
import { siteDay } from "../model/time";
import { Acting } from "./acting.svelte";
import { now } from "./now.svelte";
import { session } from "./session.svelte";

const DAY_MS = 86_400_000;
const AHEAD_DAYS = 180;

export class CalendarDays extends Acting {
  days = $state.raw<CalendarDay[] | null>(null);

  async show(calendar: BusinessCalendar): Promise<void> {
    const from = siteDay(now.ms);
    const until = siteDay(now.ms + AHEAD_DAYS * DAY_MS);
    await this.newest(
      () => session.client.get<{ items: CalendarDay[] }>(`/orders/v1/calendars/${calendar.calendar}/days`, { from, until }),
      ({ items }) => (this.days = items.filter((one) => one.note !== null || one.workday === isDayOff(calendar, one.day))),
    );
  }

  /** How many running orders were judged anew. `workday` null takes the operator's word back. Throws what is refused. */
  async decide(calendar: BusinessCalendar, day: string, workday: boolean | null, note: string): Promise<number> {
    const path = `/orders/v1/calendars/${calendar.calendar}/days/${day}`;
    const { orders_judged } = await session.client.put<{ orders_judged: number }>(path, { workday, note });
    await this.show(calendar);
    return orders_judged;
  }
}

/** Whether the weekday of the day is one that is off. */
function isDayOff(calendar: BusinessCalendar, day: string): boolean {
  const sundayFirst = new Date(`${day}T00:00:00Z`).getUTCDay();
  return calendar.days_off.includes((sundayFirst + 6) % 7);
}
