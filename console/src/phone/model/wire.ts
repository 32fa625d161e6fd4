/** What the phone's API sends and takes, as far as this app uses it: docs/reference/mobile-api.md. */

export interface Place {
  lon: number;
  lat: number;
}

export interface Clock {
  name: string;
  state: string;
  due: string;
}

export interface KitLine {
  line: string;
  part: string;
  quantity: number;
  probability: number;
}

export interface Order {
  id: string;
  number: string;
  state: string;
  work_type: string;
  kind: string;
  reported_at: string;
  place: Place | null;
  /** How far from `place` the machine may be, by the name or stake number that it was found by. */
  place_error_m: number;
  place_matched: string | null;
  stake: string | null;
  address: string | null;
  asset: { serial: string; plate: string | null; product: string; model: string } | null;
  customer: { name: string } | null;
  contact: { name: string | null; phone: string | null } | null;
  symptom: string | null;
  fault_codes: { spn: number; fmi: number }[];
  faults: { fault: string; name_zh: string; name_en: string }[];
  clocks: Clock[];
  kit: KitLine[];
  times: Record<string, string | null>;
  /** What the server doubts, by the time that it would set. */
  flagged?: { field: string }[];
  gates: string[];
  checklist: string[];
  /** Control points in their order; missing in what was kept before they were shown. */
  tasks?: string[];
  tasks_done?: { task: string }[];
}

/** What a fault may turn out to be (GET /orders/v1/causes); `other` is the last. */
export interface FaultCauses {
  fault: string;
  causes: { cause: string; name_zh: string; name_en: string }[];
}

export interface Machine {
  serial: string;
  vin: string | null;
  plate: string | null;
  brand: string;
  model: string;
  configuration: Record<string, string>;
  software_level: string | null;
  in_service_on: string | null;
  warranty_until: string | null;
  meter_km: number | null;
  meter_h: number | null;
  history: { order_id: string; at: string; work_type: string; meter_km?: number | null }[];
}

export interface Sourced {
  line: string;
  part: string;
  used_part: string;
  quantity: number;
  source: string;
  place_id: string;
  arrives_at: string | null;
}

export interface Parcel {
  part: string;
  state: string;
  eta: string | null;
  carrier?: string | null;
  waybill?: string | null;
}

export interface Visit {
  id: string;
  order_id: string;
  state: string;
  scheduled_start: string | null;
  scheduled_end: string | null;
  stale: boolean;
  as_of: string | null;
  /** Of a crew of two the lead completes; the second is there for the whole work. */
  appointment: { role?: "lead" | "second"; sourcing: Sourced[]; place: Place | null; reason?: string | null } | null;
  order: Order | null;
  machine: Machine | null;
  /** `used`: pieces that are in the machine, by part; missing in what was kept before they were shown. */
  parts: { picked: { part: string; quantity: number }[]; shipments: Parcel[]; used?: Record<string, number> } | null;
  pickups: { place_id: string; name: string; lon: number; lat: number }[];
}

export interface Day {
  now: string;
  cursor: string;
  engineer: { id: string; name: string; van_place_id: string | null; tracking_consent?: boolean } | null;
  station: { name_zh: string; name_en: string; phone: string | null } | null;
  appointments: Visit[];
  coming: { id: string; scheduled_start: string | null; scheduled_end: string | null }[];
}

export type ResultStatus = "received" | "applied" | "rejected" | "superseded" | "duplicate";

export interface Result {
  id: string;
  status: ResultStatus;
  reason: string | null;
  problem: { detail?: string; missing?: { gate: string; item?: string }[]; distance_m?: number } | null;
}

export interface Sync {
  cursor: string;
  more: boolean;
  appointments: Visit[];
  removed: string[];
  answers: Result[];
}

export type Kind =
  | "acknowledge" | "depart" | "decline" | "check_in" | "work_started" | "diagnosed" | "restored" | "complete"
  | "task_done" | "parts_used" | "pick_up" | "photo" | "delay" | "help" | "parts_request" | "break_started" | "break_ended" | "position";

/** An operation as the phone keeps it; its sequence number is the row's. */
export interface Operation {
  id: string;
  kind: Kind;
  at: string;
  appointment_id?: string;
  order_id?: string;
  payload: Record<string, unknown>;
}
