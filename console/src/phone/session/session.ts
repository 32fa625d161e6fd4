/** Signed in by a one-time code, and kept so by rotating tokens. The refresh token is sealed like everything else. */

import { now } from "../../state/now.svelte";
import { base64url, device, newDevice, proof, sha256, thumbprint } from "./device";
import { phoneLock } from "../vault/lock.svelte";
import { db, unlessFull } from "../vault/store";

const CLIENT = "roadcall-phone";
const CHALLENGE = "/accounts/v1/oauth/authorize-challenge";
const TOKEN = "/accounts/v1/oauth/token";
/** An access token is renewed so long before its end. */
const SPARE_MS = 60_000;

interface Grant {
  access_token: string;
  expires_in: number;
  refresh_token: string;
}

/** A request that was refused (status ≥ 400), or that reached nobody (status 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: { error?: string; detail?: string; type?: string } = {},
  ) {
    super(problem.detail ?? String(status));
  }
}

/** The server does not know this phone any more: a new code is needed, the queue stays. */
export class SignedOut extends Error {}

let access: { token: string; ends: number } | null = null;
let nonce = "";

export async function enrol(code: string, label: string): Promise<void> {
  const { keys } = await device();
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const asked = {
    client_id: CLIENT,
    enrolment_code: code,
    code_challenge: await sha256(verifier),
    code_challenge_method: "S256",
    dpop_jkt: await thumbprint(keys),
    device: label,
  };
  const headers = { "Content-Type": "application/json" };
  const answer = await request(CHALLENGE, { method: "POST", headers, body: JSON.stringify(asked) });
  const { authorization_code } = (await answer.json()) as { authorization_code: string };
  await keep(await ask({ grant_type: "authorization_code", code: authorization_code, code_verifier: verifier }));
}

/** Gives the phone a new key, for a phone that was withdrawn. Its queue goes on under the same installation. */
export async function renewKey(): Promise<void> {
  const { installation } = await device();
  await db.kept.put({ ...(await newDevice()), installation });
}

export async function isEnrolled(): Promise<boolean> {
  return (await db.recall("session")) !== undefined;
}

/** A token that still lives for a minute. Throws SignedOut, or Refused with status 0 without network. */
export async function accessToken(): Promise<string> {
  if (access !== null && performance.now() < access.ends) return access.token;
  // One tab at a time: two that renew at once would look like a theft.
  return navigator.locks.request("roadcall-phone-token", async () => {
    const kept = await db.recall("session");
    if (kept === undefined) throw new SignedOut();
    const { refresh_token } = await phoneLock.open<{ refresh_token: string }>(kept.box);
    const grant = await ask({ grant_type: "refresh_token", refresh_token }).catch((error: unknown) => {
      if (error instanceof Refused && error.problem.error === "invalid_grant") throw new SignedOut();
      throw error;
    });
    return keep(grant);
  });
}

/** The server refused the token that we have: the next call renews it. */
export function forgetAccess(): void {
  access = null;
}

async function keep(grant: Grant): Promise<string> {
  const box = await phoneLock.seal({ refresh_token: grant.refresh_token });
  // On a full phone the old refresh token stays: it is honoured until this one is used, and so the queue can be sent.
  await db.kept.put({ name: "session", box }).catch(unlessFull);
  access = { token: grant.access_token, ends: performance.now() + grant.expires_in * 1000 - SPARE_MS };
  return grant.access_token;
}

async function ask(form: Record<string, string>, again = true): Promise<Grant> {
  const { keys } = await device();
  const headers = { DPoP: await proof(keys, "POST", location.origin + TOKEN, nonce) };
  const body = new URLSearchParams({ client_id: CLIENT, ...form });
  try {
    const answer = await request(TOKEN, { method: "POST", headers, body });
    return (await answer.json()) as Grant;
  } catch (error) {
    if (again && error instanceof Refused && error.problem.error === "use_dpop_nonce") return ask(form, false);
    throw error;
  }
}

/** Sends a request; learns the nonce of the answer. Throws Refused. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(path, { ...init, credentials: "omit", cache: "no-store" }).catch(() => {
    throw new Refused(0);
  });
  nonce = answer.headers.get("DPoP-Nonce") ?? nonce;
  now.learn(new Date(answer.headers.get("Date") ?? NaN));
  if (answer.ok) return answer;
  throw new Refused(answer.status, (await answer.json().catch(() => ({}))) as Refused["problem"]);
}
