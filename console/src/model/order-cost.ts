/** What an order has cost so far, as far as it can be told of one order: driving and labour belong to a whole route. */

import type { OrderDocument, OrderParts } from "../api/wire";

export interface CostLine {
  rule: string;
  fen: number;
}

/** Lines that cost something, dearest first. */
export function orderCost(order: OrderDocument, parts: OrderParts | null): CostLine[] {
  const fitted = (parts?.movements ?? []).filter((one) => one.kind === "issue" || one.kind === "return");
  const sent = (parts?.shipments ?? []).filter((one) => one.state !== "cancelled");
  const lines = [
    { rule: "lateness", fen: sum(order.clocks.map((clock) => clock.late_fen)) },
    // A movement says what it adds to the shelf: what was fitted is negative.
    { rule: "parts", fen: sum(fitted.map((one) => -one.quantity * one.unit_cost_fen)) },
    { rule: "parts.courier", fen: sum(sent.map((one) => one.fee_fen)) },
    { rule: "replacement.vehicle", fen: order.replacement?.state === "withdrawn" ? 0 : (order.replacement?.cost_fen ?? 0) },
  ];
  return lines.filter((line) => line.fen !== 0).sort((a, b) => b.fen - a.fen);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
