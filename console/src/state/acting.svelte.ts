/** What a page asks the services to do: whether it waits for an answer, and why something was refused. */

import { problemText } from "./problem";

export class Acting {
  problem = $state<string | null>(null);
  busy = $state(false);
  #running = 0;
  #asked = 0;

  /** What the action answers; null when it was refused, and then `problem` says why. */
  async act<T>(action: () => Promise<T>): Promise<T | null> {
    this.busy = ++this.#running > 0;
    this.problem = null;
    try {
      return await action();
    } catch (error) {
      this.problem = problemText(error);
      return null;
    } finally {
      this.busy = --this.#running > 0;
    }
  }

  /** Whether it was done. */
  async done(action: () => Promise<unknown>): Promise<boolean> {
    return (await this.act(async () => (await action(), true))) === true;
  }

  /**
   * Asks for what is chosen now and shows it; answers and refusals of an older question are dropped. `ask` is handed
   * what tells whether its question still is the newest.
   */
  async newest<T>(ask: (newest: () => boolean) => Promise<T>, show: (answer: T) => void): Promise<void> {
    const mine = ++this.#asked;
    await this.act(async () => {
      try {
        const answer = await ask(() => mine === this.#asked);
        if (mine === this.#asked) show(answer);
      } catch (error) {
        if (mine === this.#asked) throw error;
      }
    });
  }
}
