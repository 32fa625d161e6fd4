/** A report that a person takes by hand: the machine, what is said about it, and the order that it became. */

import { RequestFailed, type Page } from "../api/client";
import type { OrderTaken, WorkType } from "../api/wire";
import type { Machine } from "../machines/wire";
import { t } from "../i18n/text.svelte";
import { coordinatesSaid, faultsSaid, placeSaid } from "../model/said";
import { siteInstant } from "../model/time";
import { Acting } from "../state/acting.svelte";
import { session } from "../state/session.svelte";

export class Intake extends Acting {
  workTypes = $state.raw<WorkType[]>([]);
  machine = $state.raw<Machine | null>(null);
  /** Those that share the name that was typed: a person says which. */
  namesakes = $state.raw<Machine[]>([]);
  /** No machine has the name that was typed. */
  unknown = $state(false);
  taken = $state.raw<OrderTaken | null>(null);
  /** The open order that this may be a second report of. */
  duplicate = $state.raw<{ id: string; number: string } | null>(null);

  async start(): Promise<void> {
    const list = await this.act(() => session.client.get<Page<WorkType>>("/orders/v1/work-types"));
    this.workTypes = list?.items ?? [];
  }

  /** Looks for the machine by whichever of its names this is. */
  async find(name: string): Promise<void> {
    this.machine = null;
    this.namesakes = [];
    this.unknown = false;
    if (name.trim() === "") return;
    await this.newest(
      () => session.client.get<Page<Machine>>("/orders/v1/assets", { name: name.trim() }),
      ({ items }) => {
        if (items.length === 1) this.machine = items[0] ?? null;
        else this.namesakes = items;
        this.unknown = items.length === 0;
      },
    );
  }

  choose(machine: Machine): void {
    this.machine = machine;
    this.namesakes = [];
  }

  async send(given: FormData): Promise<void> {
    const machine = this.machine;
    if (machine === null) return;
    await this.act(async () => {
      const body = { source: "manual", asset: { serial: machine.serial }, ...reportOf(given) };
      const other = given.get("another") && this.duplicate ? { not_duplicate_of: [this.duplicate.id] } : {};
      try {
        this.taken = await session.client.post<OrderTaken>("/orders/v1/orders", { ...body, ...other });
        this.duplicate = null;
      } catch (error) {
        const told: Record<string, unknown> = error instanceof RequestFailed && error.status === 409 ? error.problem : {};
        const { order_id: id, number } = told;
        if (typeof id !== "string" || typeof number !== "string") throw error;
        this.duplicate = { id, number };
      }
    });
  }

  again(): void {
    this.taken = null;
    this.machine = null;
  }
}

/** The report in the service's terms. Throws what a person has to write otherwise. */
function reportOf(given: FormData): object {
  const text = (name: string): string => String(given.get(name) ?? "").trim();
  const faults = faultsSaid(text("faults"));
  if (faults === null) throw unclear(t("intake.badFaults"));
  const contact = { name: text("name") || null, phone: text("phone") || null };
  return {
    work_type: text("workType"),
    symptom: text("symptom") || null,
    fault_codes: faults,
    ...(text("place") === "" ? {} : placeSaid(text("place"))),
    ...(contact.name || contact.phone ? { contact } : {}),
    ...(text("cargoClass") === "" ? {} : { cargo: cargoOf(given, text) }),
  };
}

function cargoOf(given: FormData, text: (name: string) => string): object {
  const destination = coordinatesSaid(text("destination"));
  if (!destination) throw unclear(t("intake.badDestination"));
  return {
    cargo_class: text("cargoClass"),
    mass_kg: Math.round(Number(text("mass")) * 1000),
    destination,
    deadline: text("deadline") === "" ? null : siteInstant(text("deadline")),
    hazard: given.get("hazard") !== null,
  };
}

function unclear(detail: string): RequestFailed {
  return new RequestFailed({ title: detail, detail, status: 422 });
}
