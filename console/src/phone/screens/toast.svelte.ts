/** What was recorded, or why not: shown for a moment and read out by screen readers. */

import { t } from "../i18n/text";
import { isFull } from "../vault/store";

const SHOWN_MS = 4_000;

class Toast {
  text = $state("");
  bad = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, bad = false): void {
    clearTimeout(this.#timer);
    this.text = text;
    this.bad = bad;
    // What went wrong stays until the next thing is done.
    if (!bad) this.#timer = setTimeout(() => (this.text = ""), SHOWN_MS);
  }

  failed(error: unknown): void {
    this.say(isFull(error) ? t("act.full") : t("act.failed", { reason: String(error) }), true);
  }
}

export const toast = new Toast();
