/** What the routes of machines answer (services/orders/api/assets.py, operators.py). */

export interface Machine {
  serial: string;
  vin: string | null;
  plate: string | null;
  customer_name: string;
  tier: string;
  product: string;
  brand: string;
  model: string;
  configuration: Record<string, unknown>;
  software_level: string | null;
  station_id: string | null;
  built_on: string | null;
  in_service_on: string | null;
  warranty_until: string | null;
  meter_km: number | null;
  meter_h: number | null;
  meter_at: string | null;
}

export interface Operator {
  operator_id: string;
  name: string;
  certificate: string;
  valid_until: string | null;
  valid: boolean;
}

export interface Campaign {
  campaign_id: string;
  name_zh: string;
  name_en: string;
  safety: boolean;
  minutes: number;
}

export interface Done {
  order_id: string;
  number: string;
  at: string;
  work_type: string;
  engineer_id: string;
  meter_km: number | null;
  meter_h: number | null;
  meter_plausible: boolean;
  parts: { part: string; quantity: number }[];
}

export interface MachineRecord extends Machine {
  history: Done[];
  faults: { spn: number; fmi: number; last_at: string; times: number; order_id: string | null }[];
  campaigns: Campaign[];
  operators: Operator[];
  label_link: string | null;
}
