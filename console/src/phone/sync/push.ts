/**
 * Being woken by the browser's push service while the app is closed. It carries nothing but "look again"; who is not
 * woken looks by itself whenever the app is open.
 */

import { language } from "../i18n/text";
import { call, read } from "./api";

/** `impossible`: the browser cannot, the server does not, or neither can be asked now. */
export type Waking = "on" | "off" | "impossible";

interface Ways {
  kinds: string[];
  web_key: string;
}

export async function waking(): Promise<Waking> {
  const manager = await pushManager();
  if (manager === null || Notification.permission === "denied") return "impossible";
  try {
    if (!(await ways()).kinds.includes("web")) return "impossible";
    return (await manager.getSubscription()) === null ? "off" : "on";
  } catch {
    return "impossible";
  }
}

/** Throws when the engineer or the system refuses, or the server cannot be reached. */
export async function wake(on: boolean): Promise<void> {
  const manager = await pushManager();
  if (manager === null) return;
  if (on) {
    const subscription = await subscribed(manager, (await ways()).web_key);
    try {
      await tell("PUT", subscription.endpoint);
    } catch (error) {
      await subscription.unsubscribe(); // nobody would wake it, and the box would say that it is on
      throw error;
    }
    return;
  }
  const before = await manager.getSubscription();
  if (before === null) return;
  await tell("DELETE", before.endpoint);
  await before.unsubscribe();
}

/**
 * At each start of the app, if it is to be woken: the server may have lost it, have a new key, or know another engineer
 * on this phone. What fails now is tried at the next start.
 */
export async function sayAgain(): Promise<void> {
  try {
    const manager = await pushManager();
    if (manager === null || (await manager.getSubscription()) === null) return;
    const { kinds, web_key } = await ways();
    if (kinds.includes("web")) await tell("PUT", (await subscribed(manager, web_key)).endpoint);
  } catch (error) {
    console.warn("being woken was not said again", error);
  }
}

/** The browser's subscription for the server's key: one for another key wakes nobody. */
async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  const before = await manager.getSubscription();
  const its = before?.options.applicationServerKey;
  if (before && (!its || base64url(its) === key)) return before;
  await before?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function base64url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function tell(method: "PUT" | "DELETE", address: string): Promise<void> {
  const named = { kind: "web", address };
  if (method === "DELETE") {
    await call(`/mobile/v1/push?${new URLSearchParams(named)}`, { method });
    return;
  }
  const headers = { "Content-Type": "application/json" };
  await call("/mobile/v1/push", { method, headers, body: JSON.stringify({ ...named, language: language.current }) });
}

function ways(): Promise<Ways> {
  return read<Ways>("/mobile/v1/push");
}

async function pushManager(): Promise<PushManager | null> {
  const registration = await navigator.serviceWorker?.getRegistration();
  return registration && "pushManager" in registration ? registration.pushManager : null;
}
