/** How KPI figures are written, grouped and judged on the report. */

import type { Definition, Figure, ScopeKind } from "../api/report-wire";
import { yuan } from "./money";

/** The report's sections: the four of 四化, then what stands beside them. Every KPI is in exactly one (a test looks). */
export const SECTIONS = {
  knowledge: ["first_visit_fix", "repeat_repair", "mttr_work", "on_site_time", "kit_complete"],
  proactive: ["inspection_completion", "vehicle_availability", "callback_station", "callback_branch", "callback_head_office"],
  refined: ["response_time", "time_to_schedule", "time_to_travel", "arrival_time", "mttres", "time_to_complete", "control_points"],
  differentiated: ["promise_respond", "promise_arrive", "promise_restore", "promise_complete", "promise_cost"],
  day: ["restored_24h", "moved_on_24h", "replacement_in_time", "replacement_decision", "replacement_cost"],
  crews: ["engineer_utilisation", "engineer_on_site", "travel_share", "km_per_visit", "schedule_adherence", "plan_churn", "override_rate", "override_value"],
  stock: ["parts_fill", "stock_out", "order_to_door", "turnover", "dead_stock", "stock_accuracy", "forecast_wape", "forecast_bias"],
  foresight: ["promise_brier", "promise_foretold", "promise_came_true", "fix_brier", "fix_foretold", "fix_came_true"],
  customers: ["csat", "survey_response", "service_compliance", "complaint_closure", "complaint_reopened"],
} as const;

export type Section = keyof typeof SECTIONS;

/** The maker's goals; below them a figure is marked. */
export const GOALS: Record<string, number> = {
  promise_respond: 0.95,
  promise_arrive: 0.95,
  promise_restore: 0.95,
  promise_complete: 0.95,
  csat: 0.95,
  service_compliance: 0.95,
};

export function misses(kpi: string, mean: number | null): boolean {
  const goal = GOALS[kpi];
  return goal !== undefined && mean !== null && mean < goal;
}

/** "93.4 %", "2 h 05 min", "¥1,200"; a dash when there is nothing to tell. */
export function written(unit: Definition["unit"], value: number | null): string {
  if (value === null) return "–";
  if (unit === "share") return `${(100 * value).toFixed(1)} %`;
  if (unit === "km") return `${value.toFixed(1)} km`;
  if (unit === "score") return value.toFixed(3);
  if (unit === "times") return `${value.toFixed(2)} ×`;
  return unit === "fen" ? yuan(value) : duration(value);
}

/** How much was counted: "412" cases, "1,240 h" of paid time, "¥1,200" of stock, "35" pieces. */
export function size(counted: Definition["counted"], n: number): string {
  if (counted === "minutes") return `${Math.round(n / 60).toLocaleString("en")} h`;
  return counted === "yuan" ? yuan(100 * n) : n.toLocaleString("en");
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${(minutes / 1440).toFixed(1)} d`;
}

const WIDEST: readonly ScopeKind[] = ["network", "branch", "station", "engineer"];

/** The figures of the widest scope among these: the network's, else one's branch, station or own. */
export function widest(figures: readonly Figure[]): Figure[] {
  const kind = WIDEST.find((one) => figures.some((figure) => figure.kind === one));
  return figures.filter((figure) => figure.kind === kind);
}

/** A decile of what was foretold: "70–80 %" are chances from 0.7 to below 0.8. */
export function decile(scope_id: string): string {
  const from = 10 * Number(scope_id);
  return `${from}–${from + 10} %`;
}

/** The last month that is over, in the network's zone: "2026-10". */
export function lastMonth(nowMs: number): string {
  const local = new Date(nowMs + 8 * 3_600_000);
  const first = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() - 1, 1));
  return first.toISOString().slice(0, 7);
}

/** This quarter and the seven before it, newest first: "2026-Q4". */
export function quarters(nowMs: number): string[] {
  const local = new Date(nowMs + 8 * 3_600_000);
  const newest = local.getUTCFullYear() * 4 + Math.floor(local.getUTCMonth() / 3);
  return Array.from({ length: 8 }, (_, back) => `${Math.floor((newest - back) / 4)}-Q${((newest - back) % 4) + 1}`);
}
