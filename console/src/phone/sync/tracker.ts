/**
 * Where the engineer is, for as long as the app is open and the engineer has agreed to it: whether it is within a shift
 * is the server's to say, and it keeps nothing else.
 */

import { Track, type Point } from "../model/track";
import { unlessFull } from "../vault/store";
import { call } from "./api";
import { record } from "./queue";
import { sender } from "./sender.svelte";

const SENT_EVERY_MS = 60_000;

/** Follows the phone's position until the returned function is called. */
export function follow(): () => void {
  if (!("geolocation" in navigator)) return () => undefined;
  const track = new Track();
  const keep = (points: Point[] | null): void => {
    if (points !== null) void tell(points);
  };
  const watch = navigator.geolocation.watchPosition(
    ({ coords }) => {
      const { longitude: lon, latitude: lat, accuracy } = coords;
      keep(track.add({ lon, lat, accuracy_m: Math.round(accuracy) }, Date.now()));
    },
    () => undefined, // no sky, or refused by the system: the next one may come
    { enableHighAccuracy: true, maximumAge: 15_000 },
  );
  const timer = setInterval(() => keep(track.take()), SENT_EVERY_MS);
  return () => {
    navigator.geolocation.clearWatch(watch);
    clearInterval(timer);
    keep(track.take());
  };
}

async function tell(points: Point[]): Promise<void> {
  // A full phone has no room for whereabouts; what the engineer does is worth more.
  await record([{ kind: "position", about: {}, payload: { points } }]).catch(unlessFull);
  sender.nudge();
}

/** Tells the server whether the engineer agrees to be located; withdrawn, it forgets all places that it knows. */
export async function agree(engineerId: string, given: boolean): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const path = `/stations/v1/engineers/${encodeURIComponent(engineerId)}/consent`;
  await call(path, { method: "PUT", headers, body: JSON.stringify({ given }) });
  sender.refresh();
}
