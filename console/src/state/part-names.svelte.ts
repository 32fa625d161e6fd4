/** Names of parts, asked once each. */

import type { Part } from "../api/wire";
import { session } from "./session.svelte";

class PartNames {
  #names = $state.raw<ReadonlyMap<string, Part>>(new Map());
  readonly #asked = new Set<string>();

  /** What is known of a part; undefined until the catalogue has answered. */
  get(part: string): Part | undefined {
    return this.#names.get(part);
  }

  async learn(parts: Iterable<string>): Promise<void> {
    const unknown = [...new Set(parts)].filter((part) => !this.#asked.has(part));
    for (const part of unknown) this.#asked.add(part);
    const found = await Promise.all(
      unknown.map((part) =>
        session.client.get<Part>(`/parts/v1/parts/${encodeURIComponent(part)}`).catch(() => null),
      ),
    );
    const known = found.filter((part) => part !== null);
    if (known.length > 0) this.#names = new Map([...this.#names, ...known.map((part) => [part.part, part] as const)]);
  }
}

export const partNames = new PartNames();
