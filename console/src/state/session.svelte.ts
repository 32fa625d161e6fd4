/** Who is signed in. The token lives in memory and in sessionStorage: closing the tab ends it. */

import { Client } from "../api/client";
import type { Me, Session } from "../api/wire";
import { now } from "./now.svelte";

const KEPT = "roadcall.token";

class SessionState {
  me = $state<Me | null>(null);
  /** True when the services refused a token that we had: say so on the sign-in page. */
  expired = $state(false);
  #token = $state<string | null>(sessionStorage.getItem(KEPT));

  readonly client = new Client({
    token: () => this.#token,
    onSignedOut: () => this.#end(true),
    onServerDate: (date) => now.learn(date),
  });

  get hasToken(): boolean {
    return this.#token !== null;
  }

  /** Whether this person may act on orders; others only look. */
  get mayDispatch(): boolean {
    return this.me?.role === "admin" || this.me?.role === "dispatcher";
  }

  /** Whether this person works on orders: takes reports, lets them wait, asks for goodwill. */
  get mayServe(): boolean {
    return this.mayDispatch || this.me?.role === "station";
  }

  /** Whether the goodwill budget of a branch is this person's to see. */
  get mayReadBudgets(): boolean {
    return this.mayDispatch || this.me?.role === "auditor";
  }

  async signIn(login: string, password: string): Promise<void> {
    await this.#begin(await this.client.post<Session>("/accounts/v1/sessions", { login, password }));
  }

  async firstRun(token: string, name: string, login: string, password: string): Promise<void> {
    const body = { token, name, login, password };
    await this.#begin(await this.client.post<Session>("/accounts/v1/first-run", body));
  }

  /** Learns who a token from before the reload belongs to. */
  async resume(): Promise<void> {
    this.me = await this.client.get<Me>("/accounts/v1/me");
  }

  /** Withdraws the token as well; without network it just ends here, and there when it runs out. */
  signOut(): void {
    const tokenId = tokenIdOf(this.#token);
    if (tokenId !== null) void this.client.delete(`/accounts/v1/tokens/${tokenId}`).catch(() => undefined);
    this.#end(false);
  }

  async #begin(session: Session): Promise<void> {
    this.#token = session.access_token;
    sessionStorage.setItem(KEPT, session.access_token);
    this.expired = false;
    await this.resume();
  }

  #end(expired: boolean): void {
    sessionStorage.removeItem(KEPT);
    this.#token = null;
    this.me = null;
    this.expired = expired;
  }
}

/** The `jti` of a JWT; null when it is none. */
export function tokenIdOf(token: string | null): string | null {
  try {
    const claims = JSON.parse(atob((token ?? "").split(".")[1]?.replace(/-/g, "+").replace(/_/g, "/") ?? "")) as { jti?: string };
    return claims.jti ?? null;
  } catch {
    return null;
  }
}

export const session = new SessionState();
