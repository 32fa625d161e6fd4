/** What the page of the bank shows: partners with their month, vehicles, and everything about the chosen one. */

import { RequestFailed, type Client } from "../api/client";
import type { Branch, Order } from "../api/wire";
import { siteMonth } from "../model/time";
import { now } from "../state/now.svelte";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";
import type { Block, Claim, Handover, NewHandover, Partner, PartnerMonth, PlateLimit, Price, Rental, Vehicle } from "./wire";

const MOST = 1000;
const MOST_ORDERS = 200;

export type OrderClaim = Claim & { order_id: string };

export interface AboutVehicle {
  prices: Price[];
  /** Those of orders. */
  claims: OrderClaim[];
  blocks: Block[];
  limits: PlateLimit[];
  rentals: Rental[];
  handovers: Handover[];
  orders: Order[];
}

export class Fleet extends Acting {
  branches = $state.raw<Branch[]>([]);
  /** null is the whole network, as far as the person may see it. */
  branchId = $state<string | null>(null);
  partners = $state.raw<Partner[] | null>(null);
  months = $state.raw<PartnerMonth[]>([]);
  vehicles = $state.raw<Vehicle[] | null>(null);
  newestOrders = $state.raw<Order[]>([]);
  vehicleId = $state<string | null>(null);
  about = $state.raw<AboutVehicle | null>(null);
  readonly month = siteMonth(now.ms);
  readonly #client: Client = session.client;

  get vehicle(): Vehicle | null {
    return this.vehicles?.find((one) => one.id === this.vehicleId) ?? null;
  }

  /** Orders that a vehicle may be let or handed over for: those of the chosen one, then the newest. */
  get orders(): Order[] {
    const own = this.about?.orders ?? [];
    return [...own, ...this.newestOrders.filter((one) => !own.some((other) => other.id === one.id))];
  }

  async start(): Promise<void> {
    const known = await this.done(async () => {
      if (session.me === null) await session.resume();
      this.branches = await this.#client.list<Branch>("/stations/v1/branches", {}, 500);
    });
    if (known) await this.choose(session.me?.branch_id ?? this.branches[0]?.id ?? null);
  }

  /** Another branch, null for all: what is shown of the one before goes at once. */
  async choose(branchId: string | null): Promise<void> {
    this.branchId = branchId;
    this.partners = this.vehicles = this.vehicleId = this.about = null;
    const branch_id = branchId ?? undefined;
    await this.newest(
      () =>
        Promise.all([
          this.#client.list<Vehicle>("/stations/v1/vehicles", { branch_id }, MOST),
          this.#client.list<Order>("/orders/v1/orders", { branch_id }, MOST_ORDERS),
          this.#client.get<{ items: PartnerMonth[] }>("/stations/v1/bank-kpis", { month: this.month }),
          this.#partnersOf(branchId),
        ]),
      ([vehicles, orders, months, partners]) => {
        [this.vehicles, this.newestOrders, this.months, this.partners] = [vehicles, orders, months.items, partners];
      },
    );
  }

  async open(vehicleId: string): Promise<void> {
    if (this.vehicleId !== vehicleId) this.about = null;
    this.vehicleId = vehicleId;
    await this.done(() => this.#readVehicle(vehicleId));
  }

  /** Throws when it is refused, as all changes do. */
  async changeContract(partnerId: string, contract_from: string | null, contract_until: string | null): Promise<void> {
    await this.#client.put<void>(`/stations/v1/partners/${partnerId}/contract`, { contract_from, contract_until });
    await this.done(() => this.#readPartners());
  }

  setPrice({ valid_from, ...price }: Price): Promise<void> {
    return this.#change((vehicle) => this.#client.put<void>(`${vehicle}/prices/${valid_from}`, price));
  }

  removePrice(valid_from: string): Promise<void> {
    return this.#change((vehicle) => this.#client.delete(`${vehicle}/prices/${valid_from}`));
  }

  rent(order_id: string, start: string, end: string): Promise<void> {
    return this.#change((vehicle) => this.#client.post(`${vehicle}/rentals`, { order_id, start, end }));
  }

  endRental(rentalId: string): Promise<void> {
    return this.#change(() => this.#client.post(`/stations/v1/rentals/${rentalId}/ended`, {}));
  }

  block(start: string, end: string, reason: string): Promise<void> {
    return this.#change((vehicle) => this.#client.post(`${vehicle}/blocks`, { start, end, reason }));
  }

  endBlock(blockId: string): Promise<void> {
    return this.#change(() => this.#client.post(`/stations/v1/vehicle-blocks/${blockId}/ended`, {}));
  }

  handOver(protocol: NewHandover): Promise<void> {
    return this.#change(() => this.#client.post("/stations/v1/handovers", protocol));
  }

  async #readPartners(): Promise<void> {
    const branchId = this.branchId;
    const partners = await this.#partnersOf(branchId);
    if (branchId === this.branchId) this.partners = partners;
  }

  async #partnersOf(branchId: string | null): Promise<Partner[]> {
    const branch_id = branchId ?? undefined;
    return (await this.#client.get<{ items: Partner[] }>("/stations/v1/partners", { branch_id })).items;
  }

  /** Something about the chosen vehicle is changed and read again. */
  async #change(write: (vehicle: string) => Promise<unknown>): Promise<void> {
    const vehicleId = this.vehicleId;
    if (vehicleId === null) return;
    await write(`/stations/v1/vehicles/${encodeURIComponent(vehicleId)}`);
    await this.done(() => Promise.all([this.#readVehicle(vehicleId), this.#readPartners()]));
  }

  /** An answer about a vehicle that is no longer chosen is dropped. */
  async #readVehicle(vehicle_id: string): Promise<void> {
    const where = `/stations/v1/vehicles/${encodeURIComponent(vehicle_id)}`;
    const [prices, claimed, blocks, limits, rentals, handovers] = await Promise.all([
      this.#client.get<{ items: Price[] }>(`${where}/prices`),
      this.#client.get<{ items: Claim[] }>(`${where}/claims`),
      this.#client.get<{ items: Block[] }>(`${where}/blocks`),
      this.#client.get<{ items: PlateLimit[] }>("/stations/v1/plate-limits", { vehicle_id }),
      this.#client.list<Rental>("/stations/v1/rentals", { vehicle_id }, MOST),
      this.#client.get<{ items: Handover[] }>("/stations/v1/handovers", { vehicle_id }),
    ]);
    const claims = claimed.items.filter((one): one is OrderClaim => one.order_id !== null);
    const orders = await this.#ordersOf([...claims, ...rentals.filter(isOut), ...stillOut(handovers.items)]);
    if (this.vehicleId !== vehicle_id) return;
    const told = { prices: prices.items, blocks: blocks.items, limits: limits.items, handovers: handovers.items };
    this.about = { ...told, claims, rentals, orders };
  }

  /** The orders that the vehicle is promised to or out for, however old; one that is gone is left out. */
  async #ordersOf(uses: { order_id: string }[]): Promise<Order[]> {
    const known = new Map(this.newestOrders.map((one) => [one.id, one]));
    const ids = [...new Set(uses.map((one) => one.order_id))];
    const read = async (id: string): Promise<Order | null> => known.get(id) ?? this.#orderOf(id);
    return (await Promise.all(ids.map(read))).filter((one) => one !== null);
  }

  #orderOf(id: string): Promise<Order | null> {
    return this.#client.get<Order>(`/orders/v1/orders/${encodeURIComponent(id)}`).catch((error: unknown) => {
      if (error instanceof RequestFailed && error.status === 404) return null;
      throw error;
    });
  }
}

export function isOut(rental: Rental): boolean {
  return rental.state === "booked";
}

/** Hand-overs of a vehicle that went out for an order and has not come back. */
function stillOut(handovers: Handover[]): Handover[] {
  const back = new Set(handovers.filter((one) => one.direction === "back").map((one) => one.order_id));
  return handovers.filter((one) => !back.has(one.order_id));
}
