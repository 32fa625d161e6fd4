/** What became of an operation, written beside it. */

import type { Result } from "../model/wire";
import { phoneLock } from "../vault/lock.svelte";
import { db, type OperationState } from "../vault/store";

const STATES: Record<Result["status"], OperationState> = {
  applied: "done",
  duplicate: "done",
  superseded: "overtaken",
  rejected: "refused",
  received: "told",
};

/** A final answer is never overwritten by an earlier one. False when nothing waited for this one. */
export async function settle(result: Result): Promise<boolean> {
  const answer = await phoneLock.seal(result);
  const settled = await db.operations
    .where("id")
    .equals(result.id)
    .and((row) => row.state === "waiting" || row.state === "told")
    .modify({ state: STATES[result.status], answer });
  return settled > 0;
}
