/** What a timeline entry says beyond its kind: the few facts of its payload that a dispatcher reads. */

import type { TimelineEntry } from "../api/wire";
import { t, word } from "../i18n/text.svelte";
import { yuan, yuanDelta } from "./money";
import { siteTime } from "./time";

type Facts = Record<string, unknown>;

/** Which family of words a `state` (or step, reason) of each kind of event is from. */
const STATE_WORDS: Record<string, string> = {
  "appointment.moved": "appointment.state",
  "promise.state_changed": "promise",
  "order.changed": "order.state",
  "shipment.moved": "shipment",
};
const REASON_WORDS: Record<string, string> = { "order.unassigned": "reason" };

/** One line such as "张伟 · 在途" from ids and facts; empty when the kind says it all. */
export function detailOf(entry: TimelineEntry, names: ReadonlyMap<string, string>, nowMs: number): string {
  const facts = entry.payload;
  const time = (value: string): string => siteTime(value, nowMs);
  const said = [
    whenText(facts["engineer_id"], (id) => names.get(id) ?? id),
    whenText(facts["clock"], (clock) => word("clock", clock)),
    whenText(facts["state"], (state) => word(STATE_WORDS[entry.kind] ?? "state", state)),
    whenText(facts["step"], (step) => word("replacement.state", step)),
    partText(facts),
    whenText(facts["source"], (source) => word("source", source)),
    whenText(facts["vehicle_id"], (id) => id),
    whenText(facts["scheduled_start"], time),
    whenText(facts["predicted"], (at) => t("clock.predicted", { time: time(at) })),
    whenText(facts["reason"], (reason) => word(REASON_WORDS[entry.kind] ?? "waiting", reason)),
    moneyText(facts),
  ];
  return said.filter(Boolean).join(" · ");
}

/** Why somebody should look at it: what mobile_api found implausible, or a picture that is another order's too. */
export function doubtsOf(entry: TimelineEntry): string[] {
  const { doubts, also_of: others } = entry.payload;
  const told = Array.isArray(doubts) ? doubts.filter((doubt) => typeof doubt === "string") : [];
  return Array.isArray(others) && others.length > 0 ? [...told, "picture_again"] : told;
}

/** "engineer:E001" → "工程师 张伟". Only engineers have a name that every dispatcher may read. */
export function actorText(actor: string, names: ReadonlyMap<string, string>): string {
  const [role = "", id = ""] = actor.split(":", 2);
  const name = role === "engineer" ? (names.get(id) ?? id) : "";
  return `${word("actor", role)} ${name}`.trim();
}

function whenText(value: unknown, text: (value: string) => string): string | null {
  return typeof value === "string" && value !== "" ? text(value) : null;
}

function partText(facts: Facts): string | null {
  if (typeof facts["part"] !== "string") return null;
  return typeof facts["quantity"] === "number" ? `${facts["part"]} × ${facts["quantity"]}` : facts["part"];
}

function moneyText(facts: Facts): string | null {
  if (typeof facts["counterfactual_fen"] === "number") return yuanDelta(facts["counterfactual_fen"]);
  return typeof facts["cost_fen"] === "number" ? yuan(facts["cost_fen"]) : null;
}
