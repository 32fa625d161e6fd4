/** How pressing an order is: the queue's order, the counters and the colours come from here. */

import type { Order, PromiseClock } from "../api/wire";

export type Risk = "breached" | "at_risk" | "running" | "calm";

const ENDED = new Set(["completed", "confirmed", "closed", "cancelled"]);
const SEVERITY: Record<Risk, number> = { breached: 0, at_risk: 1, running: 2, calm: 3 };

export function isOpen(order: Pick<Order, "state">): boolean {
  return !ENDED.has(order.state);
}

/** A clock that still counts: its promise is neither kept, given up nor paused. */
export function isTicking(clock: PromiseClock): boolean {
  return !clock.stopped_at && ["running", "at_risk", "breached"].includes(clock.state);
}

/**
 * The risk of one clock now. A running clock whose time is up is shown as breached at once, although the service
 * marks it a moment later.
 */
export function clockRisk(clock: PromiseClock, nowMs: number): Risk {
  if (clock.state === "breached") return "breached";
  if (!isTicking(clock)) return "calm";
  if (Date.parse(clock.due) <= nowMs) return "breached";
  return clock.state === "at_risk" ? "at_risk" : "running";
}

/** The clock that matters most now: breached before at risk before running, then the one that is due first. */
export function pressingClock(order: Order, nowMs: number): PromiseClock | null {
  const ticking = order.clocks.filter(isTicking);
  return ticking.sort((a, b) => compareClocks(a, b, nowMs))[0] ?? null;
}

export function orderRisk(order: Order, nowMs: number): Risk {
  if (!isOpen(order)) return "calm";
  const clock = pressingClock(order, nowMs);
  return clock === null ? "calm" : clockRisk(clock, nowMs);
}

/** A new array, most pressing first; equal ones by number, so that rows do not jump about. */
export function byRisk(orders: Iterable<Order>, nowMs: number): Order[] {
  const keyed = Array.from(orders, (order) => {
    const clock = isOpen(order) ? pressingClock(order, nowMs) : null;
    const severity = SEVERITY[clock === null ? "calm" : clockRisk(clock, nowMs)];
    return { order, severity, due: clock === null ? Infinity : Date.parse(clock.due) };
  });
  keyed.sort(
    (a, b) => a.severity - b.severity || compareNumbers(a.due, b.due) || a.order.number.localeCompare(b.order.number),
  );
  return keyed.map((entry) => entry.order);
}

export interface Counts {
  open: number;
  at_risk: number;
  breached: number;
  unassigned: number;
}

/** What the counters show. `unassigned` holds the reason of each order that the plans leave out. */
export function countRisks(orders: Iterable<Order>, unassigned: ReadonlyMap<string, string>, nowMs: number): Counts {
  const counts: Counts = { open: 0, at_risk: 0, breached: 0, unassigned: 0 };
  for (const order of orders) {
    if (!isOpen(order)) continue;
    counts.open += 1;
    const risk = orderRisk(order, nowMs);
    if (risk === "at_risk" || risk === "breached") counts[risk] += 1;
    if (unassigned.has(order.id)) counts.unassigned += 1;
  }
  return counts;
}

function compareClocks(a: PromiseClock, b: PromiseClock, nowMs: number): number {
  const bySeverity = SEVERITY[clockRisk(a, nowMs)] - SEVERITY[clockRisk(b, nowMs)];
  return bySeverity || Date.parse(a.due) - Date.parse(b.due);
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b; // Infinity − Infinity is not a number
}
