/** Why something was refused, in the engineer's words. */

import { listText, t, word } from "../i18n/text";
import type { Done } from "../model/phone.svelte";

const KNOWN = ["outside-geofence", "invalid-transition", "not-found", "photo-refused"] as const;

export function refusalText(row: Done): string {
  const reason = row.answer?.reason ?? "";
  const detail = row.answer?.problem?.detail ?? reason;
  if (reason === "gate-not-met") {
    const gates = (row.answer?.problem?.missing ?? []).map((one) => (one.item ? word("check", one.item) : word("gate", one.gate)));
    return t("refused.gate-not-met", { what: listText(gates) });
  }
  const known = KNOWN.find((one) => one === reason);
  return known === undefined ? t("refused.other", { detail }) : t(`refused.${known}`, { detail });
}
