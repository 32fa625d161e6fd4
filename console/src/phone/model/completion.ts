/** The completion form against the gates of its kind of work: the engineer is told before, not by a refusal. */

import type { Kind, Visit } from "./wire";

export type ItemResult = "ok" | "failed" | "not_applicable";

export interface Completion {
  checklist: Record<string, ItemResult>;
  km: number | null;
  h: number | null;
  test: "passed" | "failed" | null;
  signed: boolean;
}

/** Gates that are not met yet, in the order of the work. */
export function missingIn(visit: Visit, told: ReadonlySet<Kind>, form: Completion): string[] {
  const times = visit.order?.times ?? {};
  const met: Record<string, boolean> = {
    work_started: told.has("work_started") || Boolean(times["work_started_at"]),
    diagnosed: told.has("diagnosed") || told.has("parts_request") || Boolean(times["diagnosed_at"]),
    checklist: (visit.order?.checklist ?? []).every((item) => item in form.checklist),
    meter_reading: form.km !== null || form.h !== null,
    test_passed: form.test === "passed",
    signature: form.signed,
  };
  return (visit.order?.gates ?? []).filter((gate) => met[gate] === false);
}

/** What was certainly needed is taken as used; what was only likely starts at none. */
export function startLines(visit: Visit): Record<string, number> {
  const lines: Record<string, number> = {};
  for (const line of visit.order?.kit ?? []) {
    const sourced = visit.appointment?.sourcing.find((one) => one.line === line.line);
    lines[sourced?.used_part ?? line.part] = line.probability >= 1 ? line.quantity : 0;
  }
  return lines;
}
