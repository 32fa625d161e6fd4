/** The time that countdowns run by: the server's, ticking once a second for the whole page. */

/** A difference below this is the answer's own age and the header's whole seconds, not a wrong clock. */
const TRUSTED_MS = 5_000;

class Now {
  ms = $state(Date.now());
  #skewMs = 0;

  constructor() {
    setInterval(() => this.#tick(), 1000);
  }

  /** Learns from an answer's Date header how far this desk's clock is off. */
  learn(server: Date): void {
    const skew = server.getTime() - Date.now();
    if (!Number.isFinite(skew)) return;
    this.#skewMs = Math.abs(skew) > TRUSTED_MS ? skew : 0;
  }

  #tick(): void {
    this.ms = Date.now() + this.#skewMs;
  }
}

export const now = new Now();
