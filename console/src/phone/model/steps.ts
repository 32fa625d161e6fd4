/** Which step of a visit comes next: from what the server says, and what this phone has done and not yet been told. */

import type { Kind, Order, Result, Visit } from "./wire";

export type Step = "acknowledge" | "depart" | "check_in" | "work_started" | "diagnosed" | "restored" | "complete";

/** The server's word that a step is done, by the state of the appointment … */
const PROGRESS = ["planned", "dispatched", "acknowledged", "travelling", "on_site", "done"];
const REACHED: Partial<Record<Step, string>> = { acknowledge: "acknowledged", depart: "travelling", check_in: "on_site", complete: "done" };
/** … or by a time of the order. */
const STAMPED: Partial<Record<Step, string>> = {
  work_started: "work_started_at",
  diagnosed: "diagnosed_at",
  restored: "restored_at",
  complete: "completed_at",
};

/** The steps of this kind of work, in their order; the second of a crew leaves what follows the arrival to the lead. */
export function stepsOf(visit: Visit): Step[] {
  const order = visit.order;
  if (visit.appointment?.role === "second") return ["acknowledge", "depart", "check_in"];
  const steps: Step[] = ["acknowledge", "depart", "check_in", "work_started"];
  if (order?.gates.includes("diagnosed")) steps.push("diagnosed");
  if (order?.kind === "breakdown") steps.push("restored");
  return [...steps, "complete"];
}

/** Null when nothing is left to do. `told` are the kinds of this phone's own operations that were not refused. */
export function nextStep(visit: Visit, told: ReadonlySet<Kind>): Step | null {
  if (visit.state === "declined" || visit.state === "cancelled" || told.has("decline")) return null;
  return stepsOf(visit).find((step) => !isDone(step, visit, told)) ?? null;
}

/** Whether the engineer is there and has something left to do: only then are control points passed. */
export function isAtWork(visit: Visit, told: ReadonlySet<Kind>): boolean {
  return nextStep(visit, told) !== null && isDone("check_in", visit, told);
}

function isDone(step: Step, visit: Visit, told: ReadonlySet<Kind>): boolean {
  if (told.has(step) || (step === "diagnosed" && told.has("parts_request"))) return true;
  const reached = REACHED[step];
  if (reached !== undefined && PROGRESS.indexOf(visit.state) >= PROGRESS.indexOf(reached)) return true;
  const stamp = STAMPED[step];
  return stamp !== undefined && isKnown(visit.order, stamp);
}

/** Whether the server has this time of the order; one that it doubts waits for a person there, and was told all the same. */
export function isKnown(order: Order | null, time: string): boolean {
  return Boolean(order?.times[time]) || (order?.flagged ?? []).some((fact) => fact.field === time);
}

/** Whether it was done as far as anybody knows: what was refused was not, also when the refusal was read long ago. */
export function counts(row: { answer: Result | null }): boolean {
  return row.answer?.status !== "rejected";
}
