/** Machines found by a name, and the record of one: what is open on it and who may operate it. */

import type { Order, OrderDocument } from "../api/wire";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Machine, MachineRecord, Operator } from "./wire";

const BASE = "/orders/v1";
const MOST = 50;

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

  certify(operatorId: string, certificate: string, name: string, validUntil: string | null): Promise<boolean> {
    return this.#change(async (record) => {
      await session.client.put(path(record, operatorId, certificate), { name, valid_until: validUntil });
    });
  }

  remove(one: Operator): Promise<boolean> {
    return this.#change((record) => session.client.delete(path(record, one.operator_id, one.certificate)));
  }

  #change(change: (record: MachineRecord) => Promise<void>): Promise<boolean> {
    return this.done(async () => {
      if (this.record === null) return;
      await change(this.record);
      await this.#look(this.record.serial);
    });
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

function path(record: MachineRecord, operatorId: string, certificate: string): string {
  const [serial, operator, name] = [record.serial, operatorId, certificate].map(encodeURIComponent);
  return `${BASE}/assets/${serial}/operators/${operator}/certificates/${name}`;
}
