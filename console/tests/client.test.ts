import { Client, RequestFailed, newKey } from "../src/api/client";

function answers(...responses: Response[]): { fetch: typeof fetch; calls: { url: string; headers: Headers }[] } {
  const calls: { url: string; headers: Headers }[] = [];
  const fetch = (url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    calls.push({ url: String(url), headers: new Headers(init?.headers) });
    const next = responses.shift();
    return next === undefined ? Promise.reject(new TypeError("no network")) : Promise.resolve(next);
  };
  return { fetch: fetch as typeof globalThis.fetch, calls };
}

function client(fetch: typeof globalThis.fetch, signedOut = vi.fn()): Client {
  return new Client({ token: () => "secret", onSignedOut: signedOut, fetch });
}

it("sends the token, the version that was read and a fresh idempotency key", async () => {
  const { fetch, calls } = answers(Response.json({ ok: true }), Response.json({ ok: true }));
  await client(fetch).post("/x", { a: 1 }, { ifMatch: '"3"' });
  await client(fetch).post("/x", { a: 1 });
  const [first, second] = calls;
  expect(first?.headers.get("Authorization")).toBe("Bearer secret");
  expect(first?.headers.get("If-Match")).toBe('"3"');
  expect(first?.headers.get("Idempotency-Key")).not.toBe(second?.headers.get("Idempotency-Key"));
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
});

it("turns a problem document into an error that carries it", async () => {
  const problem = { title: "Somebody changed it", status: 412, detail: "the plan has moved on" };
  const { fetch } = answers(Response.json(problem, { status: 412 }));
  const failed = await client(fetch).get("/x").catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(RequestFailed);
  expect((failed as RequestFailed).status).toBe(412);
  expect((failed as RequestFailed).message).toBe("the plan has moved on");
});

it("survives an error page that is not JSON, and no network at all", async () => {
  const { fetch } = answers(new Response("<h1>Bad gateway</h1>", { status: 502 }));
  const api = client(fetch);
  await expect(api.get("/x")).rejects.toMatchObject({ status: 502 });
  await expect(api.get("/x")).rejects.toMatchObject({ status: 0 });
});

it("signs out when the token is refused", async () => {
  const signedOut = vi.fn();
  const { fetch } = answers(Response.json({ title: "no" }, { status: 401 }));
  await expect(client(fetch, signedOut).get("/x")).rejects.toMatchObject({ status: 401 });
  expect(signedOut).toHaveBeenCalledOnce();
});

it("walks cursor pages, shows each as it comes and stops at the most it may hold", async () => {
  const { fetch, calls } = answers(
    Response.json({ items: [1, 2], next: "c2" }),
    Response.json({ items: [3, 4], next: "c3" }),
    Response.json({ items: [5], next: null }),
  );
  const seen: number[] = [];
  const items = await client(fetch).list<number>("/x", { state: "open", none: undefined }, 4, (part) => seen.push(part.length));
  expect(items).toEqual([1, 2, 3, 4]);
  expect(seen).toEqual([2, 4]);
  expect(calls.map((call) => call.url)).toEqual(["/x?limit=200&state=open", "/x?limit=200&state=open&cursor=c2"]);
});

it("a file that is refused says why, as any other answer does", async () => {
  const problem = { type: "/problems/too-large", title: "Too large", status: 413, detail: "take a shorter time" };
  const client = new Client({
    token: () => "t",
    onSignedOut: vi.fn(),
    fetch: async () => new Response(JSON.stringify(problem), { status: 413 }),
  });
  await expect(client.file("/orders/v1/exports/costs/2026-11.csv")).rejects.toThrow("take a shorter time");
});
