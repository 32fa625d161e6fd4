/** Services that answer what a test says, by the path after the host; what the pages asked for is kept. */

import { session } from "../src/state/session.svelte";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

type Answer = unknown | ((asked: Asked) => unknown);

/** A refusal as a service tells it. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly slug: string,
    readonly told: Record<string, unknown> = {},
  ) {}
}

/** Answers by path; a path that nobody named answers an empty list. Signs a dispatcher of the branch SD in. */
export function servicesThat(answers: Record<string, Answer>, role = "dispatcher"): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit = {}) => {
    const url = new URL(path, "http://roadcall.test");
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    const asked = { method: init.method ?? "GET", path: url.pathname, query: url.searchParams, body };
    all.push(asked);
    const answer = answers[`${asked.method} ${asked.path}`] ?? answers[asked.path] ?? { items: [], next: null };
    const said = await (typeof answer === "function" ? answer(asked) : answer);
    if (!(said instanceof Refusal)) return Response.json(said);
    const problem = { type: `/problems/${said.slug}`, title: said.slug, status: said.status, ...said.told };
    return Response.json(problem, { status: said.status });
  });
  session.me = { subject: "p1", name: "李静", role, branch_id: "SD" } as typeof session.me;
  return all;
}
