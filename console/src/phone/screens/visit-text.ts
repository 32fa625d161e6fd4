/** A visit in words. */

import { distanceText, t, word } from "../i18n/text";
import { siteTime } from "../../model/time";
import type { Done } from "../model/phone.svelte";
import { counts } from "../model/steps";
import type { Kind, Order, Visit } from "../model/wire";

/** A place that is known better than this is where one drives to. */
const COARSE_M = 1000;
const OPEN_CLOCKS = ["breached", "at_risk", "running"];
const MOVES: Partial<Record<Kind, string>> = {
  acknowledge: "acknowledged",
  depart: "travelling",
  check_in: "on_site",
  complete: "done",
  decline: "declined",
};
/** The further one counts: an answer of the server's may be older than what this phone did since. */
const ORDER = ["planned", "dispatched", "acknowledged", "travelling", "on_site", "done", "declined", "cancelled"];
const TONES: Record<string, string> = { dispatched: "at_risk", travelling: "running", on_site: "running", done: "met" };

/** The state as it will be once everything is with the server; `waiting` while something has not been sent. */
export function stateOf(visit: Visit, operations: readonly Done[]): { state: string; waiting: boolean; tone: string } {
  const mine = operations.filter((row) => row.appointment_id === visit.id && counts(row));
  const moves = mine.map((row) => MOVES[row.kind]).filter((state) => state !== undefined);
  const state = [visit.state, ...moves].reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a));
  return { state, waiting: mine.some((row) => row.state === "waiting"), tone: TONES[state] ?? "calm" };
}

/** The promise that is due next. */
export function pressingClock(order: Order | null): { tone: string; text: (nowMs: number) => string } | null {
  const open = (order?.clocks ?? []).filter((clock) => OPEN_CLOCKS.includes(clock.state));
  const first = open.sort((a, b) => a.due.localeCompare(b.due))[0];
  if (first === undefined) return null;
  const text = (nowMs: number): string =>
    t("order.due", { clock: word("clock", first.name), time: siteTime(first.due, nowMs) });
  return { tone: first.state, text };
}

/** Said when the place is but the middle of a town or county, or a stretch of road: nobody drives there unasked. */
export function coarseText(order: Order): string | null {
  const metres = order.place_error_m;
  if (!order.place || !(metres >= COARSE_M)) return null;
  return t("order.coarse", { distance: distanceText(metres), place: order.place_matched ?? order.stake ?? "–" });
}

export function whereText(visit: Visit): string {
  const order = visit.order;
  return [order?.stake, order?.address].filter(Boolean).join(" ") || (order?.place ? "" : t("order.noPlace"));
}
