import { amountOf, emptyCompletion, missingIn, payloadOf } from "../src/phone/model/completion";
import { startLines, usageOf, usedBefore } from "../src/phone/model/pieces";
import { directionsTo, isThere } from "../src/phone/model/place";
import { pickUpsOf } from "../src/phone/model/pickups";
import { counts, isAtWork, nextStep, stepsOf } from "../src/phone/model/steps";
import { Track } from "../src/phone/model/track";
import type { Done } from "../src/phone/model/phone.svelte";
import type { Kind, Order, Sourced, Visit } from "../src/phone/model/wire";
import { coarseText, stateOf } from "../src/phone/screens/visit-text";
import { en } from "../src/phone/i18n/en";
import { zh } from "../src/phone/i18n/zh";

const GATES = ["work_started", "diagnosed", "checklist", "meter_reading", "test_passed", "signature"];

function visit(state: string, times: Record<string, string> = {}, kind = "breakdown", gates = GATES): Visit {
  const order = { kind, gates, times, checklist: ["no_leaks"], kit: [], place: { lon: 117, lat: 36 } };
  return { id: "v", order_id: "o", state, order, appointment: null } as unknown as Visit;
}

const told = (...kinds: Kind[]): Set<Kind> => new Set(kinds);

describe("the track", () => {
  it("keeps a point every quarter of a minute and comes in batches", () => {
    const track = new Track();
    const fix = { lon: 117.1, lat: 36.6, accuracy_m: 8 };
    const batches = Array.from({ length: 100 }, (_, n) => track.add(fix, n * 5_000)).filter((batch) => batch !== null);
    expect(batches.map((batch) => batch.length)).toEqual([20]);
    expect(track.take()).toHaveLength(14);
    expect(track.take()).toBeNull();
  });
});

describe("the next step", () => {
  it("follows the work one by one", () => {
    const steps: Kind[] = [];
    for (let step = nextStep(visit("dispatched"), told()); step; step = nextStep(visit("dispatched"), told(...steps))) steps.push(step);
    expect(steps).toEqual(["acknowledge", "depart", "check_in", "work_started", "diagnosed", "restored", "complete"]);
  });

  it("takes the server's word for what another phone or a dispatcher did", () => {
    expect(nextStep(visit("on_site"), told())).toBe("work_started");
    expect(nextStep(visit("on_site", { work_started_at: "t", diagnosed_at: "t" }), told())).toBe("restored");
    expect(nextStep(visit("done"), told("work_started", "diagnosed", "restored"))).toBeNull();
  });

  it("has control points from the arrival to the end of the work", () => {
    expect(isAtWork(visit("travelling"), told())).toBe(false);
    expect(isAtWork(visit("travelling"), told("check_in"))).toBe(true);
    expect(isAtWork(visit("on_site"), told())).toBe(true);
    expect(isAtWork(visit("done"), told("work_started", "diagnosed", "restored"))).toBe(false);
  });

  it("goes on after what the server doubts", () => {
    const doubted = visit("on_site");
    doubted.order!.flagged = [{ field: "work_started_at" }, { field: "diagnosed_at" }];
    expect(nextStep(doubted, told())).toBe("restored");
    expect(missingIn(doubted, told(), emptyCompletion())).toEqual(GATES.slice(2));
  });

  it("does not jump ahead when parts are asked for on the way", () => {
    expect(nextStep(visit("dispatched"), told("parts_request"))).toBe("acknowledge");
  });

  it("asks an inspection neither for a diagnosis nor whether the machine runs again", () => {
    expect(stepsOf(visit("dispatched", {}, "inspection", ["work_started", "signature"]))).toEqual([
      "acknowledge", "depart", "check_in", "work_started", "complete",
    ]);
  });

  it("ends for the second of a crew with the arrival: the lead completes", () => {
    const second = { ...visit("dispatched"), appointment: { role: "second" as const, sourcing: [], place: null } };
    expect(stepsOf(second)).toEqual(["acknowledge", "depart", "check_in"]);
    expect(nextStep({ ...second, state: "on_site" }, told())).toBeNull();
  });

  it("is to be done again when it was refused, also after that was read", () => {
    const answer = { id: "1", status: "rejected", reason: "gate-not-met", problem: null };
    const row = { appointment_id: "v", kind: "complete", state: "done", answer } as unknown as Done;
    expect([counts(row), counts({ answer: null })]).toEqual([false, true]);
    expect(stateOf(visit("on_site"), [row]).state).toBe("on_site");
    expect(stateOf(visit("on_site"), [{ ...row, answer: null }]).state).toBe("done");
  });

  it("is nothing for what was declined", () => {
    expect(nextStep(visit("dispatched"), told("decline"))).toBeNull();
    expect(nextStep(visit("cancelled"), told())).toBeNull();
  });
});

it("parts are fetched place by place, each until the server or this phone says that they are in the van", () => {
  const line = (line: string, part: string, place_id: string, source = "pickup"): Sourced =>
    ({ line, part, used_part: part, quantity: 1, source, place_id, arrives_at: null });
  const fetching = {
    ...visit("acknowledged"),
    appointment: { place: null, sourcing: [line("1", "A", "NEAR"), line("2", "A", "NEAR"), line("3", "B", "FAR"), line("4", "C", "VAN", "van")] },
    pickups: ["NEAR", "FAR"].map((place_id) => ({ place_id, name: place_id, lon: 1, lat: 2 })),
    parts: { picked: [{ part: "B", quantity: 1 }], shipments: [] },
  };
  expect(pickUpsOf(fetching).map(({ place, lines, fetched }) => [place.name, lines, fetched])).toEqual([
    ["NEAR", [{ part: "A", quantity: 2 }], false],
    ["FAR", [{ part: "B", quantity: 1 }], true],
  ]);
  expect(pickUpsOf({ ...visit("acknowledged"), pickups: [], parts: null })).toEqual([]);
});

it("the completion names every gate that is not met, in the order of the work", () => {
  const empty = emptyCompletion();
  expect(missingIn(visit("on_site"), told(), empty)).toEqual(GATES);
  const full = { ...empty, checklist: { no_leaks: "ok" as const }, km: 1, h: null, test: "passed" as const, signed: true };
  expect(missingIn(visit("on_site"), told("work_started", "parts_request"), full)).toEqual([]);
  expect(missingIn(visit("on_site"), told("work_started", "diagnosed"), { ...full, test: "failed" })).toEqual(["test_passed"]);
});

it("the completion tells what was filled in and nothing else", () => {
  expect(payloadOf(emptyCompletion(), undefined)).toEqual({ checklist: {} });
  const { sheet, ...form } = emptyCompletion();
  const causes = { coolant: { cause: "pump", note: "" }, brakes: { cause: "", note: "not known" } };
  const told = { ...form, km: 12, causes, sheet: { ...sheet, duty: "mining", km_per_month: 9000, when: "later", product: " tractor " } };
  expect(payloadOf(told, "abc")).toEqual({
    checklist: {},
    meter_reading: { km: 12 },
    signature_photo: "abc",
    causes: [{ fault: "coolant", cause: "pump", note: "" }],
    usage: { duty: "mining", km_per_month: 9000 },
    purchase_intent: { when: "later", product: "tractor" },
  });
});

it("nothing of the work sheet gets the completion refused", () => {
  const { sheet, ...form } = emptyCompletion();
  const told = (given: Partial<typeof sheet>): Record<string, unknown> => payloadOf({ ...form, sheet: { ...sheet, ...given } }, undefined);
  expect(told({ when: "later", product: "重卡 6x4", quantity: 0 })).toEqual({ checklist: {}, purchase_intent: { when: "later", note: "重卡 6x4" } });
  expect(told({ when: "later", quantity: 99_999 })["purchase_intent"]).toEqual({ when: "later", quantity: 10_000 });
  expect(told({ when: "none", product: "X-1", quantity: 3 })["purchase_intent"]).toEqual({ when: "none" });
  expect(told({ when: "", product: "X-1", quantity: 3 })).toEqual({ checklist: {} });
  expect(told({ hours_per_day: -1, km_per_month: -5 })).toEqual({ checklist: {} });
  expect([amountOf("hours_per_day", "8,5"), amountOf("hours_per_day", "30"), amountOf("km_per_month", "0")]).toEqual([8.5, 24, 0]);
  expect([amountOf("quantity", "0"), amountOf("quantity", "-2"), amountOf("quantity", "two"), amountOf("quantity", "1.6")]).toEqual([null, null, null, 2]);
});

it("only what was certain is taken as used, under the part that the plan chose", () => {
  const kit = [{ line: "1", part: "A", quantity: 2, probability: 1 }, { line: "2", part: "B", quantity: 1, probability: 0.4 }];
  const sourcing = [{ line: "1", part: "A", used_part: "A-NEW", quantity: 2, source: "van", place_id: "V", arrives_at: null }];
  const with_kit = { ...visit("on_site"), order: { kit }, appointment: { sourcing, place: null } } as unknown as Visit;
  expect(startLines(with_kit, {})).toEqual({ "A-NEW": 2, B: 0 });
  expect(startLines(with_kit, { "A-NEW": 1 })).toEqual({ "A-NEW": 1, B: 0 });
});

it("what was used before is not used again, and may come back into the van", () => {
  const again = { ...visit("on_site"), parts: { picked: [], shipments: [], used: { A: 1, B: 1 } } } as unknown as Visit;
  const mine = { kind: "parts_used" as const, payload: usageOf("V", { B: 3, C: 1, D: 0 }, { A: 1 })! };
  expect(mine.payload).toEqual({ van_place_id: "V", lines: [{ part: "B", quantity: 3 }, { part: "C", quantity: 1 }], returns: [{ part: "A", quantity: 1 }] });
  expect(usedBefore(again, [])).toEqual({ A: 1, B: 1 });
  expect(usedBefore(again, [mine])).toEqual({ A: 1, B: 3, C: 1 });
  expect(usedBefore(visit("on_site"), [])).toEqual({});
  expect(usageOf("V", {}, { A: 2 })).toEqual({ van_place_id: "V", lines: [], returns: [{ part: "A", quantity: 2 }] });
  expect([usageOf("V", { A: 0 }, {}), usageOf(null, { A: 1 }, {})]).toEqual([null, null]);
});

it("the fence is 500 m and the position's own error, at most a kilometre of it", () => {
  const site = { lon: 117, lat: 36 };
  const north = (metres: number, accuracy_m: number) => isThere({ lon: 117, lat: 36 + metres / 111_195, accuracy_m }, site);
  expect([north(490, 0), north(510, 0), north(690, 200), north(1490, 5000), north(1510, 5000)]).toEqual([true, false, true, true, false]);
  expect(isThere(null, site)).toBe(false);
  const inTown = (metres: number, error: number) => isThere({ lon: 117, lat: 36 + metres / 111_195, accuracy_m: 0 }, site, error);
  expect([inTown(8000, 9000), inTown(8000, 0), inTown(12_000, 96_000)]).toEqual([true, false, false]);
});

it("a coarse place is told with its error and by what it is known, a good one is not", () => {
  const order = { place: { lon: 117, lat: 36 }, place_error_m: 33_000, place_matched: "山东省 齐河", stake: null } as unknown as Order;
  expect(coarseText(order)).toContain("山东省 齐河");
  expect(coarseText(order)).toContain("33 km");
  expect(coarseText({ ...order, place_error_m: 999 })).toBeNull();
  expect(coarseText({ ...order, place: null })).toBeNull();
});

it("the way is told to the phone's own map", () => {
  const place = { lon: 117.1, lat: 36.6 };
  expect(directionsTo(place, "鲁A 1", "Android")).toBe("geo:36.6,117.1?q=36.6,117.1(%E9%B2%81A%201)");
  expect(directionsTo(place, "x", "iPhone")).toBe("https://maps.apple.com/?daddr=36.6,117.1");
});

describe("the phone's dictionaries", () => {
  it("have the same keys and the same {names}", () => {
    const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) expect(places(en[key]), key).toEqual(places(zh[key]));
  });

  it("are in their own languages", () => {
    const han = /\p{Script=Han}/u;
    for (const [key, text] of Object.entries(en)) if (key !== "app.language") expect(text, key).not.toMatch(han);
    const latin = ["app.language", "machine.vin"];
    expect(Object.entries(zh).filter(([key, text]) => !latin.includes(key) && !han.test(text))).toEqual([]);
  });

  it("hold nothing that no screen says", () => {
    const sources = import.meta.glob("../src/phone/**/*.{ts,svelte}", { query: "?raw", import: "default", eager: true });
    const code = Object.entries(sources).filter(([path]) => !path.includes("/i18n/")).map(([, text]) => String(text)).join("\n");
    const families = new Set([...code.matchAll(/(?:word\(\s*"|t\(`)([a-z_.]+?)(?:"|\.\$\{)/g)].map((match) => match[1]));
    families.add("age");
    const unused = Object.keys(zh).filter((key) => !families.has(key.split(".")[0]) && !code.includes(`"${key}"`));
    expect(unused).toEqual([]);
  });
});
