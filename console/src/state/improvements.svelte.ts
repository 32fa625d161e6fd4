/** The optimiser at work: improvements of published plans that run now, looked at while the page is visible. */

import type { Improvement, Territory } from "../api/wire";
import { session } from "./session.svelte";

const LOOK_MS = 1_500;

export class Improvements {
  running = $state.raw<readonly Improvement[]>([]);
  #timer: ReturnType<typeof setInterval> | null = null;

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    void this.#look();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Those of the territories on show. */
  among(territories: readonly Territory[]): Improvement[] {
    const shown = new Set(territories.map((territory) => territory.id));
    return this.running.filter((one) => shown.has(one.territory_id));
  }

  /** Ends them with their best plans so far; one that has just ended by itself is no failure. */
  async cancel(ones: readonly Improvement[]): Promise<void> {
    const paths = ones.map((one) => `/dispatch/v1/territories/${one.territory_id}/improvement`);
    await Promise.allSettled(paths.map((path) => session.client.delete(path)));
    await this.#look();
  }

  async #look(): Promise<void> {
    if (document.hidden || !session.hasToken) return;
    // The board's own looks tell when the server is away; this one is silent then.
    const found = await session.client.get<{ items: Improvement[] }>("/dispatch/v1/improvements").catch(() => null);
    this.running = found?.items ?? [];
  }
}
