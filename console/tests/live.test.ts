import { EventParser, LiveStream, type Hint, type LiveState } from "../src/api/live";

function stream(...chunks: string[]): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  return new Response(body);
}

describe("the parser of server-sent events", () => {
  it("puts events together from pieces cut anywhere", () => {
    const text = ': hello\n\nevent: hint\ndata: {"a":\ndata: 1}\n\nevent: hint\r\ndata: x\r\n\r\n';
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parser = new EventParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events, `cut at ${cut}`).toEqual([
        { event: "hint", data: '{"a":\n1}' },
        { event: "hint", data: "x" },
      ]);
    }
  });

  it("reads over comments and events without data", () => {
    expect(new EventParser().push(": heartbeat\n\nevent: hint\n\nid: 4\n\n")).toEqual([]);
  });
});

describe("the live stream", () => {
  it("delivers hints, comes back after the line was cut, and says to look at everything each time it opens", async () => {
    const hints: Hint[] = [];
    const states: LiveState[] = [];
    let opened = 0;
    const lines = [
      () => Promise.resolve(stream('event: hint\ndata: {"service":"orders","kind":"order.accepted"}\n\n')),
      () => Promise.reject(new TypeError("no network")),
      () => Promise.resolve(stream('event: hint\ndata: {"service":"dispatch","kind":"plan.published"}\n\n')),
    ];
    await new Promise<void>((done) => {
      const live = new LiveStream({
        open: () => (lines.shift() ?? (() => Promise.resolve(new Response(null, { status: 401 }))))(),
        onHint: (hint) => hints.push(hint),
        onOpen: () => (opened += 1),
        onState: (state) => (states.push(state), state === "stopped" && done()),
        firstWaitMs: 1,
        longestWaitMs: 4,
      });
      void live.run();
    });
    expect(hints.map((hint) => hint.kind)).toEqual(["order.accepted", "plan.published"]);
    expect(opened).toBe(2);
    expect(states).toEqual(["connecting", "live", "reconnecting", "reconnecting", "live", "reconnecting", "stopped"]);
  });

  it("takes a silent line for a dead one", async () => {
    let tries = 0;
    const states: LiveState[] = [];
    const live = new LiveStream({
      open: (signal) => {
        tries += 1;
        if (tries === 3) {
          live.stop();
          return Promise.reject(new DOMException("stopped", "AbortError"));
        }
        const silent = new ReadableStream<Uint8Array>({
          start: (controller) => signal.addEventListener("abort", () => controller.error(new Error("aborted"))),
        });
        return Promise.resolve(new Response(silent));
      },
      onHint: () => undefined,
      onOpen: () => undefined,
      onState: (state) => states.push(state),
      silenceMs: 10,
      firstWaitMs: 1,
      longestWaitMs: 2,
    });
    await live.run();
    expect(tries).toBe(3);
    expect(states.filter((state) => state === "reconnecting")).toHaveLength(2);
  });
});
