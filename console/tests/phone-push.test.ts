import { sayAgain, wake, waking } from "../src/phone/sync/push";

/** The server: its key, what it was told, and whether it can be reached. */
const server = vi.hoisted(() => ({ key: "", told: [] as string[], away: false }));

vi.mock("../src/phone/sync/api", () => ({
  read: () => Promise.resolve({ kinds: ["web"], web_key: server.key }),
  call: (path: string, init: RequestInit) => {
    if (server.away) return Promise.reject(new Error("no signal"));
    const said = typeof init.body === "string" ? (JSON.parse(init.body) as { address: string }).address : path.split("address=")[1];
    server.told.push(`${init.method} ${said}`);
    return Promise.resolve(new Response());
  },
}));

/** A browser, which this one is not: its one subscription, made for a key, at an address of its own. */
class Browser {
  current: PushSubscription | null = null;
  #made = 0;

  getSubscription(): Promise<PushSubscription | null> {
    return Promise.resolve(this.current);
  }

  subscribe(asked: { applicationServerKey: string }): Promise<PushSubscription> {
    if (this.current !== null) throw new Error("there is one for another key");
    const bytes = Uint8Array.from(atob(asked.applicationServerKey.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    this.current = {
      endpoint: `a${(this.#made += 1)}`,
      options: { applicationServerKey: bytes.buffer },
      unsubscribe: () => Promise.resolve((this.current = null) === null),
    } as unknown as PushSubscription;
    return Promise.resolve(this.current);
  }
}

let browser: Browser;

beforeEach(() => {
  Object.assign(server, { key: "BPX-_w", told: [], away: false });
  browser = new Browser();
  vi.stubGlobal("Notification", { permission: "granted" });
  const serviceWorker = { getRegistration: () => Promise.resolve({ pushManager: browser }) };
  vi.stubGlobal("navigator", { serviceWorker, language: "en" });
});

it("says its subscription again at each start, and nothing when there is none", async () => {
  await sayAgain();
  expect(server.told).toEqual([]);
  await wake(true);
  await sayAgain();
  expect(server.told).toEqual(["PUT a1", "PUT a1"]);
});

it("subscribes anew when the server has a new key", async () => {
  await wake(true);
  server.key = "BPX-_g";
  await sayAgain();
  expect(server.told).toEqual(["PUT a1", "PUT a2"]);
  await sayAgain();
  expect(server.told.at(-1)).toBe("PUT a2");
});

it("keeps no subscription that the server does not know of, and all that it does", async () => {
  server.away = true;
  await expect(wake(true)).rejects.toThrow("no signal");
  expect(await waking()).toBe("off");
  server.away = false;
  await wake(true);
  server.away = true;
  await sayAgain();
  expect(await waking()).toBe("on");
});
