/** What the routes of promise templates take and answer (services/orders/api/promise_templates.py). */

export interface TemplateClock {
  clock: string;
  start: string;
  seconds: number;
  stops: string[];
  price_fen_per_hour: number;
  cap_fen: number;
  step_fen: number;
  calendar: string | null;
  [other: string]: unknown;
}

export interface Template {
  template_id: string;
  version: number;
  name_zh: string;
  name_en: string;
  priority: number;
  valid_from: string | null;
  valid_until: string | null;
  match: Record<string, unknown>;
  clocks: Record<string, unknown>[];
}

export interface TriedOut {
  orders: number;
  taken: number;
  lost_to: Record<string, number>;
  clocks: Record<string, { met: number; breached: number; running: number; late_fen: number }>;
  broken_orders: number;
  late_fen: number;
  actual_broken_orders: number;
  actual_late_fen: number;
  worst: { order_id: string; number: string; clock: string; late_seconds: number; late_fen: number }[];
}
