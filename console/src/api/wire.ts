/**
 * What the pages read from the services: only the members that are shown. contract/contract.ts compares each with the
 * OpenAPI that is served.
 */

export interface Point {
  lon: number;
  lat: number;
}

export type Role = "admin" | "auditor" | "dispatcher" | "station" | "engineer" | "system" | "service";

export interface Session {
  access_token: string;
  token_id: string;
}

export interface Me {
  subject: string;
  name: string;
  role: Role;
  branch_id: string | null;
  station_id: string | null;
}

export interface Named {
  id: string;
  name_zh?: string | null;
  name_en?: string | null;
  name?: string | null;
}

export interface Branch extends Named, Partial<Point> {}

export interface Territory extends Named {
  branch_id: string;
}

export interface Station extends Named, Point {
  territory_id: string;
  level: number;
  grade: string;
}

export interface Engineer {
  id: string;
  name: string;
  station_id: string;
  territory_id: string;
  home: Point;
}

export interface Position extends Point {
  engineer_id: string;
  at: string;
}

export type ClockState = "running" | "paused" | "met" | "at_risk" | "breached" | "waived" | "withdrawn";

export interface PromiseClock {
  name: string;
  state: ClockState;
  due: string;
  stopped_at: string | null;
  predicted: string | null;
  /** That it is kept, 0 to 1, by the plan. */
  chance: number | null;
  late_fen: number;
}

export interface Cargo {
  cargo_class: string;
  mass_kg: number;
  destination: Point;
  deadline: string | null;
  hazard: boolean;
}

/** An order as the queue lists it. */
export interface Order {
  id: string;
  number: string;
  state: string;
  waiting_reason: string | null;
  work_type: string;
  reported_at: string;
  branch_id: string;
  territory_id: string;
  station_id: string;
  place: Point;
  asset: { serial: string; plate: string | null; product: string; model: string };
  customer: { name: string; tier: string };
  symptom: string | null;
  clocks: PromiseClock[];
  engineer_id: string | null;
  unassigned_reason: string | null;
  open_gates: number;
  links: OrderLink[];
}

/** Another order that this one waits for, or that waits for this one. */
export interface OrderLink {
  order_id: string;
  number: string;
  state: string;
  relation: "finish_start" | "start_start";
  gap_s: number;
}

/** An order with everything about it. */
export interface OrderDocument extends Order {
  /** Whether the station is authorised for the machine's brand; none was, if not. */
  station_authorised: boolean;
  version: number;
  kind: string;
  place_error_m: number;
  place_source: string;
  place_matched: string | null;
  stake: string | null;
  address: string | null;
  contact: { name: string | null; phone: string | null };
  fault_codes: { spn: number; fmi: number }[];
  warranty: { decision?: string | null };
  contracts: { contract_id: string; kind: string; reason: string }[];
  kit: KitLine[];
  cargo: Cargo | null;
  replacement: ReplacementCase | null;
  flagged: FlaggedFact[];
  similar: { id: string; number: string; serial: string }[];
  dispatch_gates: DispatchGate[];
  followers: OrderLink[];
  crew: { size: number };
  skills: Record<string, unknown>[];
  /** What somebody who joins from afar must know. */
  expert: Record<string, unknown> | null;
  times: Record<string, string | null>;
  waits: Wait[];
  tracking_link: string | null;
}

/** An order's wait; without a proof the clocks that want one run on. */
export interface Wait {
  wait_id: string;
  reason: string;
  note: string | null;
  proof: string | null;
  started_at: string;
  ended_at: string | null;
}

export interface WorkType {
  work_type: string;
  name_zh: string;
  name_en: string;
}

/** What a report became, and what its caller is to be told, by language. */
export interface OrderTaken {
  id: string;
  number: string;
  told: Record<string, unknown>;
}

/** What keeps an order from dispatch until a person decides; `subject` is the part or the campaign. */
export interface DispatchGate {
  gate: string;
  subject: string;
  because: string | null;
  decision: string | null;
  reason: string | null;
}

export interface KitLine {
  line: string;
  part: string;
  quantity: number;
  probability: number;
}

/** `delivered` and `at_truck` are planned times until they happen; `link` is for the partner's driver. */
export interface ReplacementCase {
  vehicle_id: string;
  state: string;
  decide_by: string;
  at_truck: string;
  cargo_moving_at: string | null;
  delivered: string;
  kilometres: number | null;
  cost_fen: number;
  link: string | null;
}

/** A fact that looks wrong; `accepted` null waits for a person. */
export interface FlaggedFact {
  fact_id: string;
  field: string;
  effective_at: string;
  accepted: boolean | null;
}

export interface TimelineEntry {
  id: string;
  publisher: string;
  kind: string;
  actor: string;
  effective_at: string;
  recorded_at: string;
  payload: Record<string, unknown>;
}

/** Of a crew of two the lead answers for the order. */
export type CrewRole = "lead" | "second";

export interface Stop {
  kind: "order" | "pickup";
  order_id?: string | null;
  role?: CrewRole;
  place_id?: string | null;
  arrival: string;
  start: string;
  end: string;
}

export interface Route {
  engineer_id: string;
  depart: string;
  stops: Stop[];
}

/** The optimiser at work on a territory's plan: `percent` of its time has passed, its best plan is `gain_fen` cheaper. */
export interface Improvement {
  territory_id: string;
  percent: number;
  gain_fen: number;
  cancelled: boolean;
}

/** The published plan of a territory; epoch 0 before the first. */
export interface Plan {
  territory_id: string;
  epoch: number;
  published_at: string | null;
  /** False while something newer is being planned. */
  covers_everything: boolean;
  failure: string | null;
  cost_fen: number;
  by_rule: Record<string, number>;
  orders: number;
  served: number;
  clocks: number;
  clocks_kept: number;
  degraded: boolean;
  routes: Route[];
  unassigned: { order_id: string; reason: string }[];
}

export interface RouteLines {
  type: "FeatureCollection";
  features: { type: "Feature"; geometry: GeoJSON.Geometry; properties: { engineer_id: string } }[];
}

export interface Appointment {
  id: string;
  order_id: string;
  engineer_id: string;
  role: CrewRole;
  /** Who joins from afar. */
  expert_id: string | null;
  state: string;
  scheduled_start: string;
  scheduled_end: string;
  flagged: boolean;
  distance_m: number | null;
  sourcing: SourcedLine[];
}

/** Where the plan takes one kit line from; `used_part` may be a substitute of `part`. */
export interface SourcedLine {
  line: string;
  part: string;
  used_part: string;
  quantity: number;
  source: string;
  place_id: string;
  arrives_at?: string | null;
}

/** The lock in force on an order, and what it costs more than the optimiser's own choice. */
export interface Override {
  engineer_id: string;
  /** Who is fixed as the second of a crew. */
  second_id: string | null;
  pin: "resource" | "time" | "both";
  start: string | null;
  reason: string;
  difference_fen: number;
}

/** What the whole plan costs more (or less) with this choice than the optimiser's plan of this moment. */
export interface Candidate {
  engineer_id: string;
  start: string;
  difference_fen: number;
  by_rule: Record<string, number>;
}

/** A rule to ease, by `amount` seconds, levels or orders, so that somebody can come. */
export interface Repair {
  kind: string;
  amount: number;
  candidate: Candidate;
}

export interface Recommendations {
  epoch: number;
  candidates: Candidate[];
  excluded: { engineer_id: string; reason: string }[];
  repairs: Repair[];
}

/** What the whole plan would be with an order moved; the clocks that suffer most come first. */
export interface Analysis {
  epoch: number;
  difference_fen: number;
  violations: { rule: string; order?: string | null; engineer?: string | null }[];
  moves: { order_id: string; engineer_id: string; start: string; end: string }[];
  clocks: ClockMoved[];
}

/** A promise clock that the edited plan stops at another time. */
export interface ClockMoved {
  order_id: string;
  clock: string;
  due: string;
  before: string;
  after: string;
}

/** Everything that parts knows of one order: claims on shelves, parcels on their way, pieces fitted. */
export interface OrderParts {
  reservations: { line: string; part: string; quantity: number; place_id: string; source: string }[];
  picked: { place_id: string; part: string; quantity: number }[];
  shipments: Shipment[];
  movements: { kind: string; part: string; quantity: number; unit_cost_fen: number }[];
  used: Record<string, number>;
}

export interface Shipment {
  id: string;
  part: string;
  quantity: number;
  from_place_id: string;
  state: string;
  eta: string | null;
  carrier: string | null;
  waybill: string | null;
  fee_fen: number;
}

export interface Part {
  part: string;
  name_zh: string;
  name_en: string;
}

/** What the partner's driver gets to know. */
export interface PartnerCase {
  number: string;
  state: string;
  next_step: PartnerStep | null;
  steps: { step: PartnerStep; at: string }[];
  truck: { plate: string | null; model: string; stake: string | null; address: string | null } & Point;
  cargo: Cargo | null;
  destination: Point | null;
  contact_name: string | null;
  contact_phone: string | null;
  planned_at_truck: string;
  planned_delivered: string;
}

export type PartnerStep = "accept" | "at_truck" | "cargo_moving" | "delivered";

export interface BoardConfig {
  tile_url: string | null;
  tile_attribution: string | null;
}
