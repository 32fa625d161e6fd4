/** What people type into one field, in the services' terms. */

export interface PlaceSaid {
  place?: { lon: number; lat: number; datum: "WGS-84" };
  address?: string;
}

/** Coordinates when it is two numbers, else a stake number or an address, which the services tell apart. */
export function placeSaid(said: string): PlaceSaid {
  const place = coordinatesSaid(said);
  return place ? { place } : { address: said.trim() };
}

/** "121.47, 31.23" in WGS-84, longitude first; null when it is not that. */
export function coordinatesSaid(said: string): PlaceSaid["place"] | null {
  const point = /^\s*(-?\d+(?:\.\d+)?)\s*[,，]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(said);
  return point && { lon: Number(point[1]), lat: Number(point[2]), datum: "WGS-84" };
}

/** "100/1, 520372/14" as fault codes; null when one of them is none. */
export function faultsSaid(said: string): { spn: number; fmi: number }[] | null {
  const codes = said.split(/[,，;；\s]+/).filter(Boolean);
  const found = codes.map((code) => /^(\d+)[/／-](\d+)$/.exec(code));
  if (found.some((one) => one === null)) return null;
  return found.map((one) => ({ spn: Number(one?.[1]), fmi: Number(one?.[2]) }));
}
