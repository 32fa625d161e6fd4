/** Names of parts, asked once each, many at a time. */

import type { Part } from "../api/wire";
import { session } from "./session.svelte";

const AT_ONCE = 100;

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
    const known: Part[] = [];
    for (let first = 0; first < unknown.length; first += AT_ONCE) {
      const asked = unknown.slice(first, first + AT_ONCE);
      const listed = session.client.list<Part>("/parts/v1/parts", { part: asked }, AT_ONCE);
      known.push(...(await listed.catch(() => [])));
    }
    if (known.length > 0) this.#names = new Map([...this.#names, ...known.map((part) => [part.part, part] as const)]);
  }
}

export const partNames = new PartNames();
