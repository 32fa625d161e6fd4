/** What the routes of promise templates take and answer (services/orders/api/promise_templates.py). */

export interface Pause {
  reason: string;
  limit_s: number | null;
  proof: boolean;
}

export interface TemplateClock {
  clock: string;
  start: string;
  seconds: number;
  stops: string[];
  pauses: Pause[];
  /** Share of the time after which a warning is raised; 1 for none. */
  warn_at: number;
  price_fen_per_hour: number;
  step_fen: number;
  cap_fen: number;
  calendar: string | null;
}

export interface Remedy {
  clock: string;
  kind: string;
  amount_fen: number;
  work_type: string | null;
}

export interface Template {
  template_id: string;
  version: number;
  name_zh: string;
  name_en: string;
  priority: number;
  valid_from: string | null;
  valid_until: string | null;
  /** What an order must be, by trait; an empty list means any. */
  match: Record<string, unknown>;
  replacement_products: string[];
  clocks: Record<string, unknown>[];
  remedies: Record<string, unknown>[];
}

/** A template as a person changes it. */
export interface Draft extends Omit<Template, "clocks" | "remedies" | "match"> {
  match: Record<string, string[]>;
  clocks: TemplateClock[];
  remedies: Remedy[];
}

export interface BusinessCalendar {
  calendar: string;
  name_zh: string;
  name_en: string;
  /** Weekdays that are off, 0 Monday to 6 Sunday. */
  days_off: number[];
}

/** A day as clocks count it. */
export interface CalendarDay {
  day: string;
  workday: boolean;
  /** Null unless the operator decided on the day. */
  note: string | null;
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
