import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import Clocks from "../src/order/Clocks.svelte";
import OverrideForm from "../src/order/OverrideForm.svelte";
import QueueRow from "../src/board/QueueRow.svelte";
import Timeline from "../src/order/Timeline.svelte";
import { language } from "../src/i18n/text.svelte";
import type { Board } from "../src/state/board.svelte";
import { Moving } from "../src/state/moving.svelte";
import { now } from "../src/state/now.svelte";
import { NOW, clock, order } from "./orders";

const moving = new Moving({ plannedFor: () => null, changed: () => undefined });

beforeEach(() => {
  language.choose("en");
  now.ms = NOW;
});
afterEach(cleanup);

it("a queue row names the machine, the time left of the pressing clock and who goes", () => {
  const one = order("WO-7", [clock(65, { state: "at_risk" }), clock(700, { name: "restore" })], { symptom: "no oil pressure" });
  render(QueueRow, { order: one, selected: false, engineerName: "王强", unassignedReason: null, moving });
  const link = screen.getByRole("link", { name: "Open order WO-7" });
  expect(link.getAttribute("href")).toBe("/orders/id-WO-7");
  expect(link.className).toContain("at_risk");
  expect(link.textContent).toMatch(/Arrive\s+1:05:00 left/);
  expect(link.textContent).toContain("王强");
});

it("a queue row says why nobody goes", () => {
  render(QueueRow, { order: order("1", [clock(-2)]), selected: false, engineerName: null, unassignedReason: "skill", moving });
  expect(screen.getByText("Unassigned: no engineer with the skill and level")).toBeTruthy();
  expect(screen.getByRole("link").textContent).toContain("2:00 late");
});

it("the timeline says why somebody should look at what a phone told", () => {
  const at = new Date(NOW).toISOString();
  const told = { publisher: "mobile", actor: "engineer:E001", effective_at: at, recorded_at: at };
  const entries = [
    { ...told, id: "1", kind: "operation.answered", payload: { doubts: ["backdated", "teleport"] } },
    { ...told, id: "2", kind: "photo.stored", payload: { also_of: ["o-2"] } },
    { ...told, id: "3", kind: "operation.answered", payload: { doubts: [] } },
  ];
  for (const [name, chips] of [
    ["zh", ["时间早于此前上报", "距上次签到过远", "同一照片用于其他工单"]],
    ["en", ["time before the one reported earlier", "too far from the last check-in", "same picture on another order"]],
  ] as const) {
    language.choose(name);
    const { container } = render(Timeline, { entries, board: { engineerNames: new Map() } as unknown as Board });
    expect([...container.querySelectorAll(".chip")].map((chip) => chip.textContent)).toEqual(chips);
    cleanup();
  }
});

it("the clocks of an order say their state in words, not by colour alone", () => {
  const clocks = [
    clock(-10, { name: "respond", state: "met", stopped_at: new Date(NOW - 900_000).toISOString() }),
    clock(-3),
    clock(200, { name: "restore", state: "paused" }),
  ];
  render(Clocks, { clocks });
  const rows = screen.getAllByRole("listitem").map((row) => row.textContent ?? "");
  expect(rows[0]).toContain("met");
  expect(rows[0]).toContain("stopped 09:45");
  expect(rows[1]).toContain("3:00 late");
  expect(rows[2]).toContain("paused");
});

it("an override without a reason is not sent; with a time pin it carries the site's time", async () => {
  const onassign = vi.fn();
  const { container } = render(OverrideForm, { engineer: "王强", busy: false, onassign, oncancel: vi.fn() });
  const form = container.querySelector("form") as HTMLFormElement;
  expect(form.checkValidity()).toBe(false);
  await fireEvent.input(screen.getByLabelText(/Reason/), { target: { value: " knows this truck " } });
  expect(form.checkValidity()).toBe(true);
  (container.querySelector('option[value="both"]') as HTMLOptionElement).selected = true;
  await fireEvent.change(screen.getByLabelText("Pin"));
  expect((screen.getByLabelText(/Start/) as HTMLInputElement).required).toBe(true);
  await fireEvent.input(screen.getByLabelText(/Start/), { target: { value: "2026-11-22T18:30" } });
  await fireEvent.submit(form);
  expect(onassign).toHaveBeenCalledWith("both", "2026-11-22T10:30:00.000Z", "knows this truck", null);
});

it("an override of a crew fixes the second where one is chosen", async () => {
  const onassign = vi.fn();
  const mates = [{ id: "E2", name: "李娜" }];
  const { container } = render(OverrideForm, { engineer: "王强", mates, busy: false, onassign, oncancel: vi.fn() });
  await fireEvent.input(screen.getByLabelText(/Reason/), { target: { value: "know each other" } });
  const choice = screen.getByLabelText("second engineer") as HTMLSelectElement;
  expect(choice.value).toBe("");
  await fireEvent.change(choice, { target: { value: "E2" } });
  await fireEvent.submit(container.querySelector("form") as HTMLFormElement);
  expect(onassign).toHaveBeenCalledWith("resource", null, "know each other", "E2");
});
