/** Points on the way, thinned out and put together into batches. */

import type { Fix } from "./place";

export interface Point {
  lon: number;
  lat: number;
  datum: "WGS-84";
  at: string;
  accuracy_m: number;
}

const EVERY_MS = 15_000;
const FULL = 20;

export class Track {
  #points: Point[] = [];
  #newest_ms = -Infinity;

  /** Keeps a point unless one was kept a moment ago; the batch once it is full. */
  add(fix: Fix, at_ms: number): Point[] | null {
    if (at_ms - this.#newest_ms < EVERY_MS) return null;
    this.#newest_ms = at_ms;
    const { lon, lat, accuracy_m } = fix;
    this.#points.push({ lon, lat, datum: "WGS-84", at: new Date(at_ms).toISOString(), accuracy_m });
    return this.#points.length >= FULL ? this.take() : null;
  }

  /** What was kept since the last batch; null when there is nothing. */
  take(): Point[] | null {
    const taken = this.#points;
    this.#points = [];
    return taken.length > 0 ? taken : null;
  }
}
