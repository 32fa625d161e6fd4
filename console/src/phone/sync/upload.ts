/** Photos go up in pieces (tus 1.0): after a cut the upload goes on where it stopped. */

import { phoneLock } from "../vault/lock.svelte";
import { openBytes } from "../vault/seal";
import { db, type PhotoRow } from "../vault/store";
import { call } from "./api";
import type { PhotoBox } from "./queue";
import { Refused } from "../session/session";

const UPLOADS = "/mobile/v1/uploads";
const PIECE = 128 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };

/** Resolves when the server has the whole picture; the phone then forgets its copy. */
export async function upload(row: PhotoRow): Promise<void> {
  const content = await openBytes(phoneLock.key, row.content);
  const address = row.upload ?? (await begin(row, content.byteLength));
  let offset = await offsetOf(address, row);
  while (offset < content.byteLength) {
    const headers = { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    const answer = await call(address, { method: "PATCH", headers, body: content.slice(offset, offset + PIECE) });
    offset = Number(answer.headers.get("Upload-Offset"));
  }
  await db.photos.delete(row.id);
}

async function begin(row: PhotoRow, length: number): Promise<string> {
  const about = await phoneLock.open<PhotoBox>(row.box);
  const metadata = { operation_id: row.id, ...about };
  const told = Object.entries(metadata).map(([name, value]) => `${name} ${base64(value)}`);
  const headers = { ...TUS, "Upload-Length": String(length), "Upload-Metadata": told.join(",") };
  const answer = await call(UPLOADS, { method: "POST", headers });
  const address = answer.headers.get("Location") ?? "";
  await db.photos.update(row.id, { upload: address });
  return address;
}

/** How much the server has; an upload that it has forgotten meanwhile begins anew. */
async function offsetOf(address: string, row: PhotoRow): Promise<number> {
  try {
    return Number((await call(address, { method: "HEAD", headers: TUS })).headers.get("Upload-Offset"));
  } catch (error) {
    if (error instanceof Refused && error.status === 404) await db.photos.update(row.id, { upload: null });
    throw error;
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
