/** What the routes of labels answer (services/orders/api/labels.py). */

export interface Labelled {
  plate: string | null;
  brand: string;
  model: string;
}

export interface ReportTaken {
  number: string;
  told: { [language: string]: string };
  tracking_link: string;
}
