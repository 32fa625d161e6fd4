/** Why nobody is sent for an order before somebody has decided. */

import type { DispatchGate } from "../api/wire";
import { t } from "../i18n/text.svelte";

export function gateReason({ gate, subject, because }: DispatchGate): string {
  return gate === "wrong_variant"
    ? t("gate.wrong_variant", { subject, because: because ?? "?" })
    : t("gate.safety_campaign", { subject });
}
