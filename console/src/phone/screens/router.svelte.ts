/** The page's address, in the fragment: it needs no server, and so no signal. */

export type Page =
  | { name: "day" | "map" | "queue" | "more" }
  | { name: "order" | "complete"; visitId: string };

export function pageOf(hash: string): Page {
  const [first, second] = hash.replace(/^#\/?/, "").split("/");
  if (first === "map" || first === "queue" || first === "more") return { name: first };
  if ((first === "order" || first === "complete") && second) return { name: first, visitId: decodeURIComponent(second) };
  return { name: "day" };
}

class Router {
  page = $state<Page>(pageOf(location.hash));

  constructor() {
    addEventListener("hashchange", () => (this.page = pageOf(location.hash)));
  }

  go(page: Page, replace = false): void {
    const hash = "visitId" in page ? `#/${page.name}/${encodeURIComponent(page.visitId)}` : `#/${page.name}`;
    if (replace) history.replaceState(null, "", hash);
    else location.hash = hash;
    this.page = page;
  }
}

export const router = new Router();
