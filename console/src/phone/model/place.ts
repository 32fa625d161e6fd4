/** Where the phone is, and how far that is from the machine. */

import type { Place } from "./wire";

export interface Fix extends Place {
  accuracy_m: number;
}

const PATIENCE_MS = 12_000;
/** The server's fence around the machine, before the position's own error (at most a kilometre of it) and that of the
 * site (at most ten). */
const FENCE_M = 500;
const MOST_ACCURACY_M = 1000;
const MOST_SITE_ERROR_M = 10_000;

/** Null when there is none: refused by the engineer, or no sky. Browsers give WGS-84. */
export function whereAmI(): Promise<Fix | null> {
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30_000 },
    );
  });
}

export function distanceM(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const half = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2;
  const east = Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(half + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * east));
}

export function isThere(fix: Fix | null, site: Place | null, siteErrorM = 0): boolean {
  if (fix === null) return false;
  const error = Math.min(fix.accuracy_m, MOST_ACCURACY_M) + Math.min(siteErrorM, MOST_SITE_ERROR_M);
  return site === null || distanceM(fix, site) <= FENCE_M + error;
}

/** An address that opens the phone's own map app with the way to the place. */
export function directionsTo(place: Place, label: string, agent = navigator.userAgent): string {
  const at = `${place.lat},${place.lon}`;
  if (/iPhone|iPad|Macintosh/.test(agent)) return `https://maps.apple.com/?daddr=${at}`;
  return `geo:${at}?q=${at}(${encodeURIComponent(label)})`;
}
