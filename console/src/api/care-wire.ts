/** What the routes of complaints and call-backs answer (services/orders/api/complaints.py, callbacks.py). */

export interface Complaint {
  complaint_id: string;
  order_id: string;
  number: string;
  station_id: string;
  said: string;
  category: string;
  severity: string;
  state: string;
  round: number;
  received_at: string;
  due: string | null;
  overdue: boolean;
  next_step: string | null;
}

export interface CallBack {
  order_id: string;
  number: string;
  level: string;
  station_id: string;
  customer_name: string;
  phone: string | null;
  risks: string[];
  due: string;
  attempts: number;
}
