/** What the page of the bank reads from stations. Money in fen, days as YYYY-MM-DD, both ends included. */

export interface Partner {
  id: string;
  branch_id: string;
  name: string;
  phone: string | null;
  contract_from: string | null;
  contract_until: string | null;
  vehicles: number;
  claimed_until: string | null;
}

export interface PartnerMonth {
  partner_id: string;
  cases: number;
  without_kilometres: number;
  kilometres: number;
  cost_fen: number;
  protocols: number;
}

export interface Vehicle {
  id: string;
  partner_id: string;
  plate: string;
  vehicle_class: "tractor" | "rigid" | "tipper" | "mixer";
  max_mass_kg: number;
  base_fen: number;
  fen_per_km: number;
  licence_until: string | null;
}

export interface Claim {
  id: string;
  kind: "held" | "booked" | "rental" | "block";
  /** None while it is out of use. */
  order_id: string | null;
  start: string;
  end: string;
  underway: boolean;
}

/** Out of use from `start` to just before `end`, or to `ended_at`. */
export interface Block {
  id: string;
  start: string;
  end: string;
  reason: string;
  ended_at: string | null;
}

/** On one weekday (1 is Monday) a plate that ends in one of `digits` does not set out between two local times. */
export interface PlateLimit {
  name: string;
  weekday: number;
  digits: string;
  opens: string;
  closes: string;
}

export interface Price {
  valid_from: string;
  base_fen: number;
  fen_per_km: number;
  day_fen: number | null;
}

export interface Rental {
  id: string;
  order_id: string;
  start: string;
  end: string;
  day_fen: number;
  state: "booked" | "returned" | "cancelled";
  cost_fen: number | null;
}

export interface Handover {
  id: string;
  order_id: string;
  direction: "out" | "back";
  at: string;
  odometer_km: number;
  fuel_percent: number;
  cargo_seal: string | null;
  damages: string[];
  given_by: string;
  taken_by: string;
}

export type NewHandover = Omit<Handover, "id"> & { vehicle_id: string };
