/** Photos go up one by one. One that cannot is passed over: neither the others nor any news wait for it. */

import { Refused } from "../session/session";
import { db, type PhotoRow } from "../vault/store";
import { settle } from "./answers";
import { comesAgain } from "./api";
import { upload } from "./upload";

/** So many failures in a row are the store's and no photo's: the rest waits for the next look. */
const ENOUGH = 3;

export class Photos {
  /** Passed over last time: they come after the others. */
  #stuck = new Set<string>();

  /** Tries each once, with `between` before each; whether none was passed over. Throws when nobody is reached at all. */
  async send(between: () => Promise<void>): Promise<boolean> {
    const failed = new Set<string>();
    let inARow = 0;
    for (const id of await this.#inTurn()) {
      await between();
      const row = await db.photos.get(id);
      if (row === undefined || (await sent(row))) {
        inARow = 0;
        continue;
      }
      failed.add(id);
      if ((inARow += 1) >= ENOUGH) break;
    }
    this.#stuck = failed;
    return failed.size === 0;
  }

  async #inTurn(): Promise<string[]> {
    const ids = (await db.photos.orderBy("id").primaryKeys()) as string[];
    return [...ids.filter((id) => !this.#stuck.has(id)), ...ids.filter((id) => this.#stuck.has(id))];
  }
}

/** False when it must be tried again. One that is refused for good is shown, and no longer waits. */
async function sent(row: PhotoRow): Promise<boolean> {
  try {
    await upload(row);
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 0 || error.status === 401) throw error;
    // An upload that the server has forgotten begins anew.
    if (comesAgain(error) || (error.status === 404 && row.upload !== null)) return false;
    await settle({ id: row.id, status: "rejected", reason: "photo-refused", problem: error.problem });
    await db.photos.delete(row.id);
  }
  return true;
}
