/** One order's page: everything that is known of it, gathered from three services. One that is out of reach is named,
 * and what it told last stays. */

import { RequestFailed, type Page } from "../api/client";
import type { Advice } from "../api/causes-wire";
import type { OrderMoney } from "../api/money-wire";
import type { Appointment, DispatchGate, OrderDocument, OrderParts, Override, Recommendations, TimelineEntry } from "../api/wire";
import { placeSaid } from "../model/said";
import { problemText } from "./problem";
import { session } from "./session.svelte";

/** Orders reads the others' facts a moment after they told us: look once more. */
const SECOND_LOOK_MS = 1_500;
const MOST_ENTRIES = 1_000;
const GONE: ReadonlySet<string> = new Set(["declined", "cancelled"]);

/** Whom orders' own page is gathered from beside orders. */
export type Beside = "parts" | "dispatch";

export class OrderDetail {
  order = $state.raw<OrderDocument | null>(null);
  timeline = $state.raw<TimelineEntry[]>([]);
  parts = $state.raw<OrderParts | null>(null);
  appointment = $state.raw<Appointment | null>(null);
  /** That of the other one of a crew of two. */
  second = $state.raw<Appointment | null>(null);
  advice = $state.raw<Advice | null>(null);
  money = $state.raw<OrderMoney | null>(null);
  lock = $state.raw<Override | null>(null);
  recommendations = $state.raw<Recommendations | null>(null);
  gone = $state(false);
  problem = $state<string | null>(null);
  /** Services that did not answer the last look: what the page has of them may be old or missing. */
  silent = $state.raw<Beside[]>([]);
  /** Why the last action was refused; stays until the next one. */
  refusal = $state<string | null>(null);
  busy = $state(false);
  #again: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly id: string) {}

  async load(): Promise<void> {
    const path = `/orders/v1/orders/${this.id}`;
    const silent = new Set<Beside>();
    try {
      const [order, timeline, advice, money, parts, appointments, lock] = await Promise.all([
        session.client.get<OrderDocument>(path),
        session.client.list<TimelineEntry>(`${path}/timeline`, {}, MOST_ENTRIES),
        session.client.get<Advice>(`${path}/causes`),
        session.client.get<OrderMoney>(`${path}/money`).catch(nothingWhenMissing),
        ask<OrderParts>("parts", `/parts/v1/orders/${this.id}/parts`, silent),
        ask<Page<Appointment>>("dispatch", `/dispatch/v1/appointments?order_id=${this.id}`, silent),
        ask<Override>("dispatch", `/dispatch/v1/orders/${this.id}/override`, silent),
      ]);
      [this.order, this.timeline, this.advice, this.money] = [order, timeline, advice, money];
      if (!silent.has("parts")) this.parts = parts;
      if (!silent.has("dispatch")) this.#appointed(appointments?.items ?? [], lock);
      this.silent = [...silent];
      this.gone = false;
      this.problem = null;
    } catch (error) {
      this.gone = error instanceof RequestFailed && error.status === 404;
      this.problem = this.gone ? null : problemText(error);
    }
  }

  #appointed(all: Appointment[], lock: Override | null): void {
    this.appointment = currentAppointment(all.filter((one) => one.role === "lead"));
    this.second = all.find((one) => one.role === "second" && !GONE.has(one.state)) ?? null;
    this.lock = lock;
  }

  /** Looks again now, and once more when the order's own projection has caught up. */
  reload(): void {
    void this.load();
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.load(), SECOND_LOOK_MS);
  }

  stop(): void {
    if (this.#again !== null) clearTimeout(this.#again);
  }

  async recommend(): Promise<void> {
    await this.#act(async () => {
      this.recommendations = await session.client.get(`/dispatch/v1/orders/${this.id}/recommendations`);
    });
  }

  /** True when it was done; otherwise `refusal` says why not. */
  release(): Promise<boolean> {
    return this.#act(async () => {
      await session.client.post(`/dispatch/v1/orders/${this.id}/release`, {});
    });
  }

  /** A person lets a fact that looked wrong count for the promise, or not. */
  decide(factId: string, accepted: boolean): Promise<boolean> {
    return this.#act(async () => {
      await session.client.post(`/orders/v1/orders/${this.id}/flagged-facts/${factId}/decision`, { accepted });
    });
  }

  /** Money for the customer beyond what is owed; somebody of the branch decides. Throws when it is refused. */
  async askGoodwill(amount_fen: number, reason: string): Promise<void> {
    await session.client.post(`/orders/v1/orders/${this.id}/goodwill`, { amount_fen, reason });
  }

  /** A person says where the machine really stands: a stake number, an address, or WGS-84 coordinates. Throws when
   * that is refused. */
  async correctPlace(said: string): Promise<void> {
    const ifMatch = `"${this.order?.version ?? 0}"`;
    await session.client.put(`/orders/v1/orders/${this.id}/place`, placeSaid(said), { ifMatch });
    this.reload();
  }

  /** The orders that this one waits for from now on. Throws what is refused. */
  async changeLinks(links: { order: string; relation: string; gap_s: number }[]): Promise<void> {
    const ifMatch = `"${this.order?.version ?? 0}"`;
    await session.client.put(`/orders/v1/orders/${this.id}/links`, { links }, { ifMatch });
    this.reload();
  }

  /** So many engineers are planned from now on. Throws what is refused. */
  async changeCrew(size: number): Promise<void> {
    const ifMatch = `"${this.order?.version ?? 0}"`;
    await session.client.put(`/orders/v1/orders/${this.id}/crew`, { size }, { ifMatch });
    this.reload();
  }

  /** Whoever knows this joins from afar, or nobody any more. Throws what is refused. */
  async changeExpert(expert: { skill: string; level: number } | null): Promise<void> {
    const ifMatch = `"${this.order?.version ?? 0}"`;
    await session.client.put(`/orders/v1/orders/${this.id}/expert`, { expert }, { ifMatch });
    this.reload();
  }

  /** What people command: respond, wait, resume, cancel, close, complaints. Throws what is refused. */
  async command(name: string, body: object = {}): Promise<void> {
    const ifMatch = `"${this.order?.version ?? 0}"`;
    try {
      await session.client.post(`/orders/v1/orders/${this.id}/${name}`, body, { ifMatch });
    } finally {
      this.reload();
    }
  }

  /** A person says what a fault turned out to be. */
  tellCause(fault: string, cause: string, note: string): Promise<boolean> {
    return this.#act(async () => {
      this.advice = await session.client.put(`/orders/v1/orders/${this.id}/causes/${fault}`, { cause, note });
    });
  }

  /** A person lets the order through a gate of dispatch. */
  releaseGate(gate: DispatchGate, decision: { decision: string; reason: string; part?: string }): Promise<boolean> {
    const path = `/orders/v1/orders/${this.id}/dispatch-gates/${gate.gate}/${gate.subject}/decision`;
    return this.#act(async () => {
      await session.client.post(path, decision);
    });
  }

  async #act(action: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.refusal = null;
    try {
      await action();
      return true;
    } catch (error) {
      this.refusal = problemText(error);
      return false;
    } finally {
      this.busy = false;
      this.reload();
    }
  }
}

/** The appointment that counts: one that is not over, else the last. */
export function currentAppointment(all: Appointment[]): Appointment | null {
  const over = new Set(["done", "declined", "cancelled"]);
  return all.find((one) => !over.has(one.state)) ?? all.at(-1) ?? null;
}

/** What another service knows of the order; one that is out of reach is put among the silent. */
async function ask<T>(service: Beside, path: string, silent: Set<Beside>): Promise<T | null> {
  try {
    return await session.client.get<T>(path).catch(nothingWhenMissing);
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.status < 500) throw error;
    silent.add(service);
    return null;
  }
}

/** A station's people may see the order but not all that surrounds it. */
function nothingWhenMissing(error: unknown): null {
  if (error instanceof RequestFailed && [403, 404].includes(error.status)) return null;
  throw error;
}
