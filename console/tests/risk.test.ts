import { byRisk, clockRisk, countRisks, orderRisk, pressingClock } from "../src/model/risk";
import { NOW, clock, order } from "./orders";

describe("clock risk", () => {
  it("is breached the second the time is up, before the service says so", () => {
    expect(clockRisk(clock(0), NOW)).toBe("breached");
    expect(clockRisk(clock(1), NOW)).toBe("running");
    expect(clockRisk(clock(1, { state: "at_risk" }), NOW)).toBe("at_risk");
  });

  it("is calm for clocks that no longer count", () => {
    for (const state of ["met", "paused", "waived", "withdrawn"] as const) {
      expect(clockRisk(clock(-5, { state }), NOW)).toBe("calm");
    }
  });
});

describe("an order's pressing clock", () => {
  it("prefers a breached clock to an earlier running one", () => {
    const late = clock(60, { name: "restore", state: "breached" });
    expect(pressingClock(order("1", [clock(5), late]), NOW)).toBe(late);
  });

  it("leaves out a clock that stopped late: that one is history", () => {
    const stopped = clock(-90, { state: "breached", stopped_at: new Date(NOW).toISOString() });
    const running = clock(500, { name: "restore" });
    expect(pressingClock(order("1", [stopped, running]), NOW)).toBe(running);
  });

  it("is none for a finished order's risk", () => {
    expect(orderRisk(order("1", [clock(-5)], { state: "closed" }), NOW)).toBe("calm");
  });
});

describe("the queue's order", () => {
  it("puts breached first (longest ago first), then at risk, then the earliest due, then those without a clock", () => {
    const orders = [
      order("none", []),
      order("soon", [clock(10)]),
      order("risk", [clock(300, { state: "at_risk" })]),
      order("late", [clock(-5)]),
      order("later", [clock(-50)]),
      order("far", [clock(900)]),
    ];
    expect(byRisk(orders, NOW).map((one) => one.number)).toEqual(["later", "late", "risk", "soon", "far", "none"]);
  });

  it("keeps orders without clocks in one stable order", () => {
    const orders = [order("b", []), order("a", []), order("c", [])];
    expect(byRisk(orders, NOW).map((one) => one.number)).toEqual(["a", "b", "c"]);
  });

  it("sorts 1 500 orders within a frame's patience", () => {
    const many = Array.from({ length: 1500 }, (_, i) => order(String(i), [clock((i * 7919) % 3000), clock(i)]));
    const start = performance.now();
    byRisk(many, NOW);
    expect(performance.now() - start).toBeLessThan(250);
  });
});

it("counts open orders only, each in one risk, and the unassigned that are still open", () => {
  const orders = [
    order("1", [clock(-5)]),
    order("2", [clock(5, { state: "at_risk" })]),
    order("3", [clock(5)]),
    order("4", [clock(-5)], { state: "cancelled" }),
  ];
  const unassigned = new Map([
    ["id-3", "skill"],
    ["id-4", "skill"],
  ]);
  expect(countRisks(orders, unassigned, NOW)).toEqual({ open: 3, at_risk: 1, breached: 1, unassigned: 1 });
});
