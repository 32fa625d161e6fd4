/** What the KPI routes answer (services/orders/api/kpi_wire.py). */

export type ScopeKind = "network" | "branch" | "station" | "engineer" | "tier" | "product" | "decile";

export interface Definition {
  kpi: string;
  name_zh: string;
  name_en: string;
  unit: "seconds" | "share" | "fen" | "km" | "times" | "score";
  better: "high" | "low";
  population: string;
  service: string;
  counted: "cases" | "minutes" | "yuan" | "pieces";
}

export interface Figure {
  kpi: string;
  kind: ScopeKind;
  scope_id: string;
  branch_id: string;
  n: number;
  mean: number | null;
  p90: number | null;
  frozen_n: number | null;
  frozen_mean: number | null;
}

export interface Month {
  month: string;
  frozen_at: string | null;
  figures: Figure[];
  adjustments: { kpi: string; kind: ScopeKind; n: number; found_at: string }[];
  /** Services whose figures are missing, for they could not be asked. */
  silent: string[];
}

export interface Case {
  order_id: string;
  number: string;
  value: number;
  station_id: string;
  reported_at: string;
}

export interface Card {
  scope_id: string;
  branch_id: string;
  score: number | null;
  passed: boolean;
  stars: number;
  lines: { kpi: string; n: number; mean: number | null; points: number | null; weight: number }[];
  outside: { evaluator: string; score: number; note: string }[];
}

export interface Scorecards {
  period: string;
  of: "station" | "engineer";
  weights_version: number;
  cards: Card[];
}

/** One engineer's work of one kind: how often something was not in order (services/orders/api/control_points.py). */
export interface Walked {
  station_id: string;
  /** Empty when nobody was sent. */
  engineer_id: string;
  work_type: string;
  orders: number;
  flawed: number;
  disordered: number;
  skipped: Record<string, number>;
}
