/** "2026-Q4": the quarter that runs in the network's zone. */
export function quarterOf(nowMs: number): string {
  const local = new Date(nowMs + 8 * 3_600_000);
  return `${local.getUTCFullYear()}-Q${Math.floor(local.getUTCMonth() / 3) + 1}`;
}
