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

export type Objective = "covering" | "promises" | "median";

/** What a study is asked for, beside the page's own branch and minutes. */
export interface Question {
  objective: Objective;
  sites: number;
  keep_existing: boolean;
  /** Between the start of an arrival clock and the departure. */
  preparation_minutes: number;
}

export interface CurvePoint {
  sites: number;
  reached: number;
  /** Arrival promises; none in studies from before they were counted. */
  kept?: number | null;
  at_most: number;
  proven: boolean;
}

export interface Study {
  id: string;
  state: "queued" | "done" | "failed";
  objective: Objective;
  minutes: number;
  preparation_minutes: number;
  sites: number;
  problem: string | null;
  result: {
    machines: number;
    promises?: number | null;
    curve: CurvePoint[];
    mean_s: number | null;
    gap: number | null;
    sites: { type: "FeatureCollection"; features: NewSite[] };
  } | null;
}

export type Grade = "AAA" | "AA" | "A";
export const RESOURCES = ["engineers", "senior_engineers", "key_posts", "vans", "tools", "experts", "stock_fen"] as const;
export type Resource = (typeof RESOURCES)[number];

export interface Standard {
  level: number;
  grade: Grade;
  least: Partial<Record<Resource, number>>;
  /** The kinds of work that such stations may be given at most; null: every kind. */
  permits: string[] | null;
}

export interface StationGaps {
  station_id: string;
  name_zh: string;
  name_en: string;
  level: number;
  grade: Grade;
  /** Whether a standard is set for its level and grade. */
  standard: boolean;
  lacks: { resource: Resource; least: number; has: number }[];
  /** Key posts without a holder, when too few are held. */
  vacant: string[];
}

export interface Secondment {
  id: string;
  engineer_id: string;
  home_territory_id: string;
  territory_id: string;
  end: string;
}

export interface Reinforcement {
  id: string;
  territory_id: string;
  title: string;
  first_day: string;
  last_day: string;
  engineers: number;
  seconded: number;
}

export type Border = Feature<Polygon | MultiPolygon, { territory_id: string; stations_outside?: string[] }>;

/** Seconds over some days; a share of 1 is the mean of those shown. */
export interface Burden {
  engineer_id: string;
  name: string;
  visits: number;
  night_s: number;
  overtime_s: number;
  drive_s: number;
  night_share: number | null;
  overtime_share: number | null;
  drive_share: number | null;
}
