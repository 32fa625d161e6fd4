/** What the customer's link answers (services/orders/api/tracking.py). */

export interface Tracked {
  number: string;
  state: string;
  waiting_reason: string | null;
  work_type: string;
  work_name_zh: string;
  work_name_en: string;
  plate: string | null;
  model: string;
  engineer: string | null;
  eta: { earliest: string; latest: string; basis: "history" | "cautious" } | null;
  parts: { part: string; name_zh: string; name_en: string; state: string; eta: string | null }[];
  stages: { stage: string; at: string | null }[];
  promises: { clock: string; due: string; state: string }[];
  replacement_moving_at: string | null;
  can_rate: boolean;
  rating: number | null;
}
