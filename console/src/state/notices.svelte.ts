/** Notices that the reader confirms, and suggestions with their answers. */

import type { Notice, Suggestion } from "../api/notices-wire";
import { Acting } from "./acting.svelte";
import { session } from "./session.svelte";

const BASE = "/orders/v1";
const MOST = 200;

export interface NoticeSent {
  title: string;
  body: string;
  branch_id: string | null;
  station_id: string | null;
}

export class Notices extends Acting {
  notices = $state.raw<Notice[] | null>(null);
  suggestions = $state.raw<Suggestion[] | null>(null);

  async load(): Promise<void> {
    await this.act(async () => {
      if (session.me === null) await session.resume();
      await this.#look();
    });
  }

  publish(notice: NoticeSent): Promise<boolean> {
    return this.#post("/notices", notice);
  }

  confirm(notice: Notice): Promise<boolean> {
    return this.#post(`/notices/${notice.notice_id}/confirm`, {});
  }

  suggest(title: string, body: string): Promise<boolean> {
    return this.#post("/suggestions", { title, body });
  }

  answer(suggestion: Suggestion, answer: string): Promise<boolean> {
    return this.#post(`/suggestions/${suggestion.suggestion_id}/answer`, { answer });
  }

  confirmAnswer(suggestion: Suggestion): Promise<boolean> {
    return this.#post(`/suggestions/${suggestion.suggestion_id}/confirm`, {});
  }

  async #look(): Promise<void> {
    [this.notices, this.suggestions] = await Promise.all([
      session.client.list<Notice>(`${BASE}/notices`, {}, MOST),
      session.client.list<Suggestion>(`${BASE}/suggestions`, {}, MOST),
    ]);
  }

  #post(path: string, body: unknown): Promise<boolean> {
    return this.done(async () => {
      await session.client.post(`${BASE}${path}`, body);
      await this.#look();
    });
  }
}
