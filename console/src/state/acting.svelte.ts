/** What a page asks the services to do: one thing at a time, and why it was refused. */

import { problemText } from "./problem";

export class Acting {
  problem = $state<string | null>(null);
  busy = $state(false);

  /** What the action answers; null when it was refused, and then `problem` says why. */
  protected async act<T>(action: () => Promise<T>): Promise<T | null> {
    this.busy = true;
    this.problem = null;
    try {
      return await action();
    } catch (error) {
      this.problem = problemText(error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Whether it was done. */
  protected async done(action: () => Promise<unknown>): Promise<boolean> {
    return (await this.act(async () => (await action(), true))) === true;
  }
}
