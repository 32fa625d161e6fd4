/** Changes a border on a Leaflet map: corners are dragged, a click between two makes one, a double click takes one away. */

import L from "leaflet";
import type { Shape } from "./borders.svelte";
import type { Position } from "./wire";

const LEAST_CORNERS = 3;

export class BorderEditor {
  readonly #layer = L.layerGroup();
  readonly #polygons: Position[][][];
  readonly #type: Shape["type"];

  constructor(map: L.Map, shape: Shape) {
    this.#type = shape.type;
    const polygons = shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;
    // Rings without their last point, which repeats the first.
    this.#polygons = polygons.map((rings) => rings.map((ring) => ring.slice(0, -1).map(([lon, lat]) => [lon, lat])));
    this.#layer.addTo(map);
    this.#draw();
  }

  /** The border as it is now. */
  get shape(): Shape {
    const polygons = this.#polygons.map((rings) => rings.map((ring) => [...ring, ring[0] as Position]));
    if (this.#type === "Polygon") return { type: "Polygon", coordinates: polygons[0] as Position[][] };
    return { type: "MultiPolygon", coordinates: polygons };
  }

  remove(): void {
    this.#layer.remove();
  }

  #draw(): void {
    this.#layer.clearLayers();
    for (const rings of this.#polygons) {
      const drawn = L.polygon(corners(rings), { className: "border editing", interactive: false }).addTo(this.#layer);
      const moved = (): void => void drawn.setLatLngs(corners(rings));
      for (const ring of rings) ring.forEach((_, at) => this.#handles(ring, at, moved));
    }
  }

  #handles(ring: Position[], at: number, moved: () => void): void {
    const here = ring[at] as Position;
    const next = ring[(at + 1) % ring.length] as Position;
    const corner = handle(here, "corner", true);
    corner.on("drag", () => {
      const { lng, lat } = corner.getLatLng();
      ring[at] = [lng, lat];
      moved();
    });
    corner.on("dragend", () => this.#draw());
    corner.on("dblclick", (event) => {
      L.DomEvent.stop(event);
      if (ring.length > LEAST_CORNERS) ring.splice(at, 1);
      this.#draw();
    });
    const between = handle([(here[0] + next[0]) / 2, (here[1] + next[1]) / 2], "between", false);
    between.on("click", () => {
      const { lng, lat } = between.getLatLng();
      ring.splice(at + 1, 0, [lng, lat]);
      this.#draw();
    });
    corner.addTo(this.#layer);
    between.addTo(this.#layer);
  }
}

function corners(rings: Position[][]): L.LatLngTuple[][] {
  return rings.map((ring) => ring.map(([lon, lat]) => [lat, lon]));
}

function handle([lon, lat]: Position, kind: string, draggable: boolean): L.Marker {
  const size: L.PointTuple = draggable ? [12, 12] : [8, 8];
  const icon = L.divIcon({ className: `border-${kind}`, iconSize: size });
  return L.marker([lat, lon], { icon, draggable, keyboard: false, zIndexOffset: draggable ? 600 : 500 });
}
