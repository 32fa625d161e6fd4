/** The partner driver's run: steps taken without network wait on the phone and are sent again under the same id. */

import { Client, RequestFailed, newKey } from "../api/client";
import type { PartnerCase, PartnerStep } from "../api/wire";
import { now } from "./now.svelte";
import { problemText } from "./problem";

export const STEPS: readonly PartnerStep[] = ["accept", "at_truck", "cargo_moving", "delivered"];

interface WaitingStep {
  operation_id: string;
  step: PartnerStep;
  at: string;
  place?: { lon: number; lat: number; datum: "WGS-84" };
  km?: number;
}

export class PartnerRun {
  data = $state.raw<PartnerCase | null>(null);
  gone = $state(false);
  busy = $state(false);
  problem = $state<string | null>(null);
  readonly #token: string;
  readonly #client = new Client({ token: () => null, onSignedOut: () => {}, onServerDate: (date) => now.learn(date) });
  #queue = $state.raw<WaitingStep[]>([]);

  constructor(token: string) {
    this.#token = token;
    this.#queue = JSON.parse(localStorage.getItem(this.#key) ?? "[]") as WaitingStep[];
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** The step to take now; null when all are taken. */
  readonly next = $derived(this.data === null ? null : (STEPS.find((step) => this.doneAt(step) === null) ?? null));

  doneAt(step: PartnerStep): string | null {
    const told = this.data?.steps.find((one) => one.step === step)?.at;
    return told ?? this.#queue.find((one) => one.step === step)?.at ?? null;
  }

  async load(): Promise<void> {
    try {
      this.data = await this.#client.get<PartnerCase>(this.#path);
      this.problem = null;
      await this.sendWaiting();
    } catch (error) {
      this.#failed(error);
    }
  }

  async take(step: PartnerStep, km: number | null): Promise<void> {
    const taken: WaitingStep = { operation_id: newKey(), step, at: new Date(now.ms).toISOString() };
    if (km !== null) taken.km = km;
    const place = await whereNow();
    if (place !== null) taken.place = { ...place, datum: "WGS-84" };
    this.#keep([...this.#queue, taken]);
    await this.sendWaiting();
  }

  /** Sends what waits, oldest first; stops at the first that finds no server. */
  async sendWaiting(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
        await this.#client.post(this.#path, first, { idempotencyKey: first.operation_id });
        this.#keep(this.#queue.slice(1));
        this.data = await this.#client.get<PartnerCase>(this.#path);
        this.problem = null;
      }
    } catch (error) {
      // What the server has refused for good is not sent again.
      if (isRefusal(error)) this.#keep(this.#queue.slice(1));
      this.#failed(error);
    } finally {
      this.busy = false;
    }
  }

  #failed(error: unknown): void {
    this.gone = error instanceof RequestFailed && [401, 403, 404].includes(error.status);
    // A dead spot on the road is normal: the page then only says that it will send later.
    if (isRefusal(error) || this.data === null) this.problem = problemText(error);
  }

  #keep(queue: WaitingStep[]): void {
    this.#queue = queue;
    localStorage.setItem(this.#key, JSON.stringify(queue));
  }

  get #key(): string {
    return `roadcall.replacement.${this.#token.slice(-24)}`;
  }

  get #path(): string {
    return `/orders/v1/replacement/${encodeURIComponent(this.#token)}`;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof RequestFailed && error.status >= 400 && error.status < 500 && error.status !== 429;
}

/** The phone's position, or null when it has none to give within three seconds. */
function whereNow(): Promise<{ lon: number; lat: number } | null> {
  return new Promise((found) => {
    if (!("geolocation" in navigator)) return found(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ lon: coords.longitude, lat: coords.latitude }),
      () => found(null),
      { enableHighAccuracy: true, maximumAge: 30_000, timeout: 3_000 },
    );
  });
}
