/** Brings what waits to the server and fetches what is new: in one tab at a time, for as long as the phone is open. */

import type { Day, FaultCauses, Operation, Result, Sync } from "../model/wire";
import { Refused, SignedOut } from "../session/session";
import { phoneLock } from "../vault/lock.svelte";
import { db, isFull, type OperationRow } from "../vault/store";
import { settle } from "./answers";
import { call, comesAgain, read } from "./api";
import { device } from "../session/device";
import { Photos } from "./photos";
import { keepDay, keepSync } from "./snapshot";

const BATCH = 100;
/** After an answer the phone looks soon and then ever less often: what it did to the visits comes a moment later. */
const FIRST_LOOK_MS = 1000;
const LOOKS_EVERY_MS = 20_000;
const DAY_EVERY_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 60_000;

/** photos: all but some photos, which the server cannot take at present. */
export type Link = "idle" | "sending" | "offline" | "signed-out" | "full" | "photos";

class Sender {
  link = $state<Link>("idle");
  /** When the server was last heard, by the phone's clock. */
  heard_ms = $state<number | null>(null);
  #wake: (() => void) | null = null;
  /** Somebody nudged while a look was under way: what is new since it began has not been seen. */
  #nudged = false;
  #failures = 0;
  /** Looks since something was answered. */
  #quiet = 0;
  #day_ms = -Infinity;
  #exchanged_ms = -Infinity;
  readonly #photos = new Photos();
  #running = false;

  /** Runs until the phone is locked. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const nudge = (): void => this.nudge();
    addEventListener("online", nudge);
    try {
      await navigator.locks.request("roadcall-phone-sender", () => this.#loop());
    } finally {
      removeEventListener("online", nudge);
      this.#running = false;
    }
  }

  /** Something new waits, or the network is back. */
  nudge(): void {
    this.#failures = 0;
    this.#nudged = true;
    this.#wake?.();
  }

  /** Fetch the whole day with the next look. */
  refresh(): void {
    this.#day_ms = -Infinity;
    this.nudge();
  }

  async #loop(): Promise<void> {
    while (phoneLock.state === "open") {
      this.#nudged = false;
      await this.#look();
      if (!this.#nudged) await this.#pause();
    }
  }

  async #look(): Promise<void> {
    try {
      // A look for news alone changes nothing for the engineer: only what has never been heard is not up to date.
      if (this.heard_ms === null || (await somethingWaits())) this.link = "sending";
      this.#quiet += 1;
      await this.#exchange();
      const all = await this.#photos.send(() => this.#betweenPhotos());
      await this.#betweenPhotos();
      this.#failures = all ? 0 : this.#failures + 1;
      this.link = all ? "idle" : "photos";
    } catch (error) {
      this.#failures += 1;
      this.link = linkAfter(error);
      if (phoneLock.state === "open" && this.link === "idle") console.error(error);
    }
  }

  /** What the engineer did goes out, and the news comes in: neither waits for a photo. */
  async #exchange(): Promise<void> {
    while (await this.#sendOperations()) this.heard_ms = Date.now();
    await this.#fetch();
    this.heard_ms = Date.now();
    this.#exchanged_ms = performance.now();
  }

  async #betweenPhotos(): Promise<void> {
    if ((await waiting().count()) > 0 || performance.now() - this.#exchanged_ms > LOOKS_EVERY_MS) await this.#exchange();
  }

  async #fetch(): Promise<void> {
    if (performance.now() - this.#day_ms > DAY_EVERY_MS) {
      const day = await read<Day>("/mobile/v1/day");
      // Causes are a convenience of the completion: the day does not wait for them.
      const causes = await read<FaultCauses[]>("/orders/v1/causes").catch(() => null);
      await keepDay(day, causes);
      this.#day_ms = performance.now();
    }
    let more = true;
    while (more) {
      const cursor = await keepSync.cursor();
      const news = await read<Sync>(`/mobile/v1/sync${cursor === null ? "" : `?cursor=${cursor}`}`);
      for (const answer of news.answers) await this.#settle(answer);
      await keepSync.apply(news);
      more = news.more;
    }
  }

  /** Sends one batch; false when nothing waits. */
  async #sendOperations(): Promise<boolean> {
    const rows = await waiting().limit(BATCH).sortBy("seq");
    if (rows.length === 0) return false;
    await this.#sendBatch(rows);
    return true;
  }

  /**
   * A request that is refused as a whole says nothing about its operations: it is halved until the one that is at fault
   * stands alone. It is then shown as refused, and the others go on.
   */
  async #sendBatch(rows: OperationRow[]): Promise<void> {
    const { installation } = await device();
    const operations = await Promise.all(
      rows.map(async (row) => ({ ...(await phoneLock.open<Operation>(row.box)), seq: row.seq })),
    );
    const body = JSON.stringify({ device: installation, sent_at: new Date().toISOString(), operations });
    const headers = { "Content-Type": "application/json" };
    try {
      const answer = await call("/mobile/v1/operations", { method: "POST", headers, body });
      const whereabouts = new Set(operations.filter((operation) => operation.kind === "position").map(({ id }) => id));
      for (const result of ((await answer.json()) as { results: Result[] }).results) {
        // The server has them, or does not want them: there is nothing to show.
        if (whereabouts.has(result.id)) await db.operations.where("id").equals(result.id).delete();
        else await this.#settle(result);
      }
    } catch (error) {
      if (!(error instanceof Refused) || ![400, 413, 422].includes(error.status)) throw error;
      if (rows.length === 1 && rows[0] !== undefined) {
        await this.#settle({ id: rows[0].id, status: "rejected", reason: "invalid", problem: error.problem });
        return;
      }
      const half = Math.ceil(rows.length / 2);
      await this.#sendBatch(rows.slice(0, half));
      await this.#sendBatch(rows.slice(half));
    }
  }

  async #settle(result: Result): Promise<void> {
    if (await settle(result)) this.#quiet = 0;
  }

  /** Until it is time to look again, or somebody nudges. Spread, so that phones do not come back all at once. */
  #pause(): Promise<void> {
    const wanted = this.#failures === 0
      ? Math.min(FIRST_LOOK_MS * 2 ** this.#quiet, LOOKS_EVERY_MS)
      : Math.min(1000 * 2 ** this.#failures, LONGEST_PAUSE_MS);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wanted * (0.7 + 0.6 * Math.random()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export const sender = new Sender();

function waiting() {
  return db.operations.where("state").equals("waiting");
}

async function somethingWaits(): Promise<boolean> {
  return (await waiting().count()) + (await db.photos.count()) > 0;
}

function linkAfter(error: unknown): Link {
  if (error instanceof SignedOut) return "signed-out";
  if (isFull(error)) return "full";
  return comesAgain(error) ? "offline" : "idle";
}
