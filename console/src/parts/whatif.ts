/** What a what-if answers (docs/what-if.md), as far as it is shown. */
import { percent, whole } from "@/parts/numbers";

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
  last_time: number;
  count: number;
  event: string; // the source's own lines
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
  receipts?: Record<string, unknown>[]; // what moves in the models of edited rules
  method: string;
  notes: string[];
}

/** `+3`, `−12`, `no change`. */
export function differenceText({ before, after }: Volume): string {
  const by = after - before;
  if (by === 0) return "no change";
  return by > 0 ? `+${whole(by)}` : `−${whole(-by)}`;
}

/** `830 → 804`, and one number where nothing changes. */
export const pairText = ({ before, after }: Volume): string =>
  before === after ? whole(after) : `${whole(before)} → ${whole(after)}`;

/** Suppressed matches of the rules that change; the others suppress what they did. */
export function suppressedOf(rules: RuleVolume[]): Volume {
  const sum = (side: "before" | "after") =>
    rules.reduce((all, each) => all + each.suppressed[side], 0);
  return { before: sum("before"), after: sum("after") };
}

/** What becomes of recorded attacks, in a sentence, with how much that may hide. */
export function recallText(recall: WhatIf["recall"]): string {
  const { before, after, lost, won } = recall;
  if (after.chains === 0) return "No recorded attack can be put here, so nothing is known of them.";
  const told = `${after.caught} of ${after.chains} recorded attacks would be told of`;
  const changes =
    lost.length || won.length
      ? ` (before: ${before.caught}; ${lost.length} lost, ${won.length} won)`
      : ", the same as before";
  return `${told}${changes}. Of attacks like these up to ${percent(after.upper)} may be missed (95 % bound).`;
}

/** What an edit moves, in a line. */
export function movesText(told: WhatIf): string {
  const { alerts, added, removed, changed, recall } = told;
  const moved =
    added || removed || changed
      ? `alerts ${pairText(alerts)} (${whole(added)} added, ${whole(removed)} removed, ${whole(changed)} changed)`
      : "no alert of the past comes, goes or changes";
  if (recall.after.chains === 0) return `${moved}; of recorded attacks nothing is known`;
  return `${moved}; ${recall.lost.length} of ${recall.before.caught} recorded attacks lost`;
}
