/** What to tell a person when a request failed. */

import { RequestFailed } from "../api/client";
import { t } from "../i18n/text.svelte";
import { yuan } from "../model/money";

export function isStale(error: unknown): boolean {
  return error instanceof RequestFailed && (error.status === 412 || error.status === 428);
}

export function problemText(error: unknown): string {
  if (!(error instanceof RequestFailed)) return t("problem.other", { detail: String(error) });
  if (isStale(error)) return t("problem.stale");
  const slug = error.problem.type?.split("/").at(-1);
  if (slug === "override-impossible") return t("problem.override-impossible", { detail: error.message });
  if (slug === "proof-missing") return t("problem.proof-missing");
  if (slug === "not-possible-now") return t("problem.not-possible-now");
  if (slug === "place-missing") return t("problem.place-missing");
  if (slug === "already-under-way") return t("problem.already-under-way");
  if (slug === "budget-exceeded") return t("problem.budget-exceeded", { left: yuan(Number(error.problem["left_fen"])) });
  switch (error.status) {
    case 0:
      return t("problem.unreachable");
    case 401:
      return t("signin.expired");
    case 403:
      return t("problem.forbidden");
    case 404:
      return t("problem.notFound");
    case 429:
      return t("problem.tooMany");
    case 502:
    case 503:
    case 504:
      return t("problem.unavailable");
    default:
      return t("problem.other", { detail: error.message });
  }
}
