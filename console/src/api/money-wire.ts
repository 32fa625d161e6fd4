/** What the routes of remedies, budgets and an order's money answer (services/orders/api/remedies.py, exports.py). */

export interface Remedy {
  remedy_id: string;
  order_id: string;
  number: string;
  branch_id: string;
  /** The broken clock; null when a person asked. */
  clock: string | null;
  kind: string;
  amount_fen: number;
  work_type: string | null;
  state: string;
  reason: string;
  proposed_at: string;
  decided_at: string | null;
  decided_by: string | null;
  note: string | null;
  month: string | null;
  opened_order_id: string | null;
}

export interface Budget {
  branch_id: string;
  month: string;
  /** Null when none is set: nothing can be approved then. */
  amount_fen: number | null;
  spent_fen: number;
}

export interface OrderMoney {
  payer: string;
  work_s: number;
  labour_cost_fen: number;
  parts_fen: number;
  late_fen: number;
  goodwill_fen: number;
  replacement_fen: number;
  cost_fen: number;
  revenue_fen: number;
  margin_fen: number;
}
