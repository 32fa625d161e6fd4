/** The phone's own key pair, which never leaves it, and proofs of it (DPoP, RFC 9449). */

import { newUuid } from "../model/ids";
import { db, type Kept } from "../vault/store";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;

export async function device(): Promise<Kept["device"]> {
  const known = await db.recall("device");
  if (known !== undefined) return known;
  return newDevice();
}

/** A new installation: its operations count from one, under a name of its own. */
export async function newDevice(): Promise<Kept["device"]> {
  const keys = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const made = { name: "device", installation: newUuid(), keys } as const;
  await db.kept.put(made);
  return made;
}

interface PublicJwk {
  crv: string;
  kty: string;
  x: string;
  y: string;
}

async function publicJwk(keys: CryptoKeyPair): Promise<PublicJwk> {
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  return { crv: crv ?? "", kty: kty ?? "", x: x ?? "", y: y ?? "" };
}

/** RFC 7638: the members in lexical order, without spaces. */
export async function thumbprint(keys: CryptoKeyPair): Promise<string> {
  return sha256(JSON.stringify(await publicJwk(keys)));
}

export async function proof(keys: CryptoKeyPair, method: string, url: string, nonce: string): Promise<string> {
  const header = { alg: "ES256", typ: "dpop+jwt", jwk: await publicJwk(keys) };
  const claims = { htm: method, htu: url, iat: Math.floor(Date.now() / 1000), jti: newUuid(), nonce };
  const signed = `${base64url(utf8(JSON.stringify(header)))}.${base64url(utf8(JSON.stringify(claims)))}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, utf8(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

export async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
