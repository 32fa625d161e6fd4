/** The page's address. Signed links open the pages of partners' drivers, of customers and of who reports by a label; all others need a sign-in. */

export type Page =
  | { name: "board" }
  | { name: "machines"; serial: string | null }
  | { name: "network" }
  | { name: "care" }
  | { name: "money" }
  | { name: "notices" }
  | { name: "promises" }
  | { name: "intake" }
  | { name: "order"; orderId: string }
  | { name: "replacement"; token: string }
  | { name: "track"; token: string }
  | { name: "help"; token: string }
  | { name: "stock" }
  | { name: "fleet" }
  | { name: "report"; month: string | null }
  | { name: "unknown" };

export function pageOf(path: string): Page {
  const [first, second, ...rest] = path.split("/").filter((part) => part !== "");
  if (first === undefined) return { name: "board" };
  if (first === "report" && rest.length === 0) return { name: "report", month: second ?? null };
  if (first === "care" && second === undefined) return { name: "care" };
  if (first === "care" && second === "money" && rest.length === 0) return { name: "money" };
  if (first === "care" && second === "notices" && rest.length === 0) return { name: "notices" };
  if (first === "promises" && second === undefined) return { name: "promises" };
  if (first === "machines" && rest.length === 0) {
    return { name: "machines", serial: second === undefined ? null : decodeURIComponent(second) };
  }
  if (first === "network" && second === undefined) return { name: "network" };
  if (first === "stock" && second === undefined) return { name: "stock" };
  if (first === "fleet" && second === undefined) return { name: "fleet" };
  if (second === undefined || rest.length > 0) return { name: "unknown" };
  if (first === "orders" && second === "new") return { name: "intake" };
  if (first === "orders") return { name: "order", orderId: decodeURIComponent(second) };
  if (first === "replacement") return { name: "replacement", token: decodeURIComponent(second) };
  if (first === "help") return { name: "help", token: decodeURIComponent(second) };
  if (first === "track") return { name: "track", token: decodeURIComponent(second) };
  return { name: "unknown" };
}

/** Where a report is taken by hand; no order has this id. */
export const INTAKE_PATH = "/orders/new";

export function orderPath(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}

export function machinePath(serial: string): string {
  return `/machines/${encodeURIComponent(serial)}`;
}

export function reportPath(month: string): string {
  return `/report/${encodeURIComponent(month)}`;
}

class Router {
  page = $state<Page>(pageOf(location.pathname));

  constructor() {
    addEventListener("popstate", () => (this.page = pageOf(location.pathname)));
  }

  go(path: string): void {
    if (path === location.pathname) return;
    history.pushState(null, "", path);
    this.page = pageOf(path);
  }
}

export const router = new Router();
