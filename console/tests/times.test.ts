import { yuan, yuanDelta } from "../src/model/money";
import { ageParts, countdown, endOfSiteDay, lastSiteDay, siteInstant, siteTime } from "../src/model/time";

const NOW = Date.parse("2026-11-22T02:00:00Z"); // 10:00 in Beijing

describe("times at the site", () => {
  it("are Beijing's whatever the desk's zone is, by the 24-hour clock", () => {
    expect(siteTime("2026-11-22T15:59:00Z", NOW)).toBe("23:59");
    expect(siteTime("2026-11-22T16:00:00Z", NOW)).toBe("11-23 00:00");
    expect(siteTime("2025-12-31T16:00:00Z", NOW)).toBe("01-01 00:00"); // already 2026 in Beijing
    expect(siteTime("2025-06-01T00:00:00Z", NOW)).toBe("2025-06-01 08:00");
  });

  it("are read from a field as Beijing's", () => {
    expect(siteInstant("2026-11-22T10:00")).toBe("2026-11-22T02:00:00.000Z");
  });

  it("name the last day that is included, where services end before an instant", () => {
    expect(endOfSiteDay("2026-12-31")).toBe("2026-12-31T16:00:00.000Z");
    expect(lastSiteDay(endOfSiteDay("2026-12-31"))).toBe("2026-12-31");
  });
});

it("counts down in hours up to two days", () => {
  expect(countdown(65_000, "d ")).toBe("1:05");
  expect(countdown(3_600_000 * 47 + 999, "d ")).toBe("47:00:00");
  expect(countdown(-3_723_000, "d ")).toBe("1:02:03");
  expect(countdown(86_400_000 * 3 + 3_660_000, "d ")).toBe("3d 01:01");
});

it("tells ages in the unit that a person would", () => {
  expect(ageParts(-500)).toEqual({ unit: "seconds", count: 0 });
  expect(ageParts(59_999)).toEqual({ unit: "seconds", count: 59 });
  expect(ageParts(60_000)).toEqual({ unit: "minutes", count: 1 });
  expect(ageParts(47 * 3_600_000)).toEqual({ unit: "hours", count: 47 });
  expect(ageParts(72 * 3_600_000)).toEqual({ unit: "days", count: 3 });
});

it("tells money in whole yuan with a sign on differences", () => {
  expect(yuan(123_456)).toBe("¥1,235");
  expect(yuanDelta(12_000)).toBe("+¥120");
  expect(yuanDelta(-4_200)).toBe("−¥42");
  expect(yuanDelta(49)).toBe("±¥0");
});
