/** What the board shows, kept fresh by hints and, as a floor, by looking every 15 seconds. */

import { RequestFailed, type Query } from "../api/client";
import { LiveStream, type LiveState } from "../api/live";
import type { CrewRole, Engineer, Order, Plan, Position, RouteLines, Station, Stop, Territory } from "../api/wire";
import { isOpen } from "../model/risk";
import { Improvements } from "./improvements.svelte";
import { Moving } from "./moving.svelte";
import { problemText } from "./problem";
import { Refresher, EVERYTHING, staleParts, type Dirty } from "./refresher";
import { Scope } from "./scope.svelte";
import { session } from "./session.svelte";

const POLL_MS = 15_000;
export const MOST_ORDERS = 2_000;

export class Board {
  readonly scope = new Scope();
  readonly improvements = new Improvements();
  readonly moving = new Moving({
    plannedFor: (orderId) => this.planned.get(orderId)?.engineer_id ?? null,
    changed: () => this.refresh(),
  });
  orders = $state.raw<ReadonlyMap<string, Order>>(new Map());
  capped = $state(false);
  plans = $state.raw<ReadonlyMap<string, Plan>>(new Map());
  routes = $state.raw<ReadonlyMap<string, RouteLines>>(new Map());
  stations = $state.raw<Station[]>([]);
  engineers = $state.raw<Engineer[]>([]);
  positions = $state.raw<ReadonlyMap<string, Position>>(new Map());
  live = $state<LiveState>("connecting");
  problem = $state<string | null>(null);
  loaded = $state(false);
  /** Raised whenever an order may have changed; the open order's page looks again. */
  orderChanges = $state.raw<{ ids: "all" | ReadonlySet<string> }>({ ids: "all" });

  readonly #refresher = new Refresher((dirty) => this.#fetch(dirty));
  #stream: LiveStream | null = null;
  #poll: ReturnType<typeof setInterval> | null = null;
  /** Answers for a scope that was left meanwhile are thrown away. */
  #visit = 0;

  /** Reason by id of each open order that the plans leave out: as the order says, and as the newest plan says. */
  readonly unassigned = $derived(
    new Map([
      ...[...this.orders.values()].flatMap((order) =>
        order.unassigned_reason ? [[order.id, order.unassigned_reason] as const] : [],
      ),
      ...[...this.plans.values()].flatMap((plan) =>
        plan.unassigned.map((one) => [one.order_id, one.reason] as const),
      ),
    ]),
  );

  readonly engineerNames = $derived(new Map(this.engineers.map((engineer) => [engineer.id, engineer.name])));

  /** The engineer and stop that the shown plans have for each order, its lead's; `seconds` has the others of crews. */
  readonly planned = $derived(new Map(this.#stopsOf("lead")));
  readonly seconds = $derived(new Map(this.#stopsOf("second")));

  #stopsOf(role: CrewRole): (readonly [string, Stop & { engineer_id: string }])[] {
    return [...this.plans.values()].flatMap((plan) =>
      plan.routes.flatMap((route) =>
        route.stops.flatMap((stop) =>
          stop.order_id && (stop.role ?? "lead") === role
            ? [[stop.order_id, { engineer_id: route.engineer_id, ...stop }] as const]
            : [],
        ),
      ),
    );
  }

  nameOfEngineer(id: string): string {
    return this.engineerNames.get(id) ?? id;
  }

  async start(): Promise<void> {
    // The stream opens before the first look: nothing that happens in between is missed.
    this.#follow();
    this.#poll = setInterval(() => this.#refresher.ask(EVERYTHING), POLL_MS);
    await this.#fetch(EVERYTHING);
    this.improvements.start();
  }

  /** Who looks, and at which branch; asked again until it is known. */
  async #orient(): Promise<void> {
    if (session.me === null) await session.resume();
    await this.scope.load(session.client, session.me?.branch_id ?? null);
  }

  #follow(): void {
    let opened = 0;
    this.#stream = new LiveStream({
      open: (signal) => session.client.open("/console/v1/live", signal),
      onHint: (hint) => this.#refresher.ask(staleParts(hint)),
      onOpen: () => {
        opened += 1;
        if (opened > 1) this.#refresher.ask(EVERYTHING);
      },
      onState: (state) => (this.live = state),
    });
    void this.#stream.run();
  }

  stop(): void {
    this.#stream?.stop();
    this.improvements.stop();
    this.#refresher.stop();
    if (this.#poll !== null) clearInterval(this.#poll);
  }

  choose(branchId: string | null, territoryId: string | null): void {
    this.scope.choose(branchId, territoryId);
    this.#visit += 1;
    this.loaded = false;
    this.orders = new Map();
    this.plans = new Map();
    this.routes = new Map();
    void this.#fetch(EVERYTHING);
  }

  /** Looks at everything again: after an action, or when the person asks. */
  refresh(): void {
    this.#refresher.ask(EVERYTHING);
  }

  async #fetch(dirty: Dirty): Promise<void> {
    const visit = this.#visit;
    const current = (): boolean => visit === this.#visit;
    try {
      if (this.scope.branchId === null) await this.#orient();
      await Promise.all([
        this.#fetchOrders(dirty.orders, current),
        dirty.plans && this.#fetchPlans(current),
        dirty.crews && this.#fetchCrews(current),
        dirty.positions && this.#fetchPositions(current),
      ]);
      if (current()) this.problem = null;
    } catch (error) {
      if (current()) this.#failed(error);
    }
    if (current()) this.orderChanges = { ids: dirty.orders };
  }

  async #fetchOrders(which: Dirty["orders"], current: () => boolean): Promise<void> {
    if (which !== "all") return this.#fetchSome(which, current);
    if (this.scope.branchId === null) return;
    const query = { ...this.#where(), state: "open", order: "risk" };
    const first = !this.loaded;
    const show = (items: Order[]): void => {
      if (!current()) return;
      this.orders = new Map(items.map((order) => [order.id, order]));
      this.loaded = true;
    };
    const items = await session.client.list<Order>("/orders/v1/orders", query, MOST_ORDERS, (part) => {
      if (first) show(part);
    });
    show(items);
    if (current()) this.capped = items.length >= MOST_ORDERS;
  }

  async #fetchSome(ids: ReadonlySet<string>, current: () => boolean): Promise<void> {
    const fetched = await Promise.all(Array.from(ids, (id) => orderOrNull(id)));
    if (!current() || fetched.length === 0) return;
    const shown = new Set(this.scope.shown.map((territory) => territory.id));
    const next = new Map(this.orders);
    for (const id of ids) next.delete(id);
    for (const order of fetched) {
      if (order !== null && isOpen(order) && shown.has(order.territory_id)) next.set(order.id, order);
    }
    this.orders = next;
  }

  async #fetchPlans(current: () => boolean): Promise<void> {
    const both = await Promise.all(this.scope.shown.map((territory) => planOf(territory)));
    if (!current()) return;
    this.plans = new Map(both.flatMap(({ id, plan }) => (plan === null ? [] : [[id, plan]])));
    this.routes = new Map(both.flatMap(({ id, lines }) => (lines === null ? [] : [[id, lines]])));
  }

  async #fetchCrews(current: () => boolean): Promise<void> {
    if (this.scope.branchId === null) return;
    const [stations, engineers] = await Promise.all([
      session.client.list<Station>("/stations/v1/stations", this.#where(), MOST_ORDERS),
      session.client.list<Engineer>("/stations/v1/engineers", this.#where(), MOST_ORDERS),
    ]);
    if (current()) [this.stations, this.engineers] = [stations, engineers];
  }

  async #fetchPositions(current: () => boolean): Promise<void> {
    const lists = await Promise.all(
      this.scope.shown.map((territory) =>
        session.client.list<Position>("/stations/v1/positions", { territory_id: territory.id }, MOST_ORDERS),
      ),
    );
    if (current()) this.positions = new Map(lists.flat().map((position) => [position.engineer_id, position]));
  }

  #where(): Query {
    const { branchId, territoryId } = this.scope;
    return territoryId === null ? { branch_id: branchId ?? undefined } : { territory_id: territoryId };
  }

  #failed(error: unknown): void {
    if (session.hasToken) this.problem = problemText(error);
  }
}

async function orderOrNull(id: string): Promise<Order | null> {
  return session.client.get<Order>(`/orders/v1/orders/${id}`).catch(nothingWhenMissing);
}

async function planOf(
  territory: Territory,
): Promise<{ id: string; plan: Plan | null; lines: RouteLines | null }> {
  const base = `/dispatch/v1/territories/${territory.id}`;
  const [plan, lines] = await Promise.all([
    session.client.get<Plan>(`${base}/plan`).catch(nothingWhenMissing),
    session.client.get<RouteLines>(`${base}/routes`).catch(nothingWhenMissing),
  ]);
  return { id: territory.id, plan, lines };
}

/** An order out of scope and a plan that one's role may not read are no failures. */
function nothingWhenMissing(error: unknown): null {
  if (error instanceof RequestFailed && [403, 404].includes(error.status)) return null;
  throw error;
}
