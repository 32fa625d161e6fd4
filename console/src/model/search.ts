import type { Order } from "../api/wire";

/** Whether every word that the person typed occurs in the order's number, machine, customer or symptom. */
export function matches(order: Order, sought: string): boolean {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { asset, customer } = order;
  const text = [order.number, asset.plate, asset.serial, asset.model, customer.name, order.symptom]
    .filter(Boolean)
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}
