/** What the routes of notices and suggestions answer (services/orders/api/notices.py). */

export interface Notice {
  notice_id: string;
  title: string;
  body: string;
  branch_id: string | null;
  station_id: string | null;
  confirm_by: string | null;
  made_by: string;
  made_at: string;
  confirmed_at: string | null;
  confirmations: number;
}

export interface Suggestion {
  suggestion_id: string;
  title: string;
  body: string;
  branch_id: string | null;
  station_id: string | null;
  made_by: string;
  made_at: string;
  answer: string | null;
  answered_by: string | null;
  answered_at: string | null;
  confirmed_at: string | null;
}
