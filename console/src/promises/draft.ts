/** A template as a person changes it, and what a new one begins with. */

import type { Draft, Remedy, Template, TemplateClock } from "../api/promises-wire";

export const TRAITS = ["work_types", "tiers", "products", "contracts", "grades", "branches"] as const;
export const CLOCKS = ["respond", "arrive", "restore", "complete"] as const;
export const STARTS = [
  "reported_at", "accepted_at", "window_end", "responded_at", "dispatched_at", "arrived_at", "restored_at",
] as const;
export const STOPS = ["responded_at", "arrived_at", "restored_at", "cargo_moving_at", "completed_at"] as const;
export const REASONS = ["customer", "weather", "parts", "expert"] as const;
export const REMEDIES = ["compensation", "recovery_order"] as const;
const USUAL_STOPS: Record<string, string[]> = {
  respond: ["responded_at"],
  arrive: ["arrived_at"],
  restore: ["restored_at", "cargo_moving_at"],
  complete: ["completed_at"],
};
const USUAL_HOURS: Record<string, number> = { respond: 0.5, arrive: 4, restore: 24, complete: 72 };
const HOUR_S = 3600;

export function draftOf(template: Template): Draft {
  return structuredClone(template) as unknown as Draft;
}

export function newTemplate(): Template {
  return {
    template_id: "",
    version: 0,
    name_zh: "",
    name_en: "",
    priority: 40,
    valid_from: null,
    valid_until: null,
    match: Object.fromEntries(TRAITS.map((trait) => [trait, trait === "work_types" ? ["breakdown"] : []])),
    replacement_products: [],
    clocks: [],
    remedies: [],
  };
}

export function newClock(clock: string): TemplateClock {
  return {
    clock,
    start: "reported_at",
    seconds: (USUAL_HOURS[clock] ?? 24) * HOUR_S,
    stops: USUAL_STOPS[clock] ?? [],
    pauses: [{ reason: "customer", limit_s: 72 * HOUR_S, proof: false }],
    warn_at: 0.75,
    price_fen_per_hour: 0,
    step_fen: 0,
    cap_fen: 0,
    calendar: null,
  };
}

export function newRemedy(clock: string): Remedy {
  return { clock, kind: "compensation", amount_fen: 10_000, work_type: null };
}

/** "gold, platinum" as a list; in Chinese texts commas are written in several ways. */
export function listOf(text: string): string[] {
  return text.split(/[,，、\s]+/).filter((one) => one !== "");
}
