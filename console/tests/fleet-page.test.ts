import { Fleet } from "../src/fleet/fleet.svelte";
import { Refusal, servicesThat, type Asked } from "./services";

const branches = { items: [{ id: "SD" }, { id: "HB" }] };
const list = (...items: unknown[]): unknown => ({ items, next: null });

afterEach(() => vi.unstubAllGlobals());

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
