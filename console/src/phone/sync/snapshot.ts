/** The last that was heard of the server, sealed: the day without signal is made of it. */

import type { Day, FaultCauses, Sync, Visit } from "../model/wire";
import { phoneLock } from "../vault/lock.svelte";
import { db } from "../vault/store";

/** What is kept of a day beside its visits. */
export interface DayBox extends Pick<Day, "engineer" | "station" | "coming"> {
  cursor: string | null;
  heard_ms: number;
  causes: FaultCauses[];
}

const NOTHING: DayBox = { causes: [], engineer: null, station: null, coming: [], cursor: null, heard_ms: 0 };
/** What the phone did is kept so long for the day log; what still waits is kept for ever. */
const LOG_KEPT_MS = 3 * 24 * 3600_000;

export async function dayBox(): Promise<DayBox> {
  const kept = await db.recall("day");
  // A box of before this version has no causes.
  return kept === undefined ? NOTHING : { ...NOTHING, ...(await phoneLock.open<DayBox>(kept.box)) };
}

/** `causes` null when they could not be asked for: what was known stays. */
export async function keepDay(day: Day, causes: FaultCauses[] | null): Promise<void> {
  const before = await dayBox();
  const { engineer, station, coming } = day;
  // Answers of before the first sync are still to be fetched: only delta sync moves the cursor on.
  const box = await phoneLock.seal({ ...before, engineer: engineer ?? before.engineer, station: station ?? before.station, coming, heard_ms: Date.now(), causes: causes ?? before.causes });
  const rows = await Promise.all(day.appointments.map(sealVisit));
  await db.transaction("rw", db.kept, db.visits, db.operations, async () => {
    await db.kept.put({ name: "day", box });
    await db.visits.clear();
    await db.visits.bulkPut(rows);
    await db.operations.where("state").equals("done").and((row) => row.made_ms < Date.now() - LOG_KEPT_MS).delete();
  });
}

export const keepSync = {
  async cursor(): Promise<string | null> {
    return (await dayBox()).cursor;
  },

  async apply(news: Sync): Promise<void> {
    const box = await phoneLock.seal({ ...(await dayBox()), cursor: news.cursor, heard_ms: Date.now() });
    const rows = await Promise.all(news.appointments.map(sealVisit));
    await db.transaction("rw", db.kept, db.visits, async () => {
      await db.visits.bulkPut(rows);
      await db.visits.bulkDelete(news.removed);
      await db.kept.put({ name: "day", box });
    });
  },
};

async function sealVisit(visit: Visit): Promise<{ id: string; box: Awaited<ReturnType<typeof phoneLock.seal>> }> {
  return { id: visit.id, box: await phoneLock.seal(visit) };
}
