/** What the page of stock reads from parts. Money in fen, shares from 0 to 1. */

export interface Outcome {
  fill_rate: number;
  value_fen: number;
}

export interface StockPlan {
  id: string;
  branch_id: string | null;
  state: "queued" | "done" | "failed";
  created_at: string;
  problem: string | null;
  result: {
    fill_rate: number;
    enough: boolean;
    value_fen: number;
    present_value_fen: number;
    to_move: { lines: number; pieces: number };
    to_buy: { lines: number; value_fen: number };
    backtest: { months: number; min_max: Outcome; base_stock: Outcome } | null;
  } | null;
}

export interface Proposal {
  place_id: string;
  place_name: string;
  part: string;
  name_zh: string;
  name_en: string;
  from_place_id: string | null;
  target: number;
  position: number;
  quantity: number;
  value_fen: number;
}

export interface ForecastError {
  wape: number | null;
  bias: number | null;
}

export interface ForecastErrors {
  runs: { month: string; series: number; planned: number; chosen: ForecastError; naive: ForecastError }[];
  months: (ForecastError & { month: string; expected: number; asked: number })[];
}

export interface Ratio {
  value: number | null;
  part: number;
  whole: number;
}

export interface StockKpis {
  fill_rate: Ratio;
  stock_out: Ratio;
  total: { turnover: Ratio; dead_stock: Ratio; accuracy: Ratio; accuracy_by_value: Ratio };
  /** Turnover by class of the parts' use. */
  classes: Record<string, Ratio>;
}

export interface MissedPromises {
  items: { order_id: string }[];
  /** In how many missed promises each shelf lacked a part, the worst first. */
  shelves: Record<string, number>;
}

export interface Mover {
  part: string;
  name_zh: string;
  name_en: string;
  pieces: number;
  shelves: number;
  value_fen: number;
}

export interface Structure {
  quarter: string;
  classes: Record<"A" | "B" | "C", { parts: number; used_fen: number; by_age_fen: number[] }>;
}

export interface PartDetail {
  part: string;
  name_zh: string;
  name_en: string;
  substitutes: { substitute: string; approved: boolean }[];
}

/** A part that fits a machine, or may: `because` names what is not known. */
export interface FittingPart {
  part: string;
  name_zh: string;
  name_en: string;
  verdict: "fits" | "unknown";
  because: string | null;
}

/** A place where pieces of a part lie; `claimed` of them are promised. */
export interface Shelf {
  place_id: string;
  kind: "depot" | "station" | "van";
  name: string;
  on_hand: number;
  claimed: number;
}

export interface Parcel {
  id: string;
  order_id: string;
  part: string;
  quantity: number;
  from_place_id: string;
  to_place_id: string | null;
  engineer_id: string | null;
  state: "ordered" | "picked" | "shipped" | "received" | "cancelled";
  eta: string | null;
  carrier: string | null;
  waybill: string | null;
}

export type ParcelStep = "picked" | "shipped" | "delayed" | "received";

export interface ParcelNews {
  kind: ParcelStep;
  eta?: string;
  carrier?: string;
  waybill?: string;
  place_id?: string;
}

/** Seconds from order to door. */
export interface Lane {
  from_place_id: string;
  parcels: number;
  p50_s: number;
  p90_s: number;
  on_time: number;
}

/** Pieces between two places, in two steps. */
export interface Transfer {
  id: string;
  from_place_id: string;
  to_place_id: string;
  state: "ordered" | "shipped" | "received" | "cancelled";
  reason: string;
  expected_at: string | null;
  late: boolean;
  lines: { part: string; quantity: number }[];
}

export interface StockPlace {
  place_id: string;
  name: string;
  kind: "depot" | "station" | "van";
}

/** What lies on the shelves of a place on one day (Asia/Shanghai). */
export interface CountSheet {
  id: string;
  place_id: string;
  day: string;
  state: "open" | "posted" | "cancelled";
}

/** `recorded`: what the record had when it was counted. */
export interface CountLine {
  part: string;
  counted: number | null;
  recorded: number | null;
}

export interface CountSheetDetail extends CountSheet {
  lines: CountLine[];
}
