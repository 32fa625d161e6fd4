/** What the screens show: the phone's database, opened, and kept up to date across tabs. */

import { liveQuery, type Subscription } from "dexie";
import { dayBox, type DayBox } from "../sync/snapshot";
import { phoneLock } from "../vault/lock.svelte";
import { db, type OperationRow, type OperationState, type VisitRow } from "../vault/store";
import { counts, isAtWork, nextStep, type Step } from "./steps";
import type { Kind, Operation, Result, Visit } from "./wire";

/** An operation as the screens show it. */
export interface Done extends Operation {
  seq: number;
  state: OperationState;
  made_ms: number;
  answer: Result | null;
}

class PhoneView {
  visits = $state.raw<Visit[]>([]);
  day = $state.raw<DayBox | null>(null);
  operations = $state.raw<Done[]>([]);
  photosWaiting = $state(0);
  #subscriptions: Subscription[] = [];
  /** What was opened once: what an operation says never changes. */
  readonly #opened = new Map<string, Operation>();

  /** What the engineer did and nobody has heard of; whereabouts are nothing that one did. */
  readonly queue = $derived(this.operations.filter((row) => row.state === "waiting" && row.kind !== "position"));
  readonly refused = $derived(this.operations.filter((row) => row.state === "refused"));
  readonly overtaken = $derived(this.operations.filter((row) => row.state === "overtaken"));
  readonly pending = $derived(this.queue.length + this.photosWaiting);
  readonly onBreak = $derived(
    this.operations.findLast((row) => row.kind === "break_started" || row.kind === "break_ended")?.kind === "break_started",
  );

  start(): void {
    if (this.#subscriptions.length > 0) return;
    this.#follow(
      () => db.operations.orderBy("seq").toArray(),
      (rows) => Promise.all(rows.map((row) => this.#done(row))),
      (operations) => (this.operations = operations),
    );
    this.#follow(() => db.visits.toArray(), openVisits, (visits) => (this.visits = visits));
    this.#follow(() => db.kept.get("day"), dayBox, (day) => (this.day = day));
    this.#follow(() => db.photos.count(), (count) => Promise.resolve(count), (count) => (this.photosWaiting = count));
  }

  /** The screens forget everything when the phone is locked. */
  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
    this.#opened.clear();
    this.visits = [];
    this.operations = [];
    this.day = null;
  }

  /** This phone's operations on a visit that were not refused. */
  own(visitId: string): Done[] {
    return this.operations.filter((row) => row.appointment_id === visitId && counts(row));
  }

  /** The kinds of them. */
  told(visitId: string): ReadonlySet<Kind> {
    return new Set(this.own(visitId).map((row) => row.kind));
  }

  isAtWork(visit: Visit): boolean {
    return isAtWork(visit, this.told(visit.id));
  }

  next(visit: Visit): Step | null {
    return nextStep(visit, this.told(visit.id));
  }

  /** Looks at the queue now; what another tab has just written may not have been shown yet. */
  async refresh(): Promise<void> {
    const rows = await db.operations.orderBy("seq").toArray();
    this.operations = await Promise.all(rows.map((row) => this.#done(row)));
  }

  async #done(row: OperationRow): Promise<Done> {
    const { seq, state, made_ms } = row;
    const said = this.#opened.get(row.id) ?? (await phoneLock.open<Operation>(row.box));
    this.#opened.set(row.id, said);
    return { ...said, seq, state, made_ms, answer: row.answer === null ? null : await phoneLock.open<Result>(row.answer) };
  }

  /** Shows what the database has whenever it changes; an older answer never overtakes a newer one. */
  #follow<Row, Shown>(ask: () => Promise<Row>, open: (row: Row) => Promise<Shown>, show: (shown: Shown) => void): void {
    let newest = 0;
    const next = async (row: Row): Promise<void> => {
      const mine = ++newest;
      try {
        const shown = await open(row);
        if (mine === newest && phoneLock.state === "open") show(shown);
      } catch (error) {
        if (phoneLock.state === "open") throw error;
      }
    };
    this.#subscriptions.push(liveQuery(ask).subscribe((row) => void next(row)));
  }
}

async function openVisits(rows: VisitRow[]): Promise<Visit[]> {
  const visits = await Promise.all(rows.map((row) => phoneLock.open<Visit>(row.box)));
  return visits.sort((a, b) => (a.scheduled_start ?? "9").localeCompare(b.scheduled_start ?? "9"));
}

export const phone = new PhoneView();
