/** What lies under the board's things: the operator's tiles, or the shipped main roads and city names. */

import L from "leaflet";
import type { Client } from "../api/client";
import { language, type Language } from "../i18n/language.svelte";

/** The file that data/make_basemap.py writes. Lines are flat: lon, lat, then differences, in 1/scale degrees. */
interface BasemapFile {
  attribution: string;
  scale: number;
  main: number[][];
  minor: number[][];
  cities: City[];
}

interface City {
  name_zh: string;
  name_en: string;
  lon: number;
  lat: number;
  rank: 1 | 2 | 3;
}

/** From which zoom each rank of city is named: province capitals, large cities, others. */
const RANK_ZOOM = { 1: 4, 2: 6, 3: 8 } as const;
const MINOR_ROADS_ZOOM = 6;
const MOST_LABELS = 60;

export class Basemap {
  readonly #map: L.Map;
  readonly #renderer = L.canvas({ pane: "roads", padding: 0.3 });
  readonly #labels = L.layerGroup();
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #repaint = (): void => this.#paint();
  #credited: string[] = [];
  #main: L.Polyline | null = null;
  #minor: L.Polyline | null = null;
  #cities: City[] = [];
  #language: Language = language.current;
  #forgotten = false;
  readonly #credits: () => string[];

  /** `credits` names the sources of roads and names in the reader's language. */
  constructor(map: L.Map, credits: () => string[]) {
    this.#map = map;
    this.#credits = credits;
    map.createPane("roads").style.zIndex = "210";
    const labels = map.createPane("labels");
    labels.style.zIndex = "340";
    labels.style.pointerEvents = "none";
  }

  useTiles(url: string, attribution: string): void {
    L.tileLayer(url, { attribution: escaped(attribution), maxZoom: 18 }).addTo(this.#map);
  }

  async useRoads(client: Client): Promise<void> {
    const file = await client.get<BasemapFile>("/console/v1/basemap").catch(() => null);
    if (file === null || this.#forgotten) return;
    const options = { pane: "roads", interactive: false, smoothFactor: 1.5, renderer: this.#renderer };
    this.#main = L.polyline(file.main.map((flat) => points(flat, file.scale)), { ...options, weight: 2 });
    this.#minor = L.polyline(file.minor.map((flat) => points(flat, file.scale)), { ...options, weight: 1 });
    this.#cities = file.cities;
    this.#paint();
    this.#main.addTo(this.#map);
    this.#labels.addTo(this.#map);
    this.#scheme.addEventListener("change", this.#repaint);
    this.#map.on("moveend", () => this.#arrange());
    this.label(this.#language);
  }

  /** The map is gone: what is still on its way for it is dropped. */
  forget(): void {
    this.#forgotten = true;
    this.#scheme.removeEventListener("change", this.#repaint);
  }

  /** Names of cities and sources in this language. */
  label(inLanguage: Language): void {
    this.#language = inLanguage;
    if (this.#main === null) return;
    for (const credit of this.#credited) this.#map.attributionControl.removeAttribution(credit);
    this.#credited = this.#credits();
    for (const credit of this.#credited) this.#map.attributionControl.addAttribution(credit);
    this.#arrange();
  }

  /** Canvas lines know no style sheet: their colours are read from it, and again when light turns to dark. */
  #paint(): void {
    const colours = getComputedStyle(document.documentElement);
    this.#main?.setStyle({ color: colours.getPropertyValue("--map-road").trim() });
    this.#minor?.setStyle({ color: colours.getPropertyValue("--map-road-minor").trim() });
  }

  /** Shows what the zoom has room for. */
  #arrange(): void {
    const zoom = this.#map.getZoom();
    if (zoom >= MINOR_ROADS_ZOOM) this.#minor?.addTo(this.#map);
    else this.#minor?.remove();
    this.#labels.clearLayers();
    const view = this.#map.getBounds().pad(0.1);
    const named = this.#cities.filter((city) => zoom >= RANK_ZOOM[city.rank] && view.contains([city.lat, city.lon]));
    for (const city of named.slice(0, MOST_LABELS)) this.#labels.addLayer(cityLabel(city, this.#language));
  }
}

function cityLabel(city: City, inLanguage: Language): L.Marker {
  const text = document.createElement("span");
  text.textContent = inLanguage === "zh" ? city.name_zh : city.name_en;
  const icon = L.divIcon({ className: `city-label${city.rank === 1 ? " capital" : ""}`, html: text, iconSize: [0, 0] });
  return L.marker([city.lat, city.lon], { icon, pane: "labels", interactive: false, keyboard: false });
}

function points(flat: number[], scale: number): L.LatLngTuple[] {
  const line: L.LatLngTuple[] = [];
  let [lon, lat] = [0, 0];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    lon += flat[i] ?? 0;
    lat += flat[i + 1] ?? 0;
    line.push([lat / scale, lon / scale]);
  }
  return line;
}

/** The operator's attribution is text, not markup. */
function escaped(text: string): string {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}
