import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { Burdens } from "../src/network/burdens.svelte";
import CountSection from "../src/stock/CountSection.svelte";
import FindSection from "../src/stock/FindSection.svelte";
import { Shipments } from "../src/stock/shipments.svelte";
import { Stock } from "../src/stock/stock.svelte";
import { Refusal, servicesThat, type Asked } from "./services";

afterEach(() => {
  vi.unstubAllGlobals();
  cleanup();
});

it("news of a parcel are written down on a plain-http address as well, where there is no randomUUID", async () => {
  const asked = servicesThat({});
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  await new Shipments().tell("s1", { kind: "picked" });
  expect(asked.find((one) => one.method === "POST")?.body["event_id"]).toMatch(/^[0-9a-f]{32}$/);
});

it("parcels are those of the page's branch, also after one has moved", async () => {
  const asked = servicesThat({});
  const shipments = new Shipments();
  await shipments.load("SD");
  await shipments.tell("s1", { kind: "picked" });
  const branches = asked.filter((one) => one.method === "GET").map((one) => one.query.get("branch_id"));
  expect(branches).toEqual(["SD", "SD", "SD", "SD"]);
});

it("burdens are those of what was chosen last; what comes later of another choice is dropped", async () => {
  let late: () => void = () => undefined;
  servicesThat({
    "/stations/v1/burdens": async ({ query }: Asked) => {
      if (query.get("days") === "28") return { items: [{ engineer_id: "E1" }] };
      await new Promise<void>((resolve) => (late = resolve));
      return new Refusal(503, "unavailable");
    },
  });
  const burdens = new Burdens();
  const slow = burdens.load(366, null);
  await burdens.load(28, null);
  late();
  await slow;
  expect([burdens.items?.[0]?.engineer_id, burdens.problem]).toEqual(["E1", null]);
});

it("a plan and its figures show as each comes: the slowest holds nothing up", async () => {
  let late: () => void = () => undefined;
  servicesThat({
    "/stations/v1/branches": { items: [{ id: "SD" }] },
    "/parts/v1/stock-plans": { items: [{ id: "p1", branch_id: "SD", state: "failed" }] },
    "/parts/v1/fast-movers": { items: [{ part: "P-1" }] },
    "/parts/v1/structure": async () => {
      await new Promise<void>((resolve) => (late = resolve));
      return { quarter: "2026-Q4", classes: {} };
    },
  });
  const stock = new Stock();
  const started = stock.start("2026-Q4");
  await vi.waitFor(() => expect([stock.plan?.id, stock.movers?.length]).toEqual(["p1", 1]));
  expect([stock.structure, stock.loading]).toEqual([null, false]);
  late();
  await started;
  expect(stock.structure?.quarter).toBe("2026-Q4");
});

it("who has a part: the shelf with the most free pieces first, and what stands in is one step away", async () => {
  const asked = servicesThat({
    "/parts/v1/parts": { items: [{ part: "P-1" }] },
    "/parts/v1/parts/P-1": { part: "P-1", substitutes: [{ substitute: "P-2", approved: false }] },
    "/parts/v1/parts/P-1/stock": { items: [{ place_id: "A", on_hand: 9, claimed: 9 }, { place_id: "B", on_hand: 2, claimed: 0 }] },
    "/parts/v1/parts/P-2": { part: "P-2", substitutes: [] },
  });
  const { container } = render(FindSection, { branchId: "SD" });
  await fireEvent.input(container.querySelector("input") as HTMLInputElement, { target: { value: " P " } });
  await fireEvent.submit(container.querySelector("form") as HTMLFormElement);
  await fireEvent.click(await screen.findByRole("button", { name: /P-1/ }));
  await screen.findByRole("table");
  expect(screen.getAllByRole("rowheader").map((one) => one.textContent?.trim())).toEqual(["B", "A"]);
  await fireEvent.click(await screen.findByRole("button", { name: /P-2/ }));
  await vi.waitFor(() => expect(screen.getByRole("heading", { level: 3 }).textContent).toContain("P-2"));
  expect(asked.find((one) => one.path === "/parts/v1/parts")?.query.get("q")).toBe("P");
  expect(asked.find((one) => one.path === "/parts/v1/parts/P-1/stock")?.query.get("branch_id")).toBe("SD");
});

it("a count sheet is filled in blindly; it is posted once every part is counted", async () => {
  const sheet = { id: "c1", place_id: "SHELF", day: "2026-11-26", state: "open" };
  const line = (part: string, counted: number | null, recorded: number | null): object => ({ part, counted, recorded });
  const blank = { ...sheet, lines: [line("P-1", null, null), line("P-2", null, null)] };
  const counted = [line("P-1", 3, 5), line("P-2", 2, 2)];
  const asked = servicesThat({
    "/parts/v1/places": { items: [{ place_id: "SHELF", name: "一号库", kind: "station" }] },
    "GET /parts/v1/count-sheets": { items: [sheet] },
    "/parts/v1/count-sheets/c1": blank,
    "PUT /parts/v1/count-sheets/c1/lines": { ...sheet, lines: counted },
    "POST /parts/v1/count-sheets/c1/posted": { ...sheet, state: "posted", lines: counted },
  });
  render(CountSection, { branchId: "SD" });
  await fireEvent.click(await screen.findByRole("button", { name: /填写|Fill in/ }));
  const post = await screen.findByRole("button", { name: /差异过账|Post/ });
  expect((post as HTMLButtonElement).disabled).toBe(true);
  await fireEvent.input(screen.getByLabelText(/P-1/), { target: { value: "3" } });
  expect((post as HTMLButtonElement).disabled).toBe(true);
  await fireEvent.input(screen.getByLabelText(/P-2/), { target: { value: "2" } });
  await vi.waitFor(() => expect((post as HTMLButtonElement).disabled).toBe(false));
  await fireEvent.click(post);
  expect(await screen.findByText(/1 个配件有差异，合计 -2 件|1 parts differ, -2 pieces/)).toBeTruthy();
  const kept = asked.find((one) => one.method === "PUT")?.body;
  expect(kept).toEqual({ lines: [{ part: "P-1", quantity: 3 }, { part: "P-2", quantity: 2 }] });
  const branches = asked.filter((one) => one.path === "/parts/v1/count-sheets" && one.method === "GET");
  expect(branches.map((one) => one.query.get("branch_id"))).toEqual(["SD", "SD"]);
});

it("a machine's serial, VIN or plate finds the parts that fit it as it was built", async () => {
  const built = { serial: "L0001", model: "H7", configuration: { engine: "WP12" } };
  const asked = servicesThat({
    "/parts/v1/parts": { items: [] },
    "/orders/v1/assets": { items: [built] },
    "/parts/v1/parts/search": { items: [{ part: "P-9", verdict: "fits", because: null }] },
  });
  const { container } = render(FindSection, { branchId: null });
  await fireEvent.input(container.querySelector("input") as HTMLInputElement, { target: { value: "鲁A12345" } });
  await fireEvent.submit(container.querySelector("form") as HTMLFormElement);
  await screen.findByRole("button", { name: /P-9/ });
  expect(screen.getByRole("status").textContent).toContain("L0001");
  expect(asked.find((one) => one.path === "/orders/v1/assets")?.query.get("name")).toBe("鲁A12345");
  expect(asked.find((one) => one.path === "/parts/v1/parts/search")?.body["machine"]).toEqual(built);
});

it("the figures are those of the branch that was chosen last", async () => {
  let late: () => void = () => undefined;
  servicesThat({
    "/parts/v1/fast-movers": async ({ query }: Asked) => {
      if (query.get("branch_id") === "SD") await new Promise<void>((resolve) => (late = resolve));
      return { items: [{ part: query.get("branch_id") ?? "all" }] };
    },
  });
  const stock = new Stock();
  const slow = stock.choose("SD");
  await stock.choose("HN");
  late();
  await slow;
  expect(stock.movers?.map((one) => one.part)).toEqual(["HN"]);
});

it("the stock KPIs are those of the month that was chosen last", async () => {
  let late: () => void = () => undefined;
  servicesThat({
    "/parts/v1/kpis/missed-promises": async ({ query }: Asked) => {
      if (query.get("month") === "2026-10") await new Promise<void>((resolve) => (late = resolve));
      return { items: [], shelves: { [`${query.get("month")} ${query.get("branch_id")}`]: 1 } };
    },
  });
  const stock = new Stock();
  await stock.choose("SD");
  stock.month = "2026-10";
  const slow = stock.look();
  stock.month = "2026-09";
  await stock.look();
  late();
  await slow;
  expect(Object.keys(stock.missed?.shelves ?? {})).toEqual(["2026-09 SD"]);
});
