/** Speaks to the services: bearer token, problem+json answers, idempotency keys and cursor pages. */

export interface Problem {
  title: string;
  status: number;
  detail?: string;
  type?: string;
  pointer?: string;
  [member: string]: unknown;
}

/** A request that was answered with an error (status ≥ 400), or not answered at all (status 0). */
export class RequestFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "RequestFailed";
  }

  get status(): number {
    return this.problem.status;
  }
}

export interface Page<T> {
  items: T[];
  /** Absent or null on the last page, and in lists that have no pages. */
  next?: string | null;
}

/** A list stands once for each of its values. */
export type Query = Record<string, string | number | readonly string[] | undefined>;

export interface WriteOptions {
  idempotencyKey?: string;
  ifMatch?: string;
}

export interface ClientOptions {
  token: () => string | null;
  onSignedOut: () => void;
  /** Told the server's time with each answer, so that countdowns do not trust the desk's clock. */
  onServerDate?: (date: Date) => void;
  fetch?: typeof globalThis.fetch;
}

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return this.#send<T>(withQuery(path, query), { method: "GET", ...(signal ? { signal } : {}) });
  }

  /** Sends a write. Without a key of the caller's own, one is made: a retry by the browser is then harmless. */
  post<T>(path: string, body: unknown, options: WriteOptions = {}): Promise<T> {
    const headers: Record<string, string> = {
      "Content-Type": "application/json",
      "Idempotency-Key": options.idempotencyKey ?? newKey(),
    };
    if (options.ifMatch !== undefined) headers["If-Match"] = options.ifMatch;
    return this.#send<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  put<T>(path: string, body: unknown, options: WriteOptions = {}): Promise<T> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (options.idempotencyKey !== undefined) headers["Idempotency-Key"] = options.idempotencyKey;
    if (options.ifMatch !== undefined) headers["If-Match"] = options.ifMatch;
    return this.#send<T>(path, { method: "PUT", headers, body: JSON.stringify(body) });
  }

  delete(path: string): Promise<void> {
    return this.#send<void>(path, { method: "DELETE" });
  }

  /** All pages of a list up to `most` items; `onPage` sees the items so far, so that the first page shows at once. */
  async list<T>(path: string, query: Query, most: number, onPage?: (items: T[]) => void): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<T> = await this.get(path, { limit: 200, ...query, cursor: cursor ?? undefined });
      items.push(...page.items);
      cursor = page.next ?? null;
      onPage?.(items);
    } while (cursor !== null && items.length < most);
    return items.slice(0, most);
  }

  /** The live stream is read by its own reader; it only borrows the token and the sign-out rule. */
  async open(path: string, signal: AbortSignal): Promise<Response> {
    return this.#fetch(path, { headers: { Accept: "text/event-stream" }, cache: "no-store", signal });
  }

  /** A file that a service makes: a plain link would not carry the token. */
  async file(path: string): Promise<Blob> {
    const response = await this.#fetch(path, {});
    if (response.ok) return response.blob();
    throw await failure(response);
  }

  async #send<T>(path: string, init: RequestInit): Promise<T> {
    const response = await this.#fetch(path, init);
    if (response.status === 204) return undefined as T;
    if (!response.ok) throw await failure(response);
    return (await response.json().catch(() => null)) as T;
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = this.#options.token();
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    const send = this.#options.fetch ?? globalThis.fetch;
    const response = await send(path, { ...init, headers, credentials: "omit" }).catch((error: unknown) => {
      if (init.signal?.aborted) throw error;
      throw new RequestFailed({ title: "unreachable", status: 0 });
    });
    const date = response.headers.get("Date");
    if (date !== null) this.#options.onServerDate?.(new Date(date));
    if (response.status === 401 && token !== null) this.#options.onSignedOut();
    return response;
  }
}

function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of typeof value === "object" ? value : [value]) if (one !== undefined) search.append(name, String(one));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function failure(response: Response): Promise<RequestFailed> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === "object" && body !== null && "title" in body) {
    return new RequestFailed({ ...(body as Problem), status: response.status });
  }
  return new RequestFailed({ title: response.statusText || "error", status: response.status });
}

/** A random key of 128 bits. crypto.randomUUID is not there on a plain-http address inside a company's network. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
