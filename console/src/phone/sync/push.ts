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
  const before = await manager.getSubscription();
  if (on) {
    const asked = { userVisibleOnly: true, applicationServerKey: (await ways()).web_key };
    await tell("PUT", (before ?? (await manager.subscribe(asked))).endpoint);
  } else if (before !== null) {
    await tell("DELETE", before.endpoint);
    await before.unsubscribe();
  }
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
