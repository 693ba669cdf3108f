/** How the rows of an answer lie over time: a second question around the first one. */

import type { Schema } from "@/api/client";
import type { Bar } from "@/parts/Histogram";

export const BARS = 60;
const TIME = "time"; // the column of an answer that says when

/** The question that counts the rows of another one by time; it must give `time` in ms. */
export function courseSql(sql: string): string {
  return `WITH found AS (
${sql.trim().replace(/;\s*$/, "")}
), ends AS (SELECT min("time") AS first, max("time") AS last FROM found)
SELECT first, last, ("time" - first) * ${BARS} // (last - first + 1) AS bar, count(*) AS n
FROM found, ends WHERE "time" IS NOT NULL GROUP BY ALL ORDER BY bar`;
}

export const hasCourse = (result: Schema["HuntResult"]): boolean =>
  result.rows.length > 1 &&
  result.columns.some((column) => column.name === TIME && column.type === "int64");

/** Bars from the counted rows, those without any row among them. */
export function barsOf(rows: Record<string, unknown>[]): Bar[] {
  const [head] = rows;
  if (!head) return [];
  const [first, last] = [Number(head.first), Number(head.last)];
  const counts = new Map(rows.map((row) => [Number(row.bar), Number(row.n)]));
  // Milliseconds are whole: a bar begins at the first one that the division puts into it.
  const begin = (bar: number) => first + Math.ceil((bar * (last - first + 1)) / BARS);
  return Array.from({ length: BARS }, (_, bar) => ({
    from: begin(bar),
    until: begin(bar + 1),
    parts: { rows: counts.get(bar) ?? 0 },
  })).filter((bar) => bar.until > bar.from);
}
