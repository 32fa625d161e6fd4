/** Saves a file that a service makes: a plain link would not carry the token. */

import { session } from "./session.svelte";

export async function download(path: string, name: string): Promise<void> {
  const answer = await session.client.open(path, new AbortController().signal);
  if (!answer.ok) throw new Error(answer.statusText);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
