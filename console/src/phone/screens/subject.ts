/** Which machine an operation was about, as the engineer calls it. */

import { phone, type Done } from "../model/phone.svelte";

export function subjectOf(row: Done): string {
  const order = phone.visits.find((visit) => visit.id === row.appointment_id)?.order;
  return order?.asset?.plate ?? order?.asset?.serial ?? order?.number ?? "";
}
