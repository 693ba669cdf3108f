/** What a what-if answers (docs/what-if.md), as far as it is shown. */

export interface Volume {
  before: number;
  after: number;
}

export interface Recall {
  chains: number;
  caught: number;
  upper: number; // 95 % bound on the share of chains that would be missed
}

export interface Example {
  uid: string;
  rule: string;
  severity: string;
  title: string;
  why: string[] | string;
  workload: string;
  host: string;
  first_time: number;
  count: number;
  changes: Record<string, [unknown, unknown]>;
}

export interface RuleVolume {
  rule: string;
  edit: string;
  matches: Volume;
  suppressed: Volume;
  alerts: Volume;
}

export interface WhatIf {
  period: { first: number | null; last: number | null; events: number; matches: Volume };
  alerts: Volume;
  added: number;
  removed: number;
  changed: number;
  examples: Record<"added" | "removed" | "changed", Example[]>;
  days: Record<string, Volume>;
  workloads: Record<string, Volume>;
  rules: RuleVolume[];
  recall: { before: Recall; after: Recall; lost: string[]; won: string[]; impossible: string[] };
  method: string;
  notes: string[];
}

/** `+3`, `−12`, `no change`. */
export function differenceText({ before, after }: Volume): string {
  const by = after - before;
  if (by === 0) return "no change";
  return by > 0 ? `+${by.toLocaleString("en")}` : `−${(-by).toLocaleString("en")}`;
}

/** What becomes of recorded attacks, in a sentence. */
export function recallText(recall: WhatIf["recall"]): string {
  const { before, after, lost, won } = recall;
  if (after.chains === 0) return "No recorded attack can be put here, so nothing is known of them.";
  const told = `${after.caught} of ${after.chains} recorded attacks would be told of`;
  if (lost.length || won.length)
    return `${told} (before: ${before.caught}; ${lost.length} lost, ${won.length} won).`;
  return `${told}, the same as before.`;
}
