/** A breakdown told from beside the machine: what the label leads to, where one stands, and what became of it. */

import { Client, RequestFailed } from "../api/client";
import { t } from "../i18n/text.svelte";
import { Acting } from "../state/acting.svelte";
import type { Labelled, ReportTaken } from "./wire";

const PATIENCE_MS = 20_000;

interface Here {
  lon: number;
  lat: number;
  accuracy_m: number;
}

export class Help extends Acting {
  machine = $state.raw<Labelled | null>(null);
  taken = $state.raw<ReportTaken | null>(null);
  /** The number of the order that somebody else's report made before. */
  known = $state<string | null>(null);
  place = $state.raw<Here | null>(null);
  locating = $state(false);
  gone = $state(false);
  readonly #path: string;
  readonly #client = new Client({ token: () => null, onSignedOut: () => {} });

  constructor(token: string) {
    super();
    this.#path = `/orders/v1/labels/${encodeURIComponent(token)}`;
  }

  async load(): Promise<void> {
    await this.act(async () => {
      try {
        this.machine = await this.#client.get<Labelled>(this.#path);
      } catch (error) {
        this.gone = error instanceof RequestFailed && error.status === 404;
        throw error;
      }
    });
  }

  /** Asks the phone where it is; it answers in WGS-84. */
  async locate(): Promise<void> {
    this.locating = true;
    await this.act(async () => {
      const { coords } = await new Promise<GeolocationPosition>((found, lost) => {
        const failed = (): void => lost(new Error(t("help.nowhere")));
        navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: PATIENCE_MS });
      });
      this.place = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) };
    });
    this.locating = false;
  }

  async report(said: { symptom: string; name: string; phone: string; stake: string; address: string }): Promise<void> {
    const here = this.place;
    const place = here === null ? null : { lon: here.lon, lat: here.lat, datum: "WGS-84" };
    const contact = { name: said.name.trim() || null, phone: said.phone.trim() };
    const sent = { symptom: said.symptom.trim(), contact, place, stake: said.stake.trim() || null, address: said.address.trim() || null };
    await this.act(async () => {
      try {
        this.taken = await this.#client.post<ReportTaken>(`${this.#path}/reports`, sent);
      } catch (error) {
        const number = error instanceof RequestFailed && error.status === 409 ? error.problem["number"] : undefined;
        if (typeof number !== "string") throw error;
        this.known = number;
      }
    });
  }
}
