import type { Engineer, Plan, Stop } from "../src/api/wire";
import { touched } from "../src/model/impact";
import { inside, kilometres, lanesOf, ticks } from "../src/model/lanes";

const HOUR = 3_600_000;
const T0 = Date.parse("2026-11-26T00:00:00Z");
const at = (hours: number): string => new Date(T0 + hours * HOUR).toISOString();

const JINAN = { lon: 117.0, lat: 36.65 };
const QINGDAO = { lon: 120.38, lat: 36.07 };

function engineer(id: string, home = JINAN): Engineer {
  return { id, name: id, station_id: "S1", territory_id: "T1", home };
}

function stop(orderId: string | null, from: number, to: number): Stop {
  const kind = orderId === null ? "pickup" : "order";
  return { kind, order_id: orderId, place_id: null, arrival: at(from), start: at(from), end: at(to) };
}

function plan(engineerId: string, stops: Stop[]): Plan {
  return { routes: [{ engineer_id: engineerId, depart: at(0), stops }] } as unknown as Plan;
}

describe("the rows of the timeline", () => {
  it("drive from where the stop before ended, and pick up on the way", () => {
    const [lane] = lanesOf([engineer("E1")], [plan("E1", [stop(null, 1, 1.5), stop("a", 2, 4)])], new Map(), null);
    expect(lane?.bars.map((bar) => [bar.orderId, bar.leaves, bar.from, bar.to].map((v) => (typeof v === "number" ? (v - T0) / HOUR : v)))).toEqual([
      [null, 0, 1, 1.5],
      ["a", 1.5, 2, 4],
    ]);
  });

  it("stand nearest first by the last position, else by home", () => {
    const crew = [engineer("home in Jinan"), engineer("seen in Jinan", QINGDAO), engineer("in Qingdao", QINGDAO)];
    const seen = new Map([["seen in Jinan", { engineer_id: "seen in Jinan", at: at(0), lon: 117.01, lat: 36.65 }]]);
    const lanes = lanesOf(crew, [], seen, JINAN);
    expect(lanes.map((lane) => lane.id)).toEqual(["home in Jinan", "seen in Jinan", "in Qingdao"]);
    expect(lanes[0]?.km).toBe(0);
  });
});

it("a degree of latitude is 111 km", () => {
  expect(kilometres({ lon: 117, lat: 36 }, { lon: 117, lat: 37 })).toBeCloseTo(111.2, 1);
});

describe("a window of time", () => {
  const window = { from: T0, to: T0 + 10 * HOUR };

  it("shows the part of a stop that lies in it", () => {
    expect(inside(window, T0 - HOUR, T0 + HOUR)).toEqual({ left: 0, width: 10 });
    expect(inside(window, T0 + 9 * HOUR, T0 + 12 * HOUR)).toEqual({ left: 90, width: 10 });
    expect(inside(window, T0 - 2 * HOUR, T0)).toBeNull();
  });

  it("has ticks at full hours of the site: 72 hours from 08:00 begin at noon", () => {
    expect(ticks({ from: T0, to: T0 + 72 * HOUR })[0]).toBe(T0 + 4 * HOUR);
    expect(ticks(window)).toHaveLength(10);
  });
});

it("a clock is newly late, later, saved or earlier; a minute less does not count", () => {
  const clock = (due: number, before: number, after: number): ReturnType<typeof touched> =>
    touched([{ order_id: "a", clock: "arrive", due: at(due), before: at(before), after: at(after) }]);
  expect(clock(2, 1, 3)[0]?.effect).toBe("newlyLate");
  expect(clock(2, 1, 1.5)[0]?.effect).toBe("later");
  expect(clock(2, 3, 4)[0]?.effect).toBe("later");
  expect(clock(2, 3, 2)[0]?.effect).toBe("saved");
  expect(clock(2, 4, 3)[0]?.effect).toBe("earlier");
  expect(clock(2, 1, 1.01)).toEqual([]);
});
