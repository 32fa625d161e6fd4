/** Money: services count in fen, people read yuan. */

const YUAN = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 0, maximumFractionDigits: 0 });

/** "¥1,235" rounded to whole yuan. */
export function yuan(fen: number): string {
  return `${fen < 0 ? "−" : ""}¥${YUAN.format(Math.abs(Math.round(fen / 100)))}`;
}

/** Fen of what was typed in yuan: "12.5" is 1250. */
export function fenOf(typed: string | number): number {
  return Math.round(Number(typed) * 100);
}

/** A difference with its sign: "+¥120", "−¥35", "±¥0". */
export function yuanDelta(fen: number): string {
  const whole = Math.round(fen / 100);
  if (whole === 0) return "±¥0";
  return `${whole > 0 ? "+" : "−"}¥${YUAN.format(Math.abs(whole))}`;
}
