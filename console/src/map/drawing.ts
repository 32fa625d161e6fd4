/** Draws the board's things on a Leaflet map. Knows nothing of Svelte; every draw replaces what it drew before. */

import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { Client } from "../api/client";
import type { BoardConfig, Engineer, Order, Point, Position, RouteLines, Station } from "../api/wire";
import { nameOf, t, type Language } from "../i18n/text.svelte";
import { ageText } from "../model/age";
import { orderRisk, pressingClock } from "../model/risk";
import { Basemap } from "./basemap";
import { engineerIcon, riskIcon, stationIcon } from "./icons";
import "./map.css";

export const LAYERS = ["orders", "engineers", "stations", "routes"] as const;
export type LayerName = (typeof LAYERS)[number];

const CHINA = L.latLngBounds([18, 74], [53, 134]);
const OPEN_ORDER_ZOOM = 9;
/** A position older than this is shown hollow: it says where the engineer was, not is. */
const OLD_POSITION_MS = 30 * 60_000;

export class BoardDrawing {
  readonly #map: L.Map;
  readonly #layers: Record<LayerName, L.LayerGroup>;
  readonly #basemap: Basemap;
  readonly #openOrder: (orderId: string) => void;
  #fitted: string | null = null;
  #fitsWhenShown = false;
  #removed = false;
  #shownPlace: string | null = null;

  constructor(frame: HTMLElement, openOrder: (orderId: string) => void) {
    this.#openOrder = openOrder;
    this.#map = L.map(frame, { preferCanvas: true, zoomControl: false, zoomSnap: 0.5, minZoom: 3, maxZoom: 17 });
    this.#map.attributionControl.setPrefix(false);
    this.#map.fitBounds(CHINA);
    L.control.zoom({ position: "bottomright" }).addTo(this.#map);
    L.control.scale({ imperial: false, position: "topleft" }).addTo(this.#map);
    this.#basemap = new Basemap(this.#map, () => [t("map.attributionRoads"), t("map.attributionNames")]);
    this.#map.createPane("routes").style.zIndex = "350";
    this.#layers = { orders: L.layerGroup(), engineers: L.layerGroup(), stations: L.layerGroup(), routes: L.layerGroup() };
    for (const name of LAYERS) this.#layers[name].addTo(this.#map);
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

  drawStations(stations: Station[]): void {
    const layer = this.#layers.stations.clearLayers();
    for (const station of stations) {
      L.marker([station.lat, station.lon], { icon: stationIcon(station.grade), keyboard: false, zIndexOffset: -500 })
        .bindTooltip(() => `${nameOf(station)} · ${station.grade}`)
        .addTo(layer);
    }
  }

  drawEngineers(engineers: Engineer[], positions: ReadonlyMap<string, Position>, nowMs: number): void {
    const layer = this.#layers.engineers.clearLayers();
    for (const engineer of engineers) {
      const position = positions.get(engineer.id);
      const at = position ?? engineer.home;
      const fresh = position !== undefined && nowMs - Date.parse(position.at) < OLD_POSITION_MS;
      const age = position ? t("map.position", { age: ageText(position.at, nowMs) }) : t("map.noPosition");
      L.marker([at.lat, at.lon], { icon: engineerIcon(fresh), keyboard: false })
        .bindTooltip(`${engineer.name} · ${age}`)
        .addTo(layer);
    }
  }

  drawOrders(orders: Iterable<Order>, selectedId: string | null, nowMs: number): void {
    const layer = this.#layers.orders.clearLayers();
    for (const order of orders) {
      this.#orderMarker(order, order.id === selectedId, nowMs)
        .bindTooltip(() => orderTitle(order, nowMs))
        .on("click", () => this.#openOrder(order.id))
        .addTo(layer);
    }
  }

  /** Pressing orders are signs with a shape of their own; the many others are dots on one canvas. */
  #orderMarker(order: Order, selected: boolean, nowMs: number): L.Layer {
    const { place } = order;
    const risk = orderRisk(order, nowMs);
    if (selected || risk === "breached" || risk === "at_risk") {
      const lift = selected ? 2000 : risk === "breached" ? 1000 : 500;
      return L.marker([place.lat, place.lon], { icon: riskIcon(risk, selected), keyboard: false, zIndexOffset: lift });
    }
    const colour = this.#colour(risk === "running" ? "--running" : "--calm");
    const fill = this.#colour("--surface");
    return L.circleMarker([place.lat, place.lon], { radius: 5, weight: 2, color: colour, fillColor: fill, fillOpacity: 1 });
  }

  /** Route lines; those of `engineerId` stand out when given. */
  drawRoutes(collections: RouteLines[], engineerId: string | null): void {
    const layer = this.#layers.routes.clearLayers();
    const colour = this.#colour("--map-route");
    for (const lines of collections) {
      L.geoJSON(lines as GeoJSON.GeoJsonObject, {
        pane: "routes",
        interactive: false,
        style: (feature) => {
          const mine = (feature?.properties as { engineer_id: string }).engineer_id === engineerId;
          if (mine) return { color: colour, weight: 5, opacity: 0.95 };
          return { color: colour, weight: 2, opacity: engineerId === null ? 0.55 : 0.2 };
        },
      } as L.GeoJSONOptions).addTo(layer);
    }
  }

  show(name: LayerName, on: boolean): void {
    if (on) this.#layers[name].addTo(this.#map);
    else this.#layers[name].remove();
  }

  /** Fits the view when `scope` is another than the last time. */
  fitOnce(scope: string | null): void {
    if (scope === this.#fitted) return;
    this.#fitted = scope;
    if (this.#shownPlace === null) this.fit();
  }

  fit(): void {
    // A map behind another tab has no size to fit into: it is done when it is shown.
    const { x, y } = this.#map.getSize();
    this.#fitsWhenShown = x === 0 || y === 0;
    if (this.#fitsWhenShown) return;
    const points: L.LatLng[] = [];
    for (const name of ["stations", "orders"] as const) {
      this.#layers[name].eachLayer((layer) => {
        if (layer instanceof L.Marker || layer instanceof L.CircleMarker) points.push(layer.getLatLng());
      });
    }
    if (points.length > 0) this.#map.fitBounds(L.latLngBounds(points), { padding: [30, 30], maxZoom: 11 });
  }

  /** Brings an order that was opened into view, once. */
  showPlace(orderId: string, place: Point): void {
    if (this.#shownPlace === orderId) return;
    this.#shownPlace = orderId;
    this.#map.setView([place.lat, place.lon], Math.max(this.#map.getZoom(), OPEN_ORDER_ZOOM));
  }

  resized(): void {
    this.#map.invalidateSize({ animate: false }); // the middle stays the middle
    if (this.#fitsWhenShown) this.fit();
  }

  remove(): void {
    this.#removed = true;
    this.#basemap.forget();
    this.#map.remove();
  }

  #colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
}

function orderTitle(order: Order, nowMs: number): string {
  const clock = pressingClock(order, nowMs);
  const machine = order.asset.plate || order.asset.serial;
  return [order.number, machine, clock ? t(`promise.${clock.state}`) : ""].filter(Boolean).join(" · ");
}
