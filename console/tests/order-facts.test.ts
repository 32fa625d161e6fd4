import type { OrderDocument, OrderParts, Plan, TimelineEntry } from "../src/api/wire";
import { language } from "../src/i18n/text.svelte";
import { orderCost } from "../src/model/order-cost";
import { partRows } from "../src/model/part-lines";
import { planSummary } from "../src/model/plan-summary";
import { matches } from "../src/model/search";
import { actorText, detailOf } from "../src/model/timeline";
import { currentAppointment } from "../src/state/order.svelte";
import { pageOf } from "../src/state/router.svelte";
import { tokenIdOf } from "../src/state/session.svelte";
import { NOW, clock, order } from "./orders";

const NAMES = new Map([["E001", "王强"]]);

function entry(kind: string, payload: Record<string, unknown>): TimelineEntry {
  const at = new Date(NOW).toISOString();
  return { id: "1", publisher: "dispatch", kind, actor: "service:dispatch", effective_at: at, recorded_at: at, payload };
}

describe("a timeline entry", () => {
  it("says who, what and how much in the reader's language", () => {
    language.choose("zh");
    expect(detailOf(entry("appointment.moved", { engineer_id: "E001", state: "on_site" }), NAMES, NOW)).toBe("王强 · 在现场");
    expect(detailOf(entry("order.unassigned", { reason: "part_missing" }), NAMES, NOW)).toBe("缺配件");
    language.choose("en");
    expect(detailOf(entry("parts.used", { part: "EN-1002", quantity: 2, cost_fen: 37000 }), NAMES, NOW)).toBe("EN-1002 × 2 · ¥370");
    expect(detailOf(entry("order.overridden", { engineer_id: "E9", reason: "knows the machine", counterfactual_fen: -500 }), NAMES, NOW)).toBe("E9 · knows the machine · −¥5");
  });

  it("does not fall over facts of another shape", () => {
    expect(detailOf(entry("something.new", { state: 7, part: null, reason: "" }), NAMES, NOW)).toBe("");
  });

  it("names engineers and leaves other people's ids out", () => {
    expect(actorText("engineer:E001", NAMES)).toBe("engineer 王强");
    expect(actorText("dispatcher:0192f0c4", NAMES)).toBe("dispatcher");
  });
});

it("makes one list of reserved, shipped, used, planned and merely likely parts", () => {
  const kit = [
    { line: "1", part: "A", quantity: 1, probability: 1 },
    { line: "2", part: "B", quantity: 2, probability: 0.3 },
    { line: "3", part: "C", quantity: 1, probability: 1 },
    { line: "4", part: "D", quantity: 1, probability: 1 },
  ];
  const planned = [
    { line: "3", part: "C", used_part: "C2", quantity: 1, source: "courier", place_id: "D", arrives_at: null },
    { line: "4", part: "D", used_part: "D", quantity: 1, source: "pickup", place_id: "S", arrives_at: null },
  ];
  const parts: OrderParts = {
    // Line 3 asks for C and got its substitute C2.
    reservations: [
      { line: "1", part: "A", quantity: 1, place_id: "VAN", source: "van" },
      { line: "3", part: "C2", quantity: 1, place_id: "D", source: "courier" },
    ],
    picked: [{ place_id: "VAN", part: "A", quantity: 1 }],
    shipments: [
      { id: "s", part: "C2", quantity: 1, from_place_id: "D", state: "shipped", eta: "2026-11-22T05:00:00Z", carrier: "SF", waybill: "7", fee_fen: 900 },
    ],
    movements: [],
    used: { X: 3 },
  };
  const rows = partRows(kit, planned, parts);
  expect(rows.map((row) => [row.part, row.source, row.reserved, row.used, row.probability])).toEqual([
    ["A", "van", true, 0, 1],
    ["C2", "courier", true, 0, 1],
    ["X", null, false, 3, 1],
    ["D", "pickup", false, 0, 1],
    ["B", null, false, 0, 0.3],
  ]);
  expect(rows[0]).toMatchObject({ picked: true });
  expect(rows[1]).toMatchObject({ shipment: "shipped", eta: "2026-11-22T05:00:00Z" });
  expect(partRows(kit, [], null).map((row) => row.part)).toEqual(["A", "B", "C", "D"]);
});

it("adds up what an order has cost: fitted parts less returns, parcels, lateness, a vehicle that was not withdrawn", () => {
  const parts: OrderParts = {
    reservations: [],
    picked: [],
    used: {},
    shipments: [
      { id: "1", part: "A", quantity: 1, from_place_id: "D", state: "shipped", eta: null, carrier: null, waybill: null, fee_fen: 3000 },
      { id: "2", part: "A", quantity: 1, from_place_id: "D", state: "cancelled", eta: null, carrier: null, waybill: null, fee_fen: 9000 },
    ],
    movements: [
      { kind: "issue", part: "A", quantity: -3, unit_cost_fen: 1000 },
      { kind: "return", part: "A", quantity: 1, unit_cost_fen: 1000 },
      { kind: "transfer_out", part: "A", quantity: -1, unit_cost_fen: 1000 },
    ],
  };
  const document: OrderDocument = {
    times: {},
    waits: [],
    tracking_link: null,
    kind: "breakdown",
    station_authorised: true,
    ...order("1", [clock(-5, { late_fen: 5000 })]),
    version: 1, place_error_m: 0, place_source: "coordinates", place_matched: null, stake: null, address: null, contact: { name: null, phone: null }, fault_codes: [], warranty: {}, contracts: [], kit: [],
    cargo: null, replacement: null, flagged: [], similar: [], dispatch_gates: [], followers: [], crew: { size: 1 }, skills: [], expert: null,
  };
  expect(orderCost(document, parts)).toEqual([
    { rule: "lateness", fen: 5000 },
    { rule: "parts.courier", fen: 3000 },
    { rule: "parts", fen: 2000 },
  ]);
  const sent = {
    vehicle_id: "V", state: "accept", decide_by: "", at_truck: "", cargo_moving_at: null, delivered: "",
    kilometres: null, cost_fen: 70, link: null,
  };
  expect(orderCost({ ...document, clocks: [], replacement: sent }, null)).toEqual([{ rule: "replacement.vehicle", fen: 70 }]);
  expect(orderCost({ ...document, clocks: [], replacement: { ...sent, state: "withdrawn" } }, null)).toEqual([]);
});

it("finds orders by every word typed, in any case", () => {
  const one = order("WO-7", [clock(5)], {
    asset: { serial: "RC77", plate: "鲁A·12345", product: "tractor", model: "RC-600" },
  });
  expect(matches(one, "  ")).toBe(true);
  expect(matches(one, "wo-7 顺达")).toBe(true);
  expect(matches(one, "12345 rc77")).toBe(true);
  expect(matches(one, "wo-7 青岛")).toBe(false);
});

it("takes the appointment that is not over, else the last", () => {
  const made = (id: string, state: string) => ({
    id, state, role: "lead" as const, expert_id: null, order_id: "o", engineer_id: "E001", scheduled_start: "", scheduled_end: "", flagged: false, distance_m: null, sourcing: [],
  });
  expect(currentAppointment([made("a", "declined"), made("b", "on_site"), made("c", "cancelled")])?.id).toBe("b");
  expect(currentAppointment([made("a", "declined"), made("b", "done")])?.id).toBe("b");
  expect(currentAppointment([])).toBeNull();
});

it("reads the page from the address", () => {
  expect(pageOf("/")).toEqual({ name: "board" });
  expect(pageOf("/orders/0192%2Ff")).toEqual({ name: "order", orderId: "0192/f" });
  expect(pageOf("/replacement/abc.def")).toEqual({ name: "replacement", token: "abc.def" });
  expect(pageOf("/orders/v1/orders")).toEqual({ name: "unknown" });
  expect(pageOf("/track/id.signature")).toEqual({ name: "track", token: "id.signature" });
  expect(pageOf("/report")).toEqual({ name: "report", month: null });
  expect(pageOf("/report/2026-10")).toEqual({ name: "report", month: "2026-10" });
  expect(pageOf("/nothing")).toEqual({ name: "unknown" });
});

it("reads a token's id and takes anything else for none", () => {
  const payload = btoa(JSON.stringify({ jti: "0192-é?" })).replace(/\+/g, "-").replace(/\//g, "_");
  expect(tokenIdOf(`h.${payload}.s`)).toBe("0192-é?");
  for (const broken of [null, "", "opaque", "a.b.c", "rk_x"]) expect(tokenIdOf(broken)).toBeNull();
});

it("reads a branch's plans as one: as old as the oldest, busy when any is, priced together", () => {
  const plan = (territory_id: string, more: Partial<Plan>): Plan => ({
    territory_id, epoch: 1, published_at: null, covers_everything: true, failure: null, cost_fen: 0, by_rule: {},
    orders: 0, served: 0, clocks: 0, clocks_kept: 0, degraded: false, routes: [], unassigned: [], ...more,
  });
  expect(planSummary([])).toBeNull();
  expect(planSummary([plan("new", { epoch: 0 })])).toBeNull();
  const summary = planSummary([
    plan("a", { epoch: 7, published_at: "2026-11-22T02:00:00Z", served: 2, orders: 3, cost_fen: 500, by_rule: { labour: 500, dropped: 0 } }),
    plan("b", { epoch: 4, published_at: "2026-11-22T01:00:00Z", served: 1, orders: 1, cost_fen: 900, by_rule: { labour: 100, overtime: 800 }, covers_everything: false }),
  ]);
  expect(summary).toMatchObject({ epoch: 4, busy: true, served: 3, orders: 4, costFen: 1400 });
  expect(summary?.byRule).toEqual([["overtime", 800], ["labour", 600]]);
});
