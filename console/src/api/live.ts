/** Live changes: server-sent events read by fetch, because EventSource cannot carry a bearer token. */

/** What changed; the board then fetches it. Absent members mean "not about one of these". */
export interface Hint {
  service: string;
  kind: string;
  subject?: string | null;
  order_id?: string | null;
  territory_id?: string | null;
}

export type LiveState = "connecting" | "live" | "reconnecting" | "stopped";

export interface ServerEvent {
  event: string;
  data: string;
}

/** Cuts a text stream into server-sent events. Comments (heartbeats) and ids are read over. */
export class EventParser {
  #rest = "";
  #event = "message";
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") this.#flush(events);
      else this.#field(line);
    }
    return events;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
  }

  #flush(events: ServerEvent[]): void {
    if (this.#data.length > 0) events.push({ event: this.#event, data: this.#data.join("\n") });
    this.#event = "message";
    this.#data = [];
  }
}

export interface LiveOptions {
  open: (signal: AbortSignal) => Promise<Response>;
  onHint: (hint: Hint) => void;
  onState: (state: LiveState) => void;
  /** Called whenever a stream opens: what was missed meanwhile has to be fetched. */
  onOpen: () => void;
  /** Silence longer than this many milliseconds means a dead line; the server speaks every 15 s. */
  silenceMs?: number;
  firstWaitMs?: number;
  longestWaitMs?: number;
}

/** Keeps one stream open until stopped, waiting longer after each failure. */
export class LiveStream {
  readonly #options: Required<LiveOptions>;
  #abort = new AbortController();
  #stopped = false;

  constructor(options: LiveOptions) {
    this.#options = { silenceMs: 40_000, firstWaitMs: 1_000, longestWaitMs: 30_000, ...options };
  }

  async run(): Promise<void> {
    let wait = this.#options.firstWaitMs;
    this.#options.onState("connecting");
    while (!this.#stopped) {
      const opened = await this.#readOnce();
      if (this.#stopped) break;
      wait = opened ? this.#options.firstWaitMs : Math.min(wait * 2, this.#options.longestWaitMs);
      this.#options.onState("reconnecting");
      // Desks that lost the same server must not come back in the same millisecond.
      await sleep(wait * (0.75 + Math.random() / 2));
    }
    this.#options.onState("stopped");
  }

  stop(): void {
    this.#stopped = true;
    this.#abort.abort();
  }

  /** Reads one stream to its end. True when it had opened. */
  async #readOnce(): Promise<boolean> {
    this.#abort = new AbortController();
    let watch = this.#watch();
    let opened = false;
    try {
      const response = await this.#options.open(this.#abort.signal);
      if (response.status === 401 || response.status === 403) this.#stopped = true;
      if (!response.ok || response.body === null) return false;
      opened = true;
      this.#options.onState("live");
      this.#options.onOpen();
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(watch);
        watch = this.#watch();
        for (const event of parser.push(part.value)) this.#deliver(event);
      }
    } catch {
      // A cut line, a silent one or no server: all the same to the caller, who tries again.
    } finally {
      clearTimeout(watch);
    }
    return opened;
  }

  #deliver(event: ServerEvent): void {
    if (event.event !== "hint") return;
    this.#options.onHint(JSON.parse(event.data) as Hint);
  }

  #watch(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#abort.abort(), this.#options.silenceMs);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
