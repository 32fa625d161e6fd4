/** The phone's API with the phone's token; a token that the server refuses is renewed once. */

import { accessToken, forgetAccess, Refused, request } from "../session/session";

export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await withToken(path, init);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    forgetAccess();
    return withToken(path, init);
  }
}

export async function read<T>(path: string): Promise<T> {
  return (await (await call(path)).json()) as T;
}

async function withToken(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${await accessToken()}`);
  return request(path, { ...init, headers });
}

/** Nobody could be reached, or they were overloaded: keep everything and try again. */
export function comesAgain(error: unknown): boolean {
  return error instanceof Refused && (error.status === 0 || error.status === 408 || error.status === 429 || error.status >= 500);
}
