/** The completion form against the gates of its kind of work: the engineer is told before, not by a refusal. */

import { isKnown } from "./steps";
import type { Kind, Visit } from "./wire";

export type ItemResult = "ok" | "failed" | "not_applicable";

export interface Completion {
  checklist: Record<string, ItemResult>;
  km: number | null;
  h: number | null;
  test: "passed" | "failed" | null;
  signed: boolean;
  /** What each fault turned out to be, by fault; "" as long as nobody has said so. */
  causes: Record<string, { cause: string; note: string }>;
  sheet: WorkSheet;
}

/** What the engineer notes beside the repair; empty strings and nulls are not told. */
export interface WorkSheet {
  duty: string;
  hours_per_day: number | null;
  km_per_month: number | null;
  when: string;
  product: string;
  quantity: number | null;
}

export const DUTIES = ["long_haul", "regional", "construction", "mining", "port", "municipal", "other"] as const;
export const INTENTS = ["none", "within_3_months", "within_12_months", "later"] as const;

/** Least and most that the service takes: one figure outside would get the whole completion refused. */
const LIMITS = { hours_per_day: [0, 24], km_per_month: [0, 100_000], quantity: [1, 10_000] } as const;
type Amount = keyof typeof LIMITS;
const PRODUCT_CODE = /^[A-Za-z0-9._-]{1,40}$/;

/** What is kept of what was typed: the nearest that the service takes, null for what is no number or below the least. */
export function amountOf(name: Amount, typed: string): number | null {
  const value = Number(typed.trim().replace(",", "."));
  return typed.trim() === "" ? null : taken(name, value);
}

function taken(name: Amount, value: number | null): number | null {
  const [least, most] = LIMITS[name];
  if (value === null || !(value >= least)) return null;
  return Math.min(name === "hours_per_day" ? value : Math.round(value), most);
}

export function emptyCompletion(): Completion {
  const sheet = { duty: "", hours_per_day: null, km_per_month: null, when: "", product: "", quantity: null };
  return { checklist: {}, km: null, h: null, test: null, signed: false, causes: {}, sheet };
}

/** The payload of `complete`: what was left open is left out. */
export function payloadOf(form: Completion, signature_photo: unknown): Record<string, unknown> {
  const { sheet } = form;
  const causes = Object.entries(form.causes).filter(([, told]) => told.cause !== "");
  return {
    checklist: { ...form.checklist },
    ...group("meter_reading", { km: form.km, h: form.h }),
    ...filled({ test_result: form.test, signature_photo }),
    ...(causes.length > 0 ? { causes: causes.map(([fault, told]) => ({ fault, ...told })) } : {}),
    ...group("usage", {
      duty: sheet.duty,
      hours_per_day: taken("hours_per_day", sheet.hours_per_day),
      km_per_month: taken("km_per_month", sheet.km_per_month),
    }),
    ...group("purchase_intent", { when: sheet.when, ...(asksForMore(sheet) ? wanted(sheet) : {}) }),
  };
}

/** Whether product and quantity are asked for; what was typed before "none" was chosen is hidden and not told. */
export function asksForMore(sheet: WorkSheet): boolean {
  return sheet.when !== "" && sheet.when !== "none";
}

/** The product by its code, or as a note when it was told in words. */
function wanted(sheet: WorkSheet): Record<string, unknown> {
  const product = sheet.product.trim();
  return { [PRODUCT_CODE.test(product) ? "product" : "note"]: product, quantity: taken("quantity", sheet.quantity) };
}

function group(name: string, values: Record<string, unknown>): Record<string, unknown> {
  const told = filled(values);
  return Object.keys(told).length > 0 ? { [name]: told } : {};
}

function filled(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}

/** Gates that are not met yet, in the order of the work. */
export function missingIn(visit: Visit, told: ReadonlySet<Kind>, form: Completion): string[] {
  const met: Record<string, boolean> = {
    work_started: told.has("work_started") || isKnown(visit.order, "work_started_at"),
    diagnosed: told.has("diagnosed") || told.has("parts_request") || isKnown(visit.order, "diagnosed_at"),
    checklist: (visit.order?.checklist ?? []).every((item) => item in form.checklist),
    meter_reading: form.km !== null || form.h !== null,
    test_passed: form.test === "passed",
    signature: form.signed,
  };
  return (visit.order?.gates ?? []).filter((gate) => met[gate] === false);
}
