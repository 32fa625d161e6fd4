/** The customer's view of one order, read again while it goes on, and the survey at its end. */

import { Client, RequestFailed } from "../api/client";
import type { Tracked } from "../api/tracking-wire";
import { language } from "../i18n/text.svelte";
import { now } from "./now.svelte";
import { problemText } from "./problem";

export class Tracking {
  data = $state.raw<Tracked | null>(null);
  gone = $state(false);
  busy = $state(false);
  problem = $state<string | null>(null);
  readonly #path: string;
  readonly #client = new Client({ token: () => null, onSignedOut: () => {}, onServerDate: (date) => now.learn(date) });

  constructor(token: string) {
    this.#path = `/orders/v1/tracking/${encodeURIComponent(token)}`;
  }

  async load(): Promise<void> {
    try {
      this.data = await this.#client.get<Tracked>(this.#path);
      this.problem = null;
    } catch (error) {
      this.gone = error instanceof RequestFailed && error.status === 404;
      this.problem = problemText(error);
    }
  }

  async rate(rating: number, comment: string): Promise<void> {
    this.busy = true;
    try {
      await this.#client.post(`${this.#path}/survey`, { rating, comment, language: language.current });
      await this.load();
    } catch (error) {
      this.problem = problemText(error);
    } finally {
      this.busy = false;
    }
  }
}
