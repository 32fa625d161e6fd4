import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { Fleet, type AboutVehicle } from "../src/fleet/fleet.svelte";
import PriceSection from "../src/fleet/PriceSection.svelte";
import RentalSection from "../src/fleet/RentalSection.svelte";
import { language } from "../src/i18n/text.svelte";
import { Refusal, servicesThat, type Asked } from "./services";

const branches = { items: [{ id: "SD" }, { id: "HB" }] };
const list = (...items: unknown[]): unknown => ({ items, next: null });

beforeEach(() => language.choose("en"));
afterEach(() => {
  vi.unstubAllGlobals();
  cleanup();
});

it("shows the branch that was chosen last, whichever answers last", async () => {
  const late: (() => void)[] = [];
  servicesThat({
    "/stations/v1/branches": branches,
    "/stations/v1/vehicles": async ({ query }: Asked) => {
      const branch = query.get("branch_id");
      if (branch === "SD") await new Promise<void>((resolve) => late.push(resolve));
      return list({ id: `V-${branch}` });
    },
  });
  const fleet = new Fleet();
  const slow = fleet.choose("SD");
  expect(fleet.vehicles).toBeNull();
  await fleet.choose("HB");
  late.forEach((answer) => answer());
  await slow;
  expect(fleet.vehicles?.map((one) => one.id)).toEqual(["V-HB"]);
});

it("asks for nothing of a branch that it could not learn, and says why", async () => {
  const asked = servicesThat({ "/stations/v1/branches": new Refusal(503, "unavailable") });
  const fleet = new Fleet();
  await fleet.start();
  expect(asked.map((one) => one.path)).toEqual(["/stations/v1/branches"]);
  expect(fleet.problem).not.toBeNull();
});

it("orders that the vehicle is promised to or out for can be chosen, however old they are", async () => {
  const here = "/stations/v1/vehicles/V1";
  const order = (id: string): unknown => ({ id, number: `WO-${id}` });
  servicesThat({
    "/stations/v1/vehicles": list({ id: "V1" }),
    "/orders/v1/orders": list(order("new")),
    [`${here}/claims`]: list({ id: "c", order_id: "claimed" }),
    "/stations/v1/rentals": list({ order_id: "let", state: "booked" }, { order_id: "over", state: "returned" }),
    "/stations/v1/handovers": list(
      { order_id: "out", direction: "out" },
      { order_id: "came back", direction: "out" },
      { order_id: "came back", direction: "back" },
    ),
    "/orders/v1/orders/claimed": order("claimed"),
    "/orders/v1/orders/let": order("let"),
    "/orders/v1/orders/out": new Refusal(404, "not-found"),
  });
  const fleet = new Fleet();
  await fleet.choose(null);
  await fleet.open("V1");
  expect(fleet.problem).toBeNull();
  expect(fleet.orders.map((one) => one.id)).toEqual(["claimed", "let", "new"]);
});

async function opened(answers: Record<string, unknown>): Promise<Fleet> {
  servicesThat({ "/stations/v1/vehicles": list({ id: "V1" }), ...answers });
  const fleet = new Fleet();
  await fleet.choose(null);
  await fleet.open("V1");
  return fleet;
}

it("what is promised twice to one order is shown twice; what is over stands apart", async () => {
  const span = { order_id: "o1", start: "2026-11-26T01:00:00Z", end: "2026-11-26T05:00:00Z", underway: false };
  const rental = { ...span, day_fen: 50_000, cost_fen: null };
  const fleet = await opened({
    "/stations/v1/vehicles/V1/claims": list({ ...span, id: "T1/4/a", kind: "booked" }, { ...span, id: "T1/5/a", kind: "booked" }),
    "/stations/v1/rentals": list({ ...rental, id: "r1", state: "booked" }, { ...rental, id: "r2", state: "cancelled" }),
    "/orders/v1/orders/o1": { id: "o1", number: "WO-1", asset: { plate: "鲁A12345" } },
  });
  render(RentalSection, { fleet, about: fleet.about as AboutVehicle });
  const [promised, over] = screen.getAllByRole("table").map((one) => one.textContent ?? "");
  expect(promised?.match(/takes cargo on/g)).toHaveLength(2);
  expect(promised).not.toContain("cancelled");
  expect(over).toContain("cancelled");
});

it("why a price was refused is said beside its form, and what was typed stays", async () => {
  const told = { detail: "2026-11-01 has passed" };
  const fleet = await opened({ "PUT /stations/v1/vehicles/V1/prices/2099-01-01": new Refusal(422, "invalid", told) });
  const { container } = render(PriceSection, { fleet, prices: [] });
  const form = container.querySelector("form") as HTMLFormElement;
  const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
  await fireEvent.input(field("valid_from"), { target: { value: "2099-01-01" } });
  await fireEvent.input(field("base"), { target: { value: "12.5" } });
  await fireEvent.submit(form);
  const alert = await waitFor(() => screen.getByRole("alert"));
  expect(alert.closest("details")?.contains(form)).toBe(true);
  expect(alert.textContent).toContain("has passed");
  expect(field("base").value).toBe("12.5");
});
