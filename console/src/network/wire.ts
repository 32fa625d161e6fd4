/** What the network page reads from stations. Shapes are GeoJSON, longitude first. */

import type { Named, Point } from "../api/wire";

export type Position = [number, number];
export type Polygon = { type: "Polygon"; coordinates: Position[][] };
export type MultiPolygon = { type: "MultiPolygon"; coordinates: Position[][][] };

export interface Feature<G, P> {
  type: "Feature";
  geometry: G;
  properties: P;
}

export type Gap = Feature<Polygon | MultiPolygon, { machines: number }>;
export type NewSite = Feature<{ type: "Point"; coordinates: Position }, { rank: number }>;

export interface NetworkStation extends Named, Point {
  level: number;
  grade: string;
}

export interface Share {
  minutes: number;
  reached: number;
  machines: number;
}

export interface Coverage {
  /** Level 1 alone, then 1 and 2, then all. */
  levels: { level: number; stations: number; shares: Share[] }[];
  machines: number;
  without_place: number;
  gap_minutes: number;
  gaps: { features: Gap[] };
}

export type Objective = "covering" | "median";

export interface CurvePoint {
  sites: number;
  reached: number;
  at_most: number;
  proven: boolean;
}

export interface Study {
  id: string;
  state: "queued" | "done" | "failed";
  objective: Objective;
  minutes: number;
  sites: number;
  problem: string | null;
  result: {
    machines: number;
    curve: CurvePoint[];
    mean_s: number | null;
    gap: number | null;
    sites: { type: "FeatureCollection"; features: NewSite[] };
  } | null;
}
