/** The signs of the map. Shapes differ as well as colours; the colours come from map.css. */

import L from "leaflet";
import type { Risk } from "../model/risk";

const SHAPES: Record<Risk, string> = {
  breached: "M12 2.5 22.5 21.5H1.5Z",
  at_risk: "M12 1.5 22.5 12 12 22.5 1.5 12Z",
  running: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z",
  calm: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z",
};

export function riskIcon(risk: Risk, selected: boolean): L.DivIcon {
  const size = selected ? 30 : 20;
  return icon(`sign-order ${risk}${selected ? " selected" : ""}`, size, `<path d="${SHAPES[risk]}"/>`);
}

export function engineerIcon(fresh: boolean): L.DivIcon {
  const person = '<circle class="disc" cx="12" cy="12" r="11"/><circle cx="12" cy="9" r="3.4"/><path d="M5.6 18.4a6.6 6 0 0 1 12.8 0Z"/>';
  return icon(`sign-engineer ${fresh ? "fresh" : "old"}`, 18, person);
}

export function stationIcon(grade: string): L.DivIcon {
  const house = '<path class="house" d="M12 1.5 23 10v12.5H1V10Z"/>';
  return icon("sign-station", 18, `${house}<text x="12" y="19" text-anchor="middle">${grade.length}</text>`);
}

function icon(className: string, size: number, drawing: string): L.DivIcon {
  const html = `<svg aria-hidden="true" viewBox="0 0 24 24" width="${size}" height="${size}">${drawing}</svg>`;
  return L.divIcon({ className, html, iconSize: [size, size] });
}
