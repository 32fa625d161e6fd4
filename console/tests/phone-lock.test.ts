import { PinPaused, phoneLock } from "../src/phone/vault/lock.svelte";

/** The phone's disk; what encrypts is real elsewhere: here only the PIN counts. */
const disk = vi.hoisted(() => new Map<string, { name: string }>());

vi.mock("../src/phone/vault/store", () => ({
  db: {
    recall: (name: string) => Promise.resolve(disk.get(name)),
    kept: { put: (row: { name: string }) => Promise.resolve(disk.set(row.name, row)) },
  },
  unlessFull: (error: unknown) => Promise.reject(error as Error),
}));
vi.mock("../src/phone/vault/seal", () => {
  class WrongPin extends Error {}
  const openLock = (lock: string, pin: string): Promise<string> => (lock === pin ? Promise.resolve("key") : Promise.reject(new WrongPin()));
  return { WrongPin, openLock, newLock: (pin: string) => Promise.resolve({ lock: pin, key: "key" }) };
});

const MINUTE = 60_000;
const RIGHT = "135790";
let wall: number;
let awake: number;
let visible: DocumentVisibilityState;

beforeEach(async () => {
  [wall, awake, visible] = [Date.UTC(2026, 4, 5), 0, "visible"];
  vi.spyOn(Date, "now").mockImplementation(() => wall);
  vi.spyOn(performance, "now").mockImplementation(() => awake);
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visible);
  await phoneLock.choosePin(RIGHT);
});
afterEach(() => vi.restoreAllMocks());

function turn(to: DocumentVisibilityState): void {
  visible = to;
  document.dispatchEvent(new Event("visibilitychange"));
}

it.each([
  ["14 minutes", 14 * MINUTE, 14 * MINUTE, "open"],
  ["16 minutes", 16 * MINUTE, 16 * MINUTE, "locked"],
  ["16 minutes, asleep", 16 * MINUTE, 1_000, "locked"],
  ["16 minutes, its clock set back", -60 * MINUTE, 16 * MINUTE, "locked"],
])("hidden for %s it is then %s", (_, byTheWall, byTheProcessor, state) => {
  turn("hidden");
  [wall, awake] = [wall + byTheWall, awake + byTheProcessor];
  turn("visible");
  expect(phoneLock.state).toBe(state);
});

it("does not add up short absences", () => {
  for (let i = 0; i < 3; i++) {
    turn("hidden");
    [wall, awake] = [wall + 6 * MINUTE, awake + 6 * MINUTE];
    turn("visible");
  }
  expect(phoneLock.state).toBe("open");
});

async function fiveWrong(): Promise<void> {
  phoneLock.lock();
  for (let i = 0; i < 5; i++) await expect(phoneLock.unlock("000000")).rejects.not.toThrow(PinPaused);
}

it.each([-24 * 60 * MINUTE, 24 * 60 * MINUTE])("a clock set by %s ms shortens no pause", async (by) => {
  await fiveWrong();
  wall += by;
  await expect(phoneLock.unlock(RIGHT)).rejects.toThrow(PinPaused);
  awake += 14_000;
  await expect(phoneLock.unlock(RIGHT)).rejects.toThrow(PinPaused);
  awake += 1_000;
  await phoneLock.unlock(RIGHT);
  expect(phoneLock.state).toBe("open");
});

it("what another tab counted is waited for here too", async () => {
  await fiveWrong();
  awake += 20_000;
  disk.set("lock", { ...disk.get("lock"), failures: 6 } as { name: string });
  await expect(phoneLock.unlock(RIGHT)).rejects.toThrow(PinPaused);
  awake += 30_000;
  await phoneLock.unlock(RIGHT);
  expect(phoneLock.state).toBe("open");
});
