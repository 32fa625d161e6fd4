/**
 * A new version waits until it harms nobody: it takes over when the phone is locked or hidden, or when the engineer
 * says so. What waits to be sent lies in the database and does not notice.
 */

import { registerSW } from "virtual:pwa-register";
import { phoneLock } from "./vault/lock.svelte";

const LOOKS_EVERY_MS = 30 * 60_000;

class Updates {
  ready = $state(false);
  #takeOver: (() => Promise<void>) | null = null;
  #asked = false;

  start(): void {
    if (this.#takeOver !== null || !("serviceWorker" in navigator)) return;
    let controlled = navigator.serviceWorker.controller !== null;
    this.#takeOver = registerSW({
      immediate: true,
      onNeedRefresh: () => this.#arrived(),
      onRegisteredSW: (_, registration) => {
        if (registration) setInterval(() => void registration.update().catch(() => undefined), LOOKS_EVERY_MS);
      },
    });
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (this.#asked) location.reload();
      // The first worker of all is no update; a later one was let in by another tab: this one follows when it may.
      else if (controlled) this.#arrived();
      controlled = true;
    });
    document.addEventListener("visibilitychange", () => this.#whenHarmless());
  }

  apply(): void {
    this.#asked = true;
    void navigator.serviceWorker.getRegistration().then((registration) => {
      if (registration?.waiting) void this.#takeOver?.();
      else location.reload();
    });
  }

  #arrived(): void {
    this.ready = true;
    this.#whenHarmless();
  }

  #whenHarmless(): void {
    if (this.ready && (document.visibilityState === "hidden" || phoneLock.state !== "open")) this.apply();
  }
}

export const updates = new Updates();
