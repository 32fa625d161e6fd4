/** An order on its way to another engineer: what it would do while it hangs over a row, the decision, and its undoing. */

import { RequestFailed } from "../api/client";
import type { Analysis, Order, Override } from "../api/wire";
import { t } from "../i18n/text.svelte";
import { Acting } from "./acting.svelte";
import { isStale, problemText } from "./problem";
import { session } from "./session.svelte";

/** The pointer rests this long over a row before the services are asked. */
const REST_MS = 250;

interface Wish {
  engineer_id: string;
  second_id: string | null;
  start: string | null;
  pin: string;
  reason: string;
}

interface Target {
  order: Order;
  engineerId: string;
}

/** Who had the order before somebody moved it. */
interface Before {
  order: Order;
  engineerId: string | null;
  lock: Override | null;
}

export interface Moved {
  order: Order;
  engineerId: string;
  undone: boolean;
  before: Before;
}

/** Where the board stands: what the plans say, and whom to tell when they changed. */
interface Surroundings {
  plannedFor: (orderId: string) => string | null;
  changed: () => void;
}

export class Moving extends Acting {
  /** The order that hangs on the pointer. */
  dragged = $state.raw<Order | null>(null);
  /** Where it would go, or goes once it is confirmed. */
  target = $state.raw<Target | null>(null);
  /** It was let go over the target: a reason is asked for. */
  dropped = $state(false);
  impact = $state.raw<Analysis | null>(null);
  /** The last decision, as long as it can be undone or its undoing told. */
  last = $state.raw<Moved | null>(null);
  #from = $state<"queue" | "row" | "page">("page");
  readonly #around: Surroundings;
  #resting: ReturnType<typeof setTimeout> | null = null;

  constructor(around: Surroundings) {
    super();
    this.#around = around;
  }

  /** The drag begins: at the queue, or at a row of the timeline. */
  take(order: Order, from: "queue" | "row"): void {
    this.cancel();
    this.dragged = order;
    this.#from = from;
  }

  /** The order that was dragged here from the queue. A bar of a row is there already. */
  get fetched(): Order | null {
    return this.#from === "queue" ? (this.dragged ?? this.target?.order ?? null) : null;
  }

  over(engineerId: string): void {
    if (this.dragged === null || this.dropped || this.target?.engineerId === engineerId) return;
    this.#aim({ order: this.dragged, engineerId });
    this.#resting = setTimeout(() => void this.#look(), REST_MS);
  }

  /** The pointer left the rows. */
  away(): void {
    if (!this.dropped) this.#aim(null);
  }

  /** Let go elsewhere. */
  letGo(): void {
    this.dragged = null;
    this.away();
  }

  drop(engineerId: string): void {
    if (this.dragged !== null) this.#decide(this.dragged, engineerId);
  }

  /** Asks for the decision without a drag. */
  ask(order: Order, engineerId: string): void {
    this.#from = "page";
    this.#decide(order, engineerId);
  }

  #decide(order: Order, engineerId: string): void {
    const known = this.target?.engineerId === engineerId && this.target.order.id === order.id && this.impact !== null;
    if (!known) this.#aim({ order, engineerId });
    this.dragged = null;
    this.dropped = true;
    if (!known) void this.#look();
  }

  cancel(): void {
    this.dragged = null;
    this.dropped = false;
    this.#aim(null);
  }

  async confirm(pin: string, start: string | null, reason: string, second: string | null): Promise<void> {
    const { target, impact } = this;
    if (target === null || impact === null) return;
    const before = await this.before(target.order);
    try {
      this.busy = true;
      const wish = { engineer_id: target.engineerId, second_id: second, start, pin, reason };
      await this.#override(target.order, wish, impact.epoch);
      this.cancel();
      this.remember(before, target.engineerId);
    } catch (error) {
      if (isStale(error)) await this.#look();
      this.problem = problemText(error);
    } finally {
      this.busy = false;
    }
  }

  /** Who has the order now; a lock that cannot be read is none to put back. */
  async before(order: Order): Promise<Before> {
    const lock = await session.client.get<Override>(`/dispatch/v1/orders/${order.id}/override`).catch(() => null);
    return { order, engineerId: this.#around.plannedFor(order.id), lock };
  }

  remember(before: Before, engineerId: string): void {
    this.last = { order: before.order, engineerId, before, undone: false };
    this.#around.changed();
  }

  forget(): void {
    this.last = null;
  }

  /** Gives the order back to whom it had, under the lock it had; without one, the optimiser is free again. */
  async undo(): Promise<void> {
    const last = this.last;
    if (last === null || last.undone) return;
    const { order, engineerId, lock } = last.before;
    const done = await this.done(async () => {
      const whose = lock?.engineer_id ?? engineerId;
      if (whose !== null) {
        const { epoch } = await this.#analyse({ order, engineerId: whose });
        const free = { second_id: null, pin: "resource", start: null, reason: t("move.undoReason") };
        const { second_id, pin, start, reason } = lock ?? free;
        await this.#override(order, { engineer_id: whose, second_id, pin, start, reason }, epoch);
      }
      if (lock === null) await session.client.post(`/dispatch/v1/orders/${order.id}/release`, {});
    });
    if (done) this.last = { ...last, undone: true };
    this.#around.changed();
  }

  #aim(target: Target | null): void {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.#resting = null;
    this.target = target;
    this.impact = null;
    this.problem = null;
  }

  async #look(): Promise<void> {
    const target = this.target;
    if (target === null) return;
    await this.newest(
      () => this.#analyse(target),
      (impact) => {
        if (this.target === target) this.impact = impact;
      },
    );
  }

  async #analyse({ order, engineerId }: Target): Promise<Analysis> {
    const path = `/dispatch/v1/territories/${order.territory_id}/analyse`;
    const moves = [{ order_id: order.id, engineer_id: engineerId }];
    return session.client.post<Analysis>(path, { moves }).catch((error: unknown) => {
      if (error instanceof RequestFailed && error.status === 404) {
        throw new RequestFailed({ ...error.problem, status: 409, detail: t("move.notWaiting") });
      }
      throw error;
    });
  }

  async #override(order: Order, wish: Wish, epoch: number): Promise<void> {
    await session.client.post(`/dispatch/v1/orders/${order.id}/overrides`, wish, { ifMatch: `"${epoch}"` });
  }
}
