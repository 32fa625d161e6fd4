/** Whether this phone is new, locked or open. The key lives in memory only: a closed app is a locked one. */

import { newLock, open, openLock, seal, WrongPin, type Sealed } from "./seal";
import { db, unlessFull } from "./store";

export const PIN_LENGTH = 6;
/** A phone that lies hidden for so long locks itself. */
const LOCKS_AFTER_MS = 15 * 60_000;
const FREE_FAILURES = 5;
const LONGEST_PAUSE_MS = 15 * 60_000;

export type LockState = "unknown" | "new" | "locked" | "open";

/** Too many wrong PINs: the next one is looked at from `until_ms` on. */
export class PinPaused extends Error {
  constructor(readonly until_ms: number) {
    super("paused");
  }
}

class PhoneLock {
  state = $state<LockState>("unknown");
  #key: CryptoKey | null = null;
  #hiddenSince: number | null = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#watch());
  }

  async look(): Promise<void> {
    if (this.state === "unknown") this.state = (await db.recall("lock")) === undefined ? "new" : "locked";
  }

  async choosePin(pin: string): Promise<void> {
    const { lock, key } = await newLock(pin);
    await db.kept.put({ name: "lock", lock, failures: 0, failed_ms: 0 });
    this.#key = key;
    this.state = "open";
  }

  /** Throws WrongPin, or PinPaused. */
  async unlock(pin: string): Promise<void> {
    const kept = await db.recall("lock");
    if (kept === undefined) return;
    const pause = Math.min(2 ** (kept.failures - FREE_FAILURES) * 15_000, LONGEST_PAUSE_MS);
    const until = kept.failures < FREE_FAILURES ? 0 : kept.failed_ms + pause;
    if (Date.now() < until && Date.now() >= kept.failed_ms) throw new PinPaused(until);
    // Counted before it is looked at: closing the app in the middle saves no attempt.
    // A full phone must open all the same: how else could it be emptied?
    await db.kept.put({ ...kept, failures: kept.failures + 1, failed_ms: Date.now() }).catch(unlessFull);
    this.#key = await openLock(kept.lock, pin);
    await db.kept.put({ ...kept, failures: 0, failed_ms: 0 }).catch(unlessFull);
    this.state = "open";
  }

  lock(): void {
    this.#key = null;
    if (this.state === "open") this.state = "locked";
  }

  seal(value: unknown): Promise<Sealed> {
    return seal(this.key, value);
  }

  open<T>(sealed: Sealed): Promise<T> {
    return open<T>(this.key, sealed);
  }

  /** Throws when the phone is locked: whoever asks must then wait for the engineer. */
  get key(): CryptoKey {
    if (this.#key === null) throw new WrongPin("locked");
    return this.#key;
  }

  #watch(): void {
    if (document.visibilityState === "hidden") {
      this.#hiddenSince = performance.now();
    } else if (this.#hiddenSince !== null && performance.now() - this.#hiddenSince > LOCKS_AFTER_MS) {
      this.lock();
    }
  }
}

export const phoneLock = new PhoneLock();
