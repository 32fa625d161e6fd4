import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import RemedyCard from "../src/care/RemedyCard.svelte";
import { language } from "../src/i18n/text.svelte";
import { MoneyDesk } from "../src/state/money.svelte";
import { session } from "../src/state/session.svelte";
import { Refusal, servicesThat } from "./services";

const REMEDIES = "/orders/v1/remedies";
const branches = { items: [{ id: "SD" }, { id: "HB" }] };

afterEach(() => {
  vi.unstubAllGlobals();
  cleanup();
});

it("people of a station see what is proposed; the budget, which is not theirs to see, is not asked for", async () => {
  const remedies = { items: [{ remedy_id: "r1", state: "proposed" }] };
  servicesThat({ "/stations/v1/branches": branches, [REMEDIES]: remedies, "GET /orders/v1/goodwill-budgets/SD/2026-11": new Refusal(404, "not-found") }, "station");
  const desk = new MoneyDesk();
  desk.month = "2026-11";
  await desk.load();
  expect(desk.problem).toBeNull();
  expect(desk.remedies).toEqual(remedies.items);
});

it("may be asked for goodwill by a station, decided by a dispatcher, looked at by an auditor", () => {
  const may = ["admin", "dispatcher", "station", "auditor"].map((role) => {
    servicesThat({}, role);
    return [session.mayServe, session.mayReadBudgets];
  });
  expect(may).toEqual([[true, true], [true, true], [true, false], [false, true]]);
});

it("the server chooses the branch and the month's decisions, and a list that is cut says so", async () => {
  const many = { items: Array.from({ length: 200 }, (_, at) => ({ remedy_id: `r${at}` })), next: "more" };
  const asked = servicesThat({ "/stations/v1/branches": branches, [REMEDIES]: many });
  const desk = new MoneyDesk();
  [desk.decidedToo, desk.month] = [true, "2026-11"];
  await desk.load();
  const wanted = asked.filter((one) => one.path === REMEDIES).map((one) => Object.fromEntries(one.query));
  expect(wanted).toEqual([
    { limit: "200", branch_id: "SD", state: "proposed" },
    { limit: "200", branch_id: "SD", decided_in: "2026-11" },
  ]);
  expect(desk.cut).toBe(true);
});

it("what another branch's question answers later is dropped, and so is its refusal", async () => {
  const late: (() => void)[] = [];
  servicesThat({
    "/stations/v1/branches": branches,
    [REMEDIES]: async ({ query }: { query: URLSearchParams }) => {
      const branch = query.get("branch_id");
      if (branch === "HB") return { items: [{ remedy_id: "of HB" }] };
      await new Promise<void>((resolve) => late.push(resolve));
      return new Refusal(503, "unavailable");
    },
  });
  const desk = new MoneyDesk();
  const slow = desk.choose("SD");
  await desk.choose("HB");
  expect(desk.busy).toBe(true);
  late.forEach((answer) => answer());
  await slow;
  expect([desk.remedies?.[0]?.remedy_id, desk.problem, desk.busy]).toEqual(["of HB", null, false]);
});

it("what the budget has left is told in the card that was refused", async () => {
  language.choose("en");
  servicesThat({ "POST /orders/v1/remedies/r1/decision": new Refusal(409, "budget-exceeded", { left_fen: 123_400 }) });
  const remedy = { remedy_id: "r1", kind: "goodwill", amount_fen: 500_000, state: "proposed", order_id: "o1", number: "WO-1" };
  const { container } = render(RemedyCard, { desk: new MoneyDesk(), remedy: { ...remedy, proposed_at: "2026-11-26T01:00:00Z" } as never });
  await fireEvent.submit(container.querySelector("form") as HTMLFormElement);
  const alert = await waitFor(() => screen.getByRole("alert"));
  expect(alert.textContent).toContain("Only ¥1,234");
  expect(alert.closest("article")).not.toBeNull();
});
