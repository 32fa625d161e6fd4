/** The plans on show as one: a branch's territories are planned apart and read together. */

import type { Plan } from "../api/wire";

export interface PlanSummary {
  /** Number of the plan that was published longest ago, and when: the board is only as fresh as that. */
  epoch: number;
  publishedAt: string;
  busy: boolean;
  served: number;
  orders: number;
  clocks: number;
  clocksKept: number;
  costFen: number;
  /** Dearest rule first; rules that cost nothing are left out. */
  byRule: [string, number][];
}

/** Null before any territory has a plan. */
export function planSummary(plans: Iterable<Plan>): PlanSummary | null {
  const all = [...plans];
  const published = all.flatMap((plan) => (plan.published_at === null ? [] : [{ ...plan, at: plan.published_at }]));
  const oldest = published.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];
  if (oldest === undefined) return null;
  const sum = (of: (plan: Plan) => number): number => all.reduce((total, plan) => total + of(plan), 0);
  const rules = new Map<string, number>();
  for (const plan of all) {
    for (const [rule, fen] of Object.entries(plan.by_rule)) rules.set(rule, (rules.get(rule) ?? 0) + fen);
  }
  return {
    epoch: oldest.epoch,
    publishedAt: oldest.at,
    busy: all.some((plan) => !plan.covers_everything),
    served: sum((plan) => plan.served),
    orders: sum((plan) => plan.orders),
    clocks: sum((plan) => plan.clocks),
    clocksKept: sum((plan) => plan.clocks_kept),
    costFen: sum((plan) => plan.cost_fen),
    byRule: [...rules].filter(([, fen]) => fen !== 0).sort((a, b) => b[1] - a[1]),
  };
}
