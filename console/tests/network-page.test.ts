import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { Borders, shapeIn } from "../src/network/borders.svelte";
import BordersSection from "../src/network/BordersSection.svelte";
import { Strength } from "../src/network/strength.svelte";
import { Network } from "../src/network/network.svelte";
import StrengthSection from "../src/network/StrengthSection.svelte";
import SitingSection from "../src/network/SitingSection.svelte";
import type { Study } from "../src/network/wire";
import { Refusal, servicesThat, type Asked } from "./services";

const QUESTION = { objective: "promises", sites: 2, keep_existing: true, preparation_minutes: 45 } as const;
const COVERAGE = { levels: [], machines: 4, without_place: 0, gap_minutes: 60, gaps: { features: [] } };

function study(more: Partial<Study>): Study {
  const asked = { ...QUESTION, id: "s1", state: "done", minutes: 120, problem: null } as const;
  return { ...asked, result: null, ...more };
}

afterEach(() => {
  vi.unstubAllGlobals();
  cleanup();
});

it("the reach is that of the minutes chosen last; a late refusal of those before is dropped", async () => {
  let late: () => void = () => undefined;
  const asked = servicesThat({
    "/stations/v1/coverage": async ({ query }: Asked) => {
      if (query.get("minutes") === "60") return COVERAGE;
      await new Promise<void>((resolve) => (late = resolve));
      return new Refusal(503, "unavailable");
    },
  });
  const network = new Network();
  const slow = network.load();
  await vi.waitFor(() => expect(asked.length).toBe(2));
  network.minutes = 60;
  await network.load();
  late();
  await slow;
  expect([network.coverage?.gap_minutes, network.problem, network.busy]).toEqual([60, null, false]);
});

it("a study of another branch that comes late is dropped", async () => {
  let late: () => void = () => undefined;
  const asked = servicesThat({
    "/stations/v1/coverage": COVERAGE,
    "/stations/v1/siting": async () => {
      await new Promise<void>((resolve) => (late = resolve));
      return study({ state: "queued" });
    },
  });
  const network = new Network();
  const slow = network.site(QUESTION);
  await vi.waitFor(() => expect(asked.at(-1)?.body).toMatchObject({ ...QUESTION, minutes: 120 }));
  network.branchId = "SD";
  await network.load();
  late();
  await slow;
  expect([network.study, network.busy]).toEqual([null, false]);
});

it("each number of stations shows its share of promises kept beside the machines reached", async () => {
  servicesThat({});
  const network = new Network();
  const point = { at_most: 8, proven: true };
  const curve = [
    { sites: 0, reached: 10, kept: 2, ...point },
    { sites: 2, reached: 15, kept: 6, ...point },
  ];
  const result = { machines: 20, promises: 8, curve, mean_s: null, gap: null };
  network.study = study({ result: { ...result, sites: { type: "FeatureCollection", features: [] } } });
  render(SitingSection, { network });
  const cells = screen.getAllByRole("cell").map((cell) => cell.textContent?.trim());
  expect(cells).toEqual(["50.0 %", "25.0 %", "75.0 %", "75.0 %"]);
  expect(screen.getByRole("status").textContent).toContain("45");
});

it("without any promise on record the page says so and draws the machines alone", () => {
  servicesThat({});
  const network = new Network();
  const point = { kept: 0, at_most: 20, proven: true };
  const curve = [{ sites: 0, reached: 10, ...point }, { sites: 2, reached: 15, ...point }];
  const result = { machines: 20, promises: 0, curve, mean_s: null, gap: null };
  network.study = study({ objective: "covering", result: { ...result, sites: { type: "FeatureCollection", features: [] } } });
  render(SitingSection, { network });
  expect(screen.getAllByRole("cell")).toHaveLength(2);
  expect(screen.getByRole("status").textContent).toMatch(/没有带到达承诺|No order/);
});

it("an engineer is lent for a priority region, and a region is made", async () => {
  const asked = servicesThat({ "/stations/v1/secondments": { items: [], next: null }, "/stations/v1/reinforcements": { items: [] } });
  const strength = new Strength();
  const lent = { engineer_id: "E1", territory_id: "T1", end: "2026-12-01T00:00:00Z", reason: "国庆", reinforcement_id: "R1" };
  expect(await strength.lend(lent)).toBe(true);
  expect(asked[0]?.body).toMatchObject(lent);
  const days = { first_day: "2026-12-01", last_day: "2026-12-07" };
  await strength.reinforce({ territory_id: "T1", title: "G2", engineers: 3, ...days });
  const made = asked.find((one) => (one.body as { title?: string } | undefined)?.title === "G2");
  expect(made?.body).toEqual({ territory_id: "T1", title: "G2", engineers: 3, ...days });
});

it("the kinds of work of a level and grade are shown and set, and none ticked is every kind", async () => {
  const limited = { level: 1, grade: "AAA", least: { vans: 2 }, permits: ["breakdown", "welding"] };
  const asked = servicesThat({ "/stations/v1/standards": { items: [limited] }, "PUT /stations/v1/standards/1/AAA": {} }, "admin");
  const strength = new Strength();
  await strength.load(undefined);
  const { container } = render(StrengthSection, { strength, branchId: null });
  expect(container.querySelector("dd")?.textContent).toBe("Breakdown repair · welding");
  const ticked = (): string[] => screen.getAllByRole<HTMLInputElement>("checkbox", { hidden: true }).filter((one) => one.checked).map((one) => one.value);
  const sent = (): unknown => asked.filter((one) => one.method === "PUT").at(-1)?.body;
  expect(ticked()).toEqual(["breakdown", "welding"]);
  const form = container.querySelector("form")!;
  const overhaul = container.querySelector<HTMLInputElement>("input[value=overhaul]")!;
  await fireEvent.click(overhaul);
  await fireEvent.submit(form);
  await vi.waitFor(() => expect(sent()).toEqual({ least: { vans: 2 }, permits: ["breakdown", "overhaul", "welding"] }));
  await vi.waitFor(() => expect(strength.busy).toBe(false));
  const [level] = screen.getAllByRole<HTMLSelectElement>("combobox", { hidden: true });
  await fireEvent.change(level!, { target: { value: "2" } });
  expect(ticked()).toEqual([]);
  await fireEvent.submit(form);
  await vi.waitFor(() => expect(asked.filter((one) => one.method === "PUT").at(-1)?.path).toBe("/stations/v1/standards/2/AAA"));
  expect(sent()).toEqual({ least: {}, permits: null });
});

const SQUARE = { type: "Polygon", coordinates: [[[117, 36], [118, 36], [118, 37], [117, 36]]] } as const;

function border(territory_id: string): object {
  return { type: "Feature", geometry: SQUARE, properties: { territory_id } };
}

it("a proposal is kept or refused by itself, and one that is refused by the service stays", async () => {
  const named = (id: string): object => ({ id, name_zh: id, name_en: id });
  const asked = servicesThat({
    "/stations/v1/territories": { items: ["T1", "T2", "T3"].map(named) },
    "/stations/v1/territory-borders": { features: [border("T1")] },
    "/stations/v1/territory-borders/proposed": { features: ["T1", "T2", "T3"].map(border) },
    "PUT /stations/v1/territories/T3/border": new Refusal(409, "borders-overlap", { detail: "it overlaps T1 by 9 km²" }),
    "PUT /stations/v1/territories/T2/border": {},
  });
  const borders = new Borders();
  await borders.load("SD");
  render(BordersSection, { borders, drawn: () => null, onshow: () => undefined });
  await borders.propose();
  const proposal = (name: string): ReturnType<typeof within> =>
    within(screen.getByRole("listitem", { name: new RegExp(`${name} 的建议边界|Proposal for ${name}`) }));
  await fireEvent.click(proposal("T1").getByRole("button", { name: /不采用|Refuse/ }));
  await fireEvent.click(proposal("T2").getByRole("button", { name: /^采用|Keep/ }));
  await vi.waitFor(() => expect(borders.proposed.map((one) => one.properties.territory_id)).toEqual(["T3"]));
  await fireEvent.click(proposal("T3").getByRole("button", { name: /^采用|Keep/ }));
  expect((await screen.findByRole("alert")).textContent).toContain("9 km²");
  expect(borders.proposed).toHaveLength(1);
  const put = asked.filter((one) => one.method === "PUT").map((one) => one.path);
  expect(put).toEqual(["/stations/v1/territories/T2/border", "/stations/v1/territories/T3/border"]);
});

it("a border is read from a geometry, a feature, or the territory's feature of a collection", () => {
  const collection = { type: "FeatureCollection", features: [border("T1"), border("T2")] };
  for (const read of [SQUARE, border("T9"), collection, { type: "FeatureCollection", features: [border("T9")] }]) {
    expect(shapeIn(JSON.stringify(read), "T2")).toEqual(SQUARE);
  }
  expect(() => shapeIn(JSON.stringify(collection), "T9")).toThrow("T9");
  expect(() => shapeIn(JSON.stringify({ type: "Point", coordinates: [1, 2] }), "T9")).toThrow("T9");
  expect(() => shapeIn("PK", "T9")).toThrow("JSON");
});
