import { Shipments } from "../src/stock/shipments.svelte";
import { servicesThat } from "./services";

afterEach(() => vi.unstubAllGlobals());

it("news of a parcel are written down on a plain-http address as well, where there is no randomUUID", async () => {
  const asked = servicesThat({});
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(await new Shipments().tell("s1", { kind: "picked" })).toBe(true);
  expect(asked.find((one) => one.method === "POST")?.body["event_id"]).toMatch(/^[0-9a-f]{32}$/);
});
