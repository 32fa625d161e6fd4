/** UUIDs of version 4; crypto.randomUUID exists only where crypto.subtle does, and so does this app. */
export function newUuid(): string {
  return crypto.randomUUID();
}

export async function sha256Hex(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
