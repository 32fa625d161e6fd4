/** What an engineer can do, as operations on the queue. */

import { t, word } from "../i18n/text";
import type { Fix } from "../model/place";
import { phone } from "../model/phone.svelte";
import type { Step } from "../model/steps";
import type { Kind, Visit } from "../model/wire";
import { photoPayload, record, type About, type Draft } from "../sync/queue";
import { sender } from "../sync/sender.svelte";
import { toast } from "./toast.svelte";

export function about(visit: Visit): About {
  return { appointment_id: visit.id, order_id: visit.order_id };
}

/** Records and says so; false when there was no room. */
export async function does(drafts: Draft[], said: Kind): Promise<boolean> {
  try {
    await record(drafts);
  } catch (error) {
    toast.failed(error);
    return false;
  }
  toast.say(t("act.recorded", { what: word("kind", said) }));
  sender.nudge();
  return true;
}

export function simply(visit: Visit | null, kind: Kind, payload: Record<string, unknown> = {}): Promise<boolean> {
  return does([{ kind, about: visit === null ? {} : about(visit), payload }], kind);
}

/** Does it if the step is still the visit's next one: in another tab it may have been done a moment ago. */
export async function ifStillNext(visit: Visit, step: Step, act: () => Promise<unknown>): Promise<void> {
  await navigator.locks.request("roadcall-step", async () => {
    await phone.refresh();
    if (phone.next(visit) === step) await act();
  });
}

/** The steps that ask for nothing more. Accepting and setting off at once is what a hurried engineer means. */
export function takeStep(visit: Visit, step: Exclude<Step, "check_in" | "complete">): Promise<boolean> {
  return simply(visit, step);
}

export function checkIn(visit: Visit, fix: Fix | null, confirmed: boolean): Promise<boolean> {
  const place = fix === null ? {} : { place: { lon: fix.lon, lat: fix.lat, datum: "WGS-84" }, accuracy_m: fix.accuracy_m };
  return simply(visit, "check_in", { ...place, ...(confirmed ? { confirmed } : {}) });
}

export async function photoDraft(visit: Visit, picture: ArrayBuffer, step: string): Promise<Draft> {
  return { kind: "photo", about: about(visit), payload: await photoPayload(picture, step), picture };
}
