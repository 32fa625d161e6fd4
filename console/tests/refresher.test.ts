import { EVERYTHING, Refresher, merge, staleParts, type Dirty } from "../src/state/refresher";

const hint = (service: string, kind: string, order_id: string | null = null): Dirty =>
  staleParts({ service, kind, order_id });

it("knows which part of the board a hint makes stale", () => {
  expect(hint("orders", "order.changed", "1")).toMatchObject({ orders: new Set(["1"]), plans: false, crews: false });
  expect(hint("dispatch", "plan.published")).toMatchObject({ orders: new Set(), plans: true });
  expect(hint("stations", "engineer.changed")).toMatchObject({ crews: true, positions: false });
  expect(hint("stations", "position")).toMatchObject({ crews: false, positions: true });
  expect(hint("console", "resync")).toEqual(EVERYTHING);
});

it("fetches the whole list instead of very many single orders", () => {
  let all: Dirty = hint("orders", "order.changed", "0");
  for (let i = 1; i < 13; i += 1) all = merge(all, hint("orders", "order.changed", String(i)));
  expect(all.orders).toBe("all");
  expect(merge(EVERYTHING, hint("orders", "order.changed", "1")).orders).toBe("all");
});

describe("the refresher", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("gathers a burst of hints into one round", async () => {
    const fetch = vi.fn(() => Promise.resolve());
    const refresher = new Refresher(fetch, 300);
    for (const id of ["1", "2", "1"]) refresher.ask(hint("orders", "order.changed", id));
    await vi.advanceTimersByTimeAsync(1000);
    expect(fetch).toHaveBeenCalledOnce();
    expect(fetch).toHaveBeenCalledWith(expect.objectContaining({ orders: new Set(["1", "2"]) }));
  });

  it("never runs two rounds at a time and forgets no hint that came meanwhile", async () => {
    let running = 0;
    let most = 0;
    const seen: Dirty[] = [];
    const refresher = new Refresher(async (dirty) => {
      most = Math.max(most, (running += 1));
      seen.push(dirty);
      await new Promise((done) => setTimeout(done, 2000));
      running -= 1;
    }, 300);
    refresher.ask(hint("orders", "order.changed", "1"));
    await vi.advanceTimersByTimeAsync(500);
    refresher.ask(hint("orders", "order.changed", "2"));
    refresher.ask(hint("dispatch", "plan.published"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(most).toBe(1);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatchObject({ orders: new Set(["2"]), plans: true });
  });

  it("is quiet once stopped", async () => {
    const fetch = vi.fn(() => Promise.resolve());
    const refresher = new Refresher(fetch, 300);
    refresher.ask(EVERYTHING);
    refresher.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(fetch).not.toHaveBeenCalled();
  });
});
