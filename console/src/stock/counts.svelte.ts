/** Count sheets: what lies on a place's shelves today, written down part by part, and the difference posted. */

import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { CountSheet, CountSheetDetail, StockPlace } from "./wire";

const BASE = "/parts/v1/count-sheets";
const MOST_SHEETS = 200;
const MOST_PLACES = 5000;

export class Counts extends Acting {
  open = $state.raw<CountSheet[] | null>(null);
  places = $state.raw<StockPlace[]>([]);
  sheet = $state.raw<CountSheetDetail | null>(null);
  /** What is typed and not kept yet, by part. */
  typed = $state<Record<string, number | null>>({});
  #branchId: string | null = null;

  /** The open sheets of a branch's places, null for all. */
  async load(branchId: string | null): Promise<void> {
    this.#branchId = branchId;
    this.#show(null);
    const branch_id = branchId ?? undefined;
    await this.newest(
      () =>
        Promise.all([
          this.#openOnes(),
          session.client.list<StockPlace>("/parts/v1/places", { branch_id }, MOST_PLACES),
        ]),
      ([open, places]) => ([this.open, this.places] = [open, places]),
    );
  }

  /** Throws when it is refused; without `parts` everything that the place has on record is counted. */
  async make(place_id: string, day: string, parts: string[] | null): Promise<void> {
    const body = { place_id, day, ...(parts && { parts }) };
    this.#show(await session.client.post<CountSheetDetail>(BASE, body));
    await this.#again();
  }

  async look(id: string): Promise<void> {
    await this.done(async () => this.#show(await session.client.get<CountSheetDetail>(`${BASE}/${id}`)));
  }

  /** Another part that lies there and is not on the sheet. Throws when it is refused. */
  async add(part: string, counted: number): Promise<void> {
    const sheet = this.sheet;
    if (sheet === null) return;
    await this.#keep(sheet, { ...this.#counted(), [part]: counted });
  }

  /** Keeps what is typed, then books every difference. Whether it was booked. */
  async post(): Promise<boolean> {
    return this.done(async () => {
      await this.#keepTyped();
      await this.#end("posted");
    });
  }

  async keep(): Promise<void> {
    await this.done(() => this.#keepTyped());
  }

  async cancel(): Promise<void> {
    await this.done(() => this.#end("cancelled"));
  }

  async #keepTyped(): Promise<void> {
    const counted = this.#counted();
    if (this.sheet !== null && Object.keys(counted).length > 0) await this.#keep(this.sheet, counted);
  }

  async #keep(sheet: CountSheetDetail, counted: Record<string, number>): Promise<void> {
    const lines = Object.entries(counted).map(([part, quantity]) => ({ part, quantity }));
    this.#show(await session.client.put<CountSheetDetail>(`${BASE}/${sheet.id}/lines`, { lines }));
  }

  async #end(how: "posted" | "cancelled"): Promise<void> {
    const sheet = this.sheet;
    if (sheet === null) return;
    const ended = await session.client.post<CountSheetDetail>(`${BASE}/${sheet.id}/${how}`, {});
    this.#show(how === "posted" ? ended : null);
    await this.#again();
  }

  #counted(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.typed).filter((one): one is [string, number] => typeof one[1] === "number"));
  }

  #show(sheet: CountSheetDetail | null): void {
    this.sheet = sheet;
    this.typed = {};
  }

  async #again(): Promise<void> {
    this.open = await this.#openOnes();
  }

  #openOnes(): Promise<CountSheet[]> {
    const branch_id = this.#branchId ?? undefined;
    return session.client.list<CountSheet>(BASE, { state: "open", branch_id }, MOST_SHEETS);
  }
}

/** Pieces more (or less) than the record had when they were counted. */
export function difference(sheet: CountSheetDetail): { parts: number; pieces: number } {
  const found = sheet.lines.map((line) => (line.counted ?? line.recorded ?? 0) - (line.recorded ?? 0)).filter((more) => more !== 0);
  return { parts: found.length, pieces: found.reduce((sum, more) => sum + more, 0) };
}
