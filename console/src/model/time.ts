/** Times as people at the site read them. Services send UTC instants; the site's zone is the same for all of China. */

export const SITE_ZONE = "Asia/Shanghai";

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  timeZone: SITE_ZONE,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: SITE_ZONE, month: "2-digit", day: "2-digit" });
const YEAR = new Intl.DateTimeFormat("en-CA", { timeZone: SITE_ZONE, year: "numeric" });

/** "14:05" today, "11-22 14:05" on another day, with the year when that differs. */
export function siteTime(instant: string | number, nowMs: number): string {
  const at = new Date(instant);
  const now = new Date(nowMs);
  const time = CLOCK.format(at);
  const sameYear = YEAR.format(at) === YEAR.format(now);
  if (sameYear && DAY.format(at) === DAY.format(now)) return time;
  return sameYear ? `${DAY.format(at)} ${time}` : `${YEAR.format(at)}-${DAY.format(at)} ${time}`;
}

const DATE = new Intl.DateTimeFormat("en-CA", { timeZone: SITE_ZONE });

/** The day at the site, "2026-11-26". */
export function siteDay(ms: number): string {
  return DATE.format(new Date(ms));
}

const DAY_MS = 86_400_000;

/** The instant at which a day at the site is over, for a last day that is included; UTC+8 all year. */
export function endOfSiteDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00+08:00`) + DAY_MS).toISOString();
}

/** The last day at the site that lies before an exclusive end. */
export function lastSiteDay(end: string): string {
  return siteDay(Date.parse(end) - 1);
}

/** The month at the site, "2026-11". */
export function siteMonth(ms: number): string {
  return siteDay(ms).slice(0, 7);
}

/** Seconds as hours, "3.5". */
export function hoursOf(seconds: number): string {
  return (seconds / 3600).toFixed(1);
}

/** A running countdown: "5:04:09" below two days, otherwise "3 d 04:05" with the given unit of days. */
export function countdown(ms: number, dayUnit: string): string {
  const total = Math.floor(Math.abs(ms) / 1000);
  const days = Math.floor(total / 86_400);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (days >= 2) return `${days}${dayUnit}${two(hours % 24)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** Which unit an age is told in, and how many of it. */
export function ageParts(ms: number): { unit: "seconds" | "minutes" | "hours" | "days"; count: number } {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return { unit: "seconds", count: seconds };
  if (seconds < 3600) return { unit: "minutes", count: Math.floor(seconds / 60) };
  if (seconds < 172_800) return { unit: "hours", count: Math.floor(seconds / 3600) };
  return { unit: "days", count: Math.floor(seconds / 86_400) };
}

/** The instant of a `datetime-local` field that was filled in with the site's time (UTC+8 all year). */
export function siteInstant(field: string): string {
  return new Date(`${field}:00+08:00`).toISOString();
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
