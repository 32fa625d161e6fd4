/** A share in per cent: rounded down, so that 100 % means all. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`;
}
