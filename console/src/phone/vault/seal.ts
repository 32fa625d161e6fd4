/**
 * What lies on the phone is encrypted with a random key (AES-GCM). That key is wrapped twice: by a key derived from the
 * engineer's PIN, and by one that this browser gives out to no script. Whoever copies the browser's whole folder has the
 * second one too (Chromium keeps it readable there): what is then left is the PIN, a million of them, each at the price
 * of `ROUNDS`. A graphics card tries them in minutes: the phone's own disk encryption must keep such a copy from being made.
 */

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

/** The wrapped key as it is kept; no script can read `bound` out, not even ours. */
export interface Lock {
  salt: Uint8Array<ArrayBuffer>;
  rounds: number;
  bound: CryptoKey;
  wrapped: Sealed;
}

/** As OWASP advises for PBKDF2 with SHA-256; about half a second on a cheap phone. */
const ROUNDS = 600_000;
const AES = { name: "AES-GCM", length: 256 } as const;

export class WrongPin extends Error {}

export async function newLock(pin: string): Promise<{ lock: Lock; key: CryptoKey }> {
  const salt = random(16);
  const bound = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
  const key = await crypto.subtle.generateKey(AES, true, ["encrypt", "decrypt"]);
  const wrapped = await sealBytes(await pinKey(pin, salt, ROUNDS, bound), await crypto.subtle.exportKey("raw", key));
  const lock = { salt, rounds: ROUNDS, bound, wrapped };
  return { lock, key: await openLock(lock, pin) };
}

/** The key of everything. Throws WrongPin. */
export async function openLock(lock: Lock, pin: string): Promise<CryptoKey> {
  const wrapping = await pinKey(pin, lock.salt, lock.rounds, lock.bound);
  const raw = await openBytes(wrapping, lock.wrapped).catch(() => {
    throw new WrongPin();
  });
  return crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);
}

async function pinKey(pin: string, salt: Uint8Array<ArrayBuffer>, rounds: number, bound: CryptoKey): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const known = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  const stretched = await crypto.subtle.deriveBits(known, material, 256);
  const both = await crypto.subtle.sign("HMAC", bound, stretched);
  return crypto.subtle.importKey("raw", both, AES, false, ["encrypt", "decrypt"]);
}

export async function sealBytes(key: CryptoKey, bytes: BufferSource): Promise<Sealed> {
  const iv = random(12);
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}

export function openBytes(key: CryptoKey, sealed: Sealed): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
}

export function seal(key: CryptoKey, value: unknown): Promise<Sealed> {
  return sealBytes(key, new TextEncoder().encode(JSON.stringify(value)));
}

export async function open<T>(key: CryptoKey, sealed: Sealed): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await openBytes(key, sealed))) as T;
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
