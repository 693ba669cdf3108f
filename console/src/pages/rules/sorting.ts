/** Which rules the list shows, and in which order. */
import type { Done, Rule } from "./queries";

export interface Row {
  rule: Rule;
  done: Done | undefined;
  lately: number; // matches in the time of the courses
}

export const SORTS = ["rule", "lately", "matches", "suppressed", "alerts", "last"] as const;
export type Sort = (typeof SORTS)[number];

const VALUES: Record<Sort, (row: Row) => number | string> = {
  rule: (row) => row.rule.id,
  lately: (row) => row.lately,
  matches: (row) => row.done?.matches ?? 0,
  suppressed: (row) => row.done?.share_suppressed ?? -1,
  alerts: (row) => row.done?.alerts ?? 0,
  last: (row) => row.done?.last ?? "",
};

/** `alerts` from the most, `rule` from a; a leading `-` turns it around. */
export function sorted(rows: Row[], by: Sort, descending: boolean): Row[] {
  const value = VALUES[by];
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return a.rule.id < b.rule.id ? -1 : 1;
    return x < y ? -sign : sign;
  });
}

export interface Wanted {
  q: string;
  show: string; // "active": only those that matched
  level: string | null;
  decided: string | null;
  pack: string | null;
  technique: string | null;
}

export function isWanted({ rule, done }: Row, wanted: Wanted): boolean {
  const text = `${rule.id}\n${rule.title}`.toLowerCase();
  const technique = wanted.technique?.toUpperCase();
  return (
    text.includes(wanted.q.toLowerCase()) &&
    (wanted.show !== "active" || (done?.matches ?? 0) > 0) &&
    (wanted.show !== "local" || rule.kept === "local") &&
    (wanted.show !== "disabled" || !rule.enabled) &&
    (!wanted.level || rule.level === wanted.level) &&
    (!wanted.decided || rule.decided_by === wanted.decided) &&
    (!wanted.pack || rule.pack === wanted.pack) &&
    (!technique ||
      rule.techniques.some((own) => own === technique || own.startsWith(`${technique}.`)))
  );
}
