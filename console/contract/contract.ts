/**
 * What the pages read (src/api/wire.ts) against what the services serve: the compiler refuses a member that is not
 * served, or served as something else. `./served` is written by tests/console/test_contract.py.
 */

import type { CallBack, Complaint } from "../src/api/care-wire";
import type { Advice } from "../src/api/causes-wire";
import type { Budget, OrderMoney, Remedy } from "../src/api/money-wire";
import type { Notice, Suggestion } from "../src/api/notices-wire";
import type { BusinessCalendar, CalendarDay, Template, TriedOut } from "../src/api/promises-wire";
import type { Case, Definition, Month, Scorecards, Walked } from "../src/api/report-wire";
import type * as wire from "../src/api/wire";
import type * as fleet from "../src/fleet/wire";
import type { Labelled, ReportTaken } from "../src/help/wire";
import type { Machine, MachineRecord } from "../src/machines/wire";
import type { Burden } from "../src/network/wire";
import type {
  CountSheet,
  CountSheetDetail,
  FittingPart,
  Lane,
  MissedPromises,
  Parcel,
  PartDetail,
  Shelf,
  StockKpis,
  StockPlace,
  Transfer,
} from "../src/stock/wire";
import type { paths as Accounts } from "./served/accounts";
import type { paths as Dispatch } from "./served/dispatch";
import type { paths as Orders } from "./served/orders";
import type { paths as Parts } from "./served/parts";
import type { paths as Stations } from "./served/stations";

/** The JSON of a GET's 200. */
type Got<Path> = Path extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;
type Posted<Path, Status extends number = 200> = Path extends {
  post: { responses: Record<Status, { content: { "application/json": infer Body } }> };
}
  ? Body
  : never;
type Item<Page> = Page extends { items: (infer One)[] } ? One : never;

/** Refused unless what is served can be read as what is wanted; `never`, a path that is not there, is refused too. */
type Reads<Wanted, Served extends [Served] extends [never] ? "not served" : Wanted> = [Wanted, Served];

export type Contract = [
  Reads<Labelled, Got<Orders["/orders/v1/labels/{token}"]>>,
  Reads<ReportTaken, Posted<Orders["/orders/v1/labels/{token}/reports"], 201>>,
  Reads<Machine, Item<Got<Orders["/orders/v1/assets"]>>>,
  Reads<MachineRecord, Got<Orders["/orders/v1/assets/{asset_id}"]>>,
  Reads<wire.Session, Posted<Accounts["/accounts/v1/sessions"]>>,
  Reads<wire.Me, Got<Accounts["/accounts/v1/me"]>>,
  Reads<wire.Branch, Item<Got<Stations["/stations/v1/branches"]>>>,
  Reads<wire.Territory, Item<Got<Stations["/stations/v1/territories"]>>>,
  Reads<wire.Station, Item<Got<Stations["/stations/v1/stations"]>>>,
  Reads<wire.Engineer, Item<Got<Stations["/stations/v1/engineers"]>>>,
  Reads<wire.Position, Item<Got<Stations["/stations/v1/positions"]>>>,
  Reads<Burden, Item<Got<Stations["/stations/v1/burdens"]>>>,
  Reads<fleet.Partner, Item<Got<Stations["/stations/v1/partners"]>>>,
  Reads<fleet.PartnerMonth, Item<Got<Stations["/stations/v1/bank-kpis"]>>>,
  Reads<fleet.Vehicle, Item<Got<Stations["/stations/v1/vehicles"]>>>,
  Reads<fleet.Claim, Item<Got<Stations["/stations/v1/vehicles/{vehicle_id}/claims"]>>>,
  Reads<fleet.Block, Item<Got<Stations["/stations/v1/vehicles/{vehicle_id}/blocks"]>>>,
  Reads<fleet.PlateLimit, Item<Got<Stations["/stations/v1/plate-limits"]>>>,
  Reads<fleet.Price, Item<Got<Stations["/stations/v1/vehicles/{vehicle_id}/prices"]>>>,
  Reads<fleet.Rental, Item<Got<Stations["/stations/v1/rentals"]>>>,
  Reads<fleet.Handover, Item<Got<Stations["/stations/v1/handovers"]>>>,
  Reads<wire.Order, Item<Got<Orders["/orders/v1/orders"]>>>,
  Reads<wire.OrderDocument, Got<Orders["/orders/v1/orders/{order_id}"]>>,
  Reads<wire.OrderTaken, Posted<Orders["/orders/v1/orders"], 201>>,
  Reads<wire.TimelineEntry, Item<Got<Orders["/orders/v1/orders/{order_id}/timeline"]>>>,
  Reads<Complaint, Item<Got<Orders["/orders/v1/complaints"]>>>,
  Reads<CallBack, Item<Got<Orders["/orders/v1/callbacks"]>>>,
  Reads<BusinessCalendar, Item<Got<Orders["/orders/v1/calendars"]>>>,
  Reads<CalendarDay, Item<Got<Orders["/orders/v1/calendars/{calendar}/days"]>>>,
  Reads<Remedy, Item<Got<Orders["/orders/v1/remedies"]>>>,
  Reads<Budget, Got<Orders["/orders/v1/goodwill-budgets/{branch_id}/{month}"]>>,
  Reads<OrderMoney, Got<Orders["/orders/v1/orders/{order_id}/money"]>>,
  Reads<Notice, Item<Got<Orders["/orders/v1/notices"]>>>,
  Reads<Suggestion, Item<Got<Orders["/orders/v1/suggestions"]>>>,
  Reads<Template, Item<Got<Orders["/orders/v1/promise-templates"]>>>,
  Reads<TriedOut, Posted<Orders["/orders/v1/promise-templates/try"]>>,
  Reads<Definition, Item<Got<Orders["/orders/v1/kpi-definitions"]>>>,
  Reads<Month, Got<Orders["/orders/v1/kpis"]>>,
  Reads<Case, Item<Got<Orders["/orders/v1/kpis/{kpi}/orders"]>>>,
  Reads<Scorecards, Got<Orders["/orders/v1/scorecards"]>>,
  Reads<Walked, Item<Got<Orders["/orders/v1/control-points"]>>>,
  Reads<Advice, Got<Orders["/orders/v1/orders/{order_id}/causes"]>>,
  Reads<wire.PartnerCase, Got<Orders["/orders/v1/replacement/{token}"]>>,
  Reads<wire.OrderParts, Got<Parts["/parts/v1/orders/{order_id}/parts"]>>,
  Reads<Parcel, Item<Got<Parts["/parts/v1/shipments"]>>>,
  Reads<StockKpis, Got<Parts["/parts/v1/kpis"]>>,
  Reads<MissedPromises, Got<Parts["/parts/v1/kpis/missed-promises"]>>,
  Reads<PartDetail, Got<Parts["/parts/v1/parts/{part}"]>>,
  Reads<Shelf, Item<Got<Parts["/parts/v1/parts/{part}/stock"]>>>,
  Reads<StockPlace, Item<Got<Parts["/parts/v1/places"]>>>,
  Reads<CountSheet, Item<Got<Parts["/parts/v1/count-sheets"]>>>,
  Reads<CountSheetDetail, Got<Parts["/parts/v1/count-sheets/{sheet_id}"]>>,
  Reads<Transfer, Item<Got<Parts["/parts/v1/transfers"]>>>,
  Reads<Lane, Item<Got<Parts["/parts/v1/kpis/lanes"]>>>,
  Reads<wire.Part, Item<Got<Parts["/parts/v1/parts"]>>>,
  Reads<FittingPart, Item<Posted<Parts["/parts/v1/parts/search"]>>>,
  Reads<wire.Plan, Got<Dispatch["/dispatch/v1/territories/{territory_id}/plan"]>>,
  Reads<wire.Improvement, Item<Got<Dispatch["/dispatch/v1/improvements"]>>>,
  Reads<wire.Recommendations, Got<Dispatch["/dispatch/v1/orders/{order_id}/recommendations"]>>,
  Reads<wire.Analysis, Posted<Dispatch["/dispatch/v1/territories/{territory_id}/analyse"]>>,
  Reads<wire.Override, Got<Dispatch["/dispatch/v1/orders/{order_id}/override"]>>,
  Reads<wire.Appointment, Item<Got<Dispatch["/dispatch/v1/appointments"]>>>,
];
