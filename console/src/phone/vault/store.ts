/**
 * The phone's own database. Readable without the PIN: how many operations wait and since when. Everything else is
 * sealed. Sequence numbers are the database's own counter: it never gives one out twice, in however many tabs.
 */

import Dexie, { type EntityTable, type Table } from "dexie";
import type { Lock, Sealed } from "./seal";

/**
 * waiting: not sent · told: the server has it, its owner's answer is to come · refused, or overtaken by something newer:
 * shown until dismissed · done.
 */
export type OperationState = "waiting" | "told" | "refused" | "overtaken" | "done";

export interface OperationRow {
  seq: number;
  id: string;
  state: OperationState;
  made_ms: number;
  box: Sealed;
  /** The server's answer, when there is one. */
  answer: Sealed | null;
}

export interface PhotoRow {
  /** Of the `photo` operation that it belongs to. */
  id: string;
  made_ms: number;
  /** order, step and hash */
  box: Sealed;
  content: Sealed;
  /** Where the upload goes on (a tus address); null before it has begun. */
  upload: string | null;
}

export interface VisitRow {
  id: string;
  box: Sealed;
}

export interface Kept {
  lock: { name: "lock"; lock: Lock; failures: number };
  device: { name: "device"; installation: string; keys: CryptoKeyPair };
  session: { name: "session"; box: Sealed };
  day: { name: "day"; box: Sealed };
}

class PhoneDatabase extends Dexie {
  operations!: EntityTable<OperationRow, "seq">;
  photos!: EntityTable<PhotoRow, "id">;
  visits!: EntityTable<VisitRow, "id">;
  kept!: Table<Kept[keyof Kept], string>;

  constructor() {
    super("roadcall-phone");
    this.version(1).stores({ operations: "++seq, &id, state", photos: "id", visits: "id", kept: "name" });
  }

  async recall<Name extends keyof Kept>(name: Name): Promise<Kept[Name] | undefined> {
    return (await this.kept.get(name)) as Kept[Name] | undefined;
  }
}

export const db = new PhoneDatabase();

/** Whether the phone had no room for something: it was then not recorded, and the engineer must know. */
export function isFull(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = (at as { inner?: unknown }).inner) {
    if (at.name === "QuotaExceededError") return true;
  }
  return false;
}

/** For writes that a full phone can do without. */
export function unlessFull(error: unknown): void {
  if (!isFull(error)) throw error;
}

/** Asks the system not to clear this database when space is short; whether it agrees. Some browsers ask their user. */
export async function keepForGood(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}
