/** What the routes of causes answer (services/orders/api/causes.py). */

export interface CauseOrders {
  machine: number;
  band: number;
  model: number;
  others: number;
}

export interface RankedCause {
  cause: string;
  name_zh: string;
  name_en: string;
  prior: number;
  parts: Record<string, number>;
  orders: CauseOrders;
  count: number;
  share: number;
  spread: number;
}

export interface KitPart {
  part: string;
  quantity: number;
  probability: number;
}

export interface Advice {
  model: string;
  band: string;
  weights: CauseOrders;
  faults: { fault: string; name_zh: string; name_en: string; causes: RankedCause[] }[];
  kit: { lines: KitPart[]; left_out: KitPart[]; fix_chance: number; carry_fen: number; unpriced: string[] };
  found: { fault: string; cause: string; note: string; told_by: string; told_at: string }[];
}
