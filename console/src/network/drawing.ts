/** Draws stations, gaps and proposed sites on a Leaflet map. Knows nothing of Svelte. */

import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { Client } from "../api/client";
import type { BoardConfig } from "../api/wire";
import { nameOf, t, type Language } from "../i18n/text.svelte";
import { Basemap } from "../map/basemap";
import { stationIcon } from "../map/icons";
import "../map/map.css";
import { BorderEditor } from "./border-editor";
import type { Shape } from "./borders.svelte";
import "./network.css";
import type { Border, Gap, NetworkStation, NewSite } from "./wire";

const CHINA = L.latLngBounds([18, 74], [53, 134]);

export class NetworkDrawing {
  readonly #map: L.Map;
  readonly #basemap: Basemap;
  readonly #stations = L.layerGroup();
  readonly #gaps = L.featureGroup();
  readonly #sites = L.layerGroup();
  readonly #borders = L.layerGroup();
  #editor: BorderEditor | null = null;
  #removed = false;

  constructor(frame: HTMLElement) {
    this.#map = L.map(frame, { zoomControl: false, zoomSnap: 0.5, minZoom: 3, maxZoom: 14 }).fitBounds(CHINA);
    this.#map.attributionControl.setPrefix(false);
    L.control.zoom({ position: "bottomright" }).addTo(this.#map);
    L.control.scale({ imperial: false, position: "topleft" }).addTo(this.#map);
    this.#basemap = new Basemap(this.#map, () => [t("map.attributionRoads"), t("map.attributionNames")]);
    for (const layer of [this.#borders, this.#gaps, this.#stations, this.#sites]) layer.addTo(this.#map);
  }

  /** The operator's tiles when there are any, otherwise main roads and city names. */
  async loadBasemap(client: Client): Promise<void> {
    const config = await client.get<BoardConfig>("/console/v1/config").catch(() => null);
    if (this.#removed) return;
    if (config?.tile_url) this.#basemap.useTiles(config.tile_url, config.tile_attribution ?? "");
    else await this.#basemap.useRoads(client);
  }

  drawLabels(language: Language): void {
    this.#basemap.label(language);
  }

  drawStations(stations: NetworkStation[]): void {
    this.#stations.clearLayers();
    for (const station of stations) {
      L.marker([station.lat, station.lon], { icon: stationIcon(station.grade), keyboard: false })
        .bindTooltip(() => `${nameOf(station)} · ${t("network.level", { level: station.level })} · ${station.grade}`)
        .addTo(this.#stations);
    }
    if (stations.length > 0) this.fit(L.latLngBounds(stations.map((one) => [one.lat, one.lon])));
  }

  drawGaps(gaps: Gap[], minutes: number): void {
    this.#gaps.clearLayers();
    for (const gap of gaps) {
      L.geoJSON(gap.geometry as GeoJSON.Geometry, { style: { className: "gap" } })
        .bindTooltip(() => t("network.gapTip", { machines: gap.properties.machines, minutes }), { sticky: true })
        .addTo(this.#gaps);
    }
  }

  /** Borders as they are kept without the one that is being changed, and those that are only proposed, dashed. */
  drawBorders(borders: Border[], proposed: Border[], editing: string | null): void {
    this.#borders.clearLayers();
    const draw = (border: Border, className: string): void => {
      L.geoJSON(border.geometry as GeoJSON.Geometry, { style: { className } })
        .bindTooltip(() => t("borders.tip", { territory: border.properties.territory_id }), { sticky: true })
        .addTo(this.#borders);
    };
    for (const border of borders) if (border.properties.territory_id !== editing) draw(border, "border");
    for (const border of proposed) draw(border, "border proposed");
  }

  /** Lets a border be changed; null ends it. What is drawn by then is `edited`. */
  edit(border: Border | null): void {
    this.#editor?.remove();
    this.#editor = border === null ? null : new BorderEditor(this.#map, border.geometry);
    if (border !== null) this.show(border);
  }

  get edited(): Shape | null {
    return this.#editor?.shape ?? null;
  }

  drawSites(sites: NewSite[]): void {
    this.#sites.clearLayers();
    for (const site of sites) {
      const [lon, lat] = site.geometry.coordinates;
      const icon = L.divIcon({ className: "new-site", html: String(site.properties.rank), iconSize: [24, 24] });
      L.marker([lat, lon], { icon, keyboard: false, zIndexOffset: 500 })
        .bindTooltip(() => t("network.siteTip", { rank: site.properties.rank }))
        .addTo(this.#sites);
    }
    if (sites.length > 0) this.fit(L.featureGroup([...this.#stations.getLayers(), ...this.#sites.getLayers()]).getBounds());
  }

  show(one: Gap | Border): void {
    this.fit(L.geoJSON(one.geometry as GeoJSON.Geometry).getBounds());
  }

  fit(bounds: L.LatLngBounds): void {
    this.#map.fitBounds(bounds.pad(0.15), { maxZoom: 10 });
  }

  resized(): void {
    this.#map.invalidateSize();
  }

  remove(): void {
    this.#removed = true;
    this.#basemap.forget();
    this.#map.remove();
  }
}
