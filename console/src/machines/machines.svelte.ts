/** Machines found by a name, and the record of one: what is open on it and who may operate it. */

import type { Order, OrderDocument } from "../api/wire";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Machine, MachineRecord, Operator } from "./wire";

const BASE = "/orders/v1";
export const MOST = 50;

export class Machines extends Acting {
  found = $state.raw<Machine[] | null>(null);
  record = $state.raw<MachineRecord | null>(null);
  /** Its orders that are not over yet. */
  open = $state.raw<Order[]>([]);
  /** Those of them that stand before a gate of dispatch, with its reasons. */
  held = $state.raw<OrderDocument[]>([]);

  async show(serial: string | null): Promise<void> {
    await this.act(async () => {
      if (session.me === null) await session.resume();
      if (serial === null) this.found = await session.client.list<Machine>(`${BASE}/assets`, {}, MOST);
      else await this.#look(serial);
    });
  }

  /** Machines whose serial number, VIN or plate this is. */
  async find(name: string): Promise<void> {
    await this.newest(
      () => session.client.list<Machine>(`${BASE}/assets`, name === "" ? {} : { name }, MOST),
      (found) => (this.found = found),
    );
  }

  /** Puts a certificate on the record or renews it; throws what orders refuses, as `remove` does. */
  async certify(operatorId: string, certificate: string, name: string, validUntil: string | null): Promise<void> {
    await this.#change((serial) => session.client.put(path(serial, operatorId, certificate), { name, valid_until: validUntil }));
  }

  async remove(one: Operator): Promise<void> {
    await this.#change((serial) => session.client.delete(path(serial, one.operator_id, one.certificate)));
  }

  async #change(change: (serial: string) => Promise<unknown>): Promise<void> {
    if (this.record === null) return;
    await change(this.record.serial);
    await this.#look(this.record.serial);
  }

  async #look(serial: string): Promise<void> {
    [this.record, this.open] = await Promise.all([
      session.client.get<MachineRecord>(`${BASE}/assets/${encodeURIComponent(serial)}`),
      session.client.list<Order>(`${BASE}/orders`, { asset_id: serial, state: "open" }, MOST),
    ]);
    const held = this.open.filter((order) => order.open_gates > 0);
    this.held = await Promise.all(held.map((order) => session.client.get<OrderDocument>(`${BASE}/orders/${order.id}`)));
  }
}

function path(serial: string, operatorId: string, certificate: string): string {
  const [machine, operator, name] = [serial, operatorId, certificate].map(encodeURIComponent);
  return `${BASE}/assets/${machine}/operators/${operator}/certificates/${name}`;
}
