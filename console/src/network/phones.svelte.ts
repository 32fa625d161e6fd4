/** The phones of engineers: who has which, a code for one more, and taking one back. */

import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";

interface Person {
  id: string;
  name: string;
  branch_id: string | null;
  engineer_id: string | null;
  state: string;
}

export interface Phone {
  token_id: string;
  kind: "session" | "device";
  device: string;
  issued_at: string;
  revoked_at: string | null;
}

export interface Code {
  code: string;
  expires_at: string;
}

export class Phones extends Acting {
  /** Engineers with an account, by name; null until they were asked for. */
  engineers = $state.raw<Person[] | null>(null);
  /** Of the chosen engineer, the newest first. */
  held = $state.raw<Phone[] | null>(null);
  /** Shown this once. */
  code = $state.raw<Code | null>(null);
  #chosen = "";

  async start(): Promise<void> {
    await this.act(async () => {
      const found: Person[] = [];
      let cursor: string | undefined;
      do {
        const query = { role: "engineer", limit: 200, cursor };
        const page = await session.client.get<{ items: Person[]; next: string | null }>("/accounts/v1/people", query);
        found.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      this.engineers = found.filter((one) => one.state === "active").sort((a, b) => a.name.localeCompare(b.name));
    });
  }

  async choose(personId: string): Promise<void> {
    this.#chosen = personId;
    this.held = this.code = null;
    if (personId !== "") await this.#load();
  }

  async offer(): Promise<void> {
    const chosen = this.#chosen;
    const code = await this.act(() => session.client.post<Code>(`${path(chosen)}/enrolments`, {}));
    if (chosen === this.#chosen) this.code = code;
  }

  async withdraw(phone: Phone): Promise<void> {
    const id = encodeURIComponent(phone.token_id);
    if (await this.done(() => session.client.delete(`/accounts/v1/tokens/${id}`))) await this.#load();
  }

  #load(): Promise<void> {
    const asked = path(this.#chosen);
    return this.newest(
      () => session.client.get<{ items: Phone[] }>(`${asked}/tokens`),
      ({ items }) => {
        const phones = items.filter((one) => one.kind === "device");
        this.held = phones.sort((a, b) => b.issued_at.localeCompare(a.issued_at));
      },
    );
  }
}

function path(personId: string): string {
  return `/accounts/v1/people/${encodeURIComponent(personId)}`;
}
