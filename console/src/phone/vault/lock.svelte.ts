/** Whether this phone is new, locked or open. The key lives in memory only: a closed app is a locked one. */

import { newLock, open, openLock, seal, WrongPin, type Lock, type Sealed } from "./seal";
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

/** How long ago: by two clocks, of which one stands still while the phone sleeps and the other can be set back. */
class Elapsed {
  readonly #wall = Date.now();
  readonly #awake = performance.now();

  get ms(): number {
    return Math.max(Date.now() - this.#wall, this.awake_ms);
  }

  /** By the clock that nobody can set. */
  get awake_ms(): number {
    return performance.now() - this.#awake;
  }
}

class PhoneLock {
  state = $state<LockState>("unknown");
  #key: CryptoKey | null = null;
  #hidden: Elapsed | null = null;
  /** The wrong PINs that this page knows of, and since when: a pause is counted from there. */
  #wrong = { count: 0, since: new Elapsed() };

  constructor() {
    document.addEventListener("visibilitychange", () => this.#watch());
  }

  async look(): Promise<void> {
    if (this.state !== "unknown") return;
    const kept = await db.recall("lock");
    this.#wrong = { count: kept?.failures ?? 0, since: new Elapsed() };
    this.state = kept === undefined ? "new" : "locked";
  }

  async choosePin(pin: string): Promise<void> {
    const { lock, key } = await newLock(pin);
    await db.kept.put({ name: "lock", lock, failures: 0 });
    this.#key = key;
    this.state = "open";
  }

  /** Throws WrongPin, or PinPaused. */
  async unlock(pin: string): Promise<void> {
    const kept = await db.recall("lock");
    if (kept === undefined) return;
    const wait = this.#pauseAfter(kept.failures);
    if (wait > 0) throw new PinPaused(Date.now() + wait);
    // Counted before it is looked at: closing the app in the middle saves no attempt.
    // A full phone must open all the same: how else could it be emptied?
    await this.#count(kept.lock, kept.failures + 1);
    this.#key = await openLock(kept.lock, pin);
    await this.#count(kept.lock, 0);
    this.state = "open";
  }

  async #count(lock: Lock, failures: number): Promise<void> {
    await db.kept.put({ name: "lock", lock, failures }).catch(unlessFull);
    this.#wrong = { count: failures, since: new Elapsed() };
  }

  /** What is left of the pause, in ms. Whoever reloads the page, opens another or sets the clock waits it out anew. */
  #pauseAfter(failures: number): number {
    if (this.#wrong.count !== failures) this.#wrong = { count: failures, since: new Elapsed() };
    if (failures < FREE_FAILURES) return 0;
    const pause = Math.min(2 ** (failures - FREE_FAILURES) * 15_000, LONGEST_PAUSE_MS);
    return pause - this.#wrong.since.awake_ms;
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
    if (document.visibilityState === "hidden") this.#hidden ??= new Elapsed();
    else if (this.#hidden !== null) {
      if (this.#hidden.ms > LOCKS_AFTER_MS) this.lock();
      this.#hidden = null;
    }
  }
}

export const phoneLock = new PhoneLock();
