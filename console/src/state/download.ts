/** Saves a file that a service makes. */

import { session } from "./session.svelte";

export async function download(path: string, name: string): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await session.client.file(path));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
