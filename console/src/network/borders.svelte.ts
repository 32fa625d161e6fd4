/** Borders of territories: those that are kept, those that the roads propose, and the one that is being changed. */

import type { Client } from "../api/client";
import type { Named } from "../api/wire";
import { t } from "../i18n/text.svelte";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Border, MultiPolygon, Polygon } from "./wire";

export type Shape = Polygon | MultiPolygon;

export class Borders extends Acting {
  territories = $state.raw<Named[]>([]);
  kept = $state.raw<Border[]>([]);
  /** Neither kept nor refused yet. */
  proposed = $state.raw<Border[]>([]);
  /** The territory whose border is changed on the map. */
  editing = $state<string | null>(null);
  readonly #client: Client = session.client;
  #branchId: string | undefined;

  async load(branch_id: string | undefined): Promise<void> {
    this.#branchId = branch_id;
    this.proposed = [];
    this.editing = null;
    await this.newest(
      () => Promise.all([this.#client.list<Named>("/stations/v1/territories", { branch_id }, 1000), this.#read()]),
      ([territories, kept]) => ([this.territories, this.kept] = [territories, kept]),
    );
  }

  async propose(): Promise<void> {
    await this.act(async () => {
      const path = "/stations/v1/territory-borders/proposed";
      this.proposed = (await this.#client.get<{ features: Border[] }>(path, { branch_id: this.#branchId })).features;
    });
  }

  /** Takes one proposal; a border that another one's ground is in is refused, and says so. */
  async keep(one: Border): Promise<void> {
    await this.done(() => this.#put(one.properties.territory_id, one.geometry as Shape));
  }

  /** One by one: what is refused stays proposed, and the reason of the first is told. */
  async keepAll(): Promise<void> {
    await this.act(async () => {
      for (const one of this.proposed) await this.#put(one.properties.territory_id, one.geometry as Shape);
    });
  }

  refuse(one: Border): void {
    this.proposed = this.proposed.filter((other) => other !== one);
  }

  /** Keeps what was drawn on the map. */
  async draw(territoryId: string, shape: Shape): Promise<void> {
    if (await this.done(() => this.#put(territoryId, shape))) this.editing = null;
  }

  /** Reads a border from a GeoJSON file. */
  async take(territoryId: string, file: File): Promise<void> {
    await this.done(async () => this.#put(territoryId, shapeIn(await file.text(), territoryId)));
  }

  async remove(territoryId: string): Promise<void> {
    await this.done(async () => {
      await this.#client.delete(`/stations/v1/territories/${encodeURIComponent(territoryId)}/border`);
      this.kept = await this.#read();
    });
  }

  async #put(territoryId: string, geometry: Shape): Promise<void> {
    await this.#client.put<void>(`/stations/v1/territories/${encodeURIComponent(territoryId)}/border`, { geometry });
    this.proposed = this.proposed.filter((one) => one.properties.territory_id !== territoryId);
    this.kept = await this.#read();
  }

  async #read(): Promise<Border[]> {
    const path = "/stations/v1/territory-borders";
    return (await this.#client.get<{ features: Border[] }>(path, { branch_id: this.#branchId })).features;
  }
}

interface Json {
  type?: string;
  features?: Json[];
  geometry?: unknown;
  properties?: { territory_id?: string } | null;
}

/** The polygon of a GeoJSON text: a geometry, a feature, or of a collection the territory's feature or the only one. */
export function shapeIn(text: string, territoryId: string): Shape {
  let read: Json;
  try {
    read = JSON.parse(text) as Json;
  } catch {
    throw new Error(t("borders.noJson"));
  }
  const features = read.type === "FeatureCollection" ? (read.features ?? []) : [read];
  const named = features.find((one) => one.properties?.territory_id === territoryId);
  const chosen = named ?? (features.length === 1 ? features[0] : undefined);
  const shape = (chosen?.type === "Feature" ? chosen.geometry : chosen) as Shape | undefined;
  if (shape?.type !== "Polygon" && shape?.type !== "MultiPolygon") throw new Error(t("borders.noShape", { territory: territoryId }));
  return { type: shape.type, coordinates: shape.coordinates } as Shape;
}
