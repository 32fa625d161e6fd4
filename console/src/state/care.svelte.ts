/** Complaints and call-backs that are the reader's to work on. */

import type { CallBack, Complaint } from "../api/care-wire";
import { Acting } from "./acting.svelte";
import { problemText } from "./problem";
import { session } from "./session.svelte";

const MOST = 200;
export const CHECKS = ["fault_gone", "steps_followed", "price_explained", "old_parts_shown", "manner_correct"] as const;

export interface StepTaken {
  step: string;
  note: string;
  effective?: boolean;
  category?: string;
  severity?: string;
}

export class Care extends Acting {
  complaints = $state.raw<Complaint[] | null>(null);
  callbacks = $state.raw<CallBack[] | null>(null);
  closedToo = $state(false);

  async load(): Promise<void> {
    try {
      const only_open = String(!this.closedToo);
      [this.complaints, this.callbacks] = await Promise.all([
        session.client.list<Complaint>("/orders/v1/complaints", { only_open }, MOST),
        session.client.list<CallBack>("/orders/v1/callbacks", {}, MOST),
      ]);
    } catch (error) {
      this.problem = problemText(error);
    }
  }

  step(complaint: Complaint, taken: StepTaken): Promise<boolean> {
    return this.#post(`/orders/v1/complaints/${complaint.complaint_id}/steps`, taken);
  }

  reopen(complaint: Complaint): Promise<boolean> {
    return this.#post(`/orders/v1/complaints/${complaint.complaint_id}/reopen`, {});
  }

  /** What came of a call; the answers to the checks go with a call that reached somebody. */
  call(callback: CallBack, checks: Record<string, boolean> | null, note: string): Promise<boolean> {
    const body = { outcome: checks ? "reached" : "not_reached", checks: checks ?? {}, note };
    return this.#post(`/orders/v1/callbacks/${callback.order_id}/${callback.level}/calls`, body);
  }

  #post(path: string, body: unknown): Promise<boolean> {
    return this.done(async () => {
      await session.client.post(path, body);
      await this.load();
    });
  }
}
