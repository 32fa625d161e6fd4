import { Burdens } from "../src/network/burdens.svelte";
import { Shipments } from "../src/stock/shipments.svelte";
import { Refusal, servicesThat, type Asked } from "./services";

afterEach(() => vi.unstubAllGlobals());

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
