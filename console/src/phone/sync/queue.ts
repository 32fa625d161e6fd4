/** What the engineer does is written down here before anything else happens, all of it or nothing. */

import { sha256Hex, newUuid } from "../model/ids";
import type { Kind, Operation } from "../model/wire";
import { sealBytes } from "../vault/seal";
import { phoneLock } from "../vault/lock.svelte";
import { db, type OperationRow, type PhotoRow } from "../vault/store";

/** Which visit it is about; nothing for breaks. */
export interface About {
  appointment_id?: string;
  order_id?: string;
}

export interface Draft {
  kind: Kind;
  about: About;
  payload?: Record<string, unknown>;
  /** The picture that a `photo` operation shows; its hash goes into the payload. */
  picture?: ArrayBuffer;
}

export interface PhotoBox {
  order_id: string;
  step: string;
  sha256: string;
}

/** Resolves when everything is on the phone's disk. Throws when there is no room: then nothing was recorded. */
export async function record(drafts: Draft[]): Promise<void> {
  const sealed = await Promise.all(drafts.map(sealDraft));
  // Encryption is done before: a transaction of IndexedDB ends when something else is awaited in it.
  await db.transaction("rw", db.operations, db.photos, async () => {
    for (const { photo } of sealed) if (photo !== null) await db.photos.add(photo);
    for (const { operation } of sealed) await db.operations.add(operation as OperationRow);
  });
}

export async function photoPayload(picture: ArrayBuffer, step: string): Promise<{ sha256: string; step: string }> {
  return { sha256: await sha256Hex(picture), step };
}

async function sealDraft(draft: Draft): Promise<{ operation: Omit<OperationRow, "seq">; photo: PhotoRow | null }> {
  const id = newUuid();
  const made_ms = Date.now();
  const payload = draft.payload ?? {};
  const said: Operation = { id, kind: draft.kind, at: new Date(made_ms).toISOString(), ...draft.about, payload };
  const operation = { id, state: "waiting" as const, made_ms, box: await phoneLock.seal(said), answer: null };
  if (draft.picture === undefined) return { operation, photo: null };
  const about: PhotoBox = {
    order_id: draft.about.order_id ?? "",
    step: String(payload["step"]),
    sha256: String(payload["sha256"]),
  };
  const content = await sealBytes(phoneLock.key, draft.picture);
  return { operation, photo: { id, made_ms, box: await phoneLock.seal(about), content, upload: null } };
}
