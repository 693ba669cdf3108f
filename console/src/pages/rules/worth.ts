/** What a disabled rule would do, and which of several is worth turning on first. */
import type { Schema } from "@/api/client";
import { SEVERITIES } from "@/parts/severity";
import type { WhatIf } from "@/parts/whatif";

export interface Volumes {
  matches: number;
  suppressed: number;
  alerts: number;
  aDay: number | null; // alerts; null: less than a day of history
}

export interface Candidate {
  id: string;
  title: string;
  level: string;
  decidedBy: string;
  can: boolean | null; // match what comes in; null: not known yet
  reason: string; // why it cannot
  only: string[]; // techniques that no rule in use names
  volumes: Volumes | null; // null: nobody asked
}

const DAY = 86_400_000; // ms

/** What the models in use would make of a rule's matches, by an answer that looked at it. */
export function volumesOf(told: WhatIf, rule: string): Volumes {
  const own = told.rules.find((each) => each.rule === rule);
  const { first, last } = told.period;
  const days = first === null || last === null ? 0 : (last - first) / DAY;
  const alerts = own?.alerts.after ?? 0;
  return {
    matches: own?.matches.after ?? 0,
    suppressed: own?.suppressed.after ?? 0,
    alerts,
    aDay: days >= 1 ? alerts / days : null,
  };
}

export function volumeText({ matches, alerts, aDay }: Volumes): string {
  if (!matches) return "nothing matched in the past";
  const times = alerts === 1 ? "1 alert" : `${alerts} alerts`;
  if (aDay === null) return `${times} in less than a day of history`;
  return `about ${aDay < 10 ? aDay.toFixed(1) : Math.round(aDay)} alerts a day`;
}

type Rule = Pick<
  Schema["RuleView"],
  "id" | "title" | "level" | "decided_by" | "techniques" | "enabled"
>;

/** The disabled ones among all rules. */
export function candidatesOf(
  rules: Rule[],
  reach: Schema["RulesReach"] | undefined,
  asked: (rule: string) => Volumes | null,
): Candidate[] {
  const named = new Set(rules.filter((rule) => rule.enabled).flatMap((rule) => rule.techniques));
  return rules
    .filter((rule) => !rule.enabled)
    .map((rule) => ({
      id: rule.id,
      title: rule.title,
      level: rule.level,
      decidedBy: rule.decided_by,
      can: reach?.rules[rule.id]?.reachable ?? null,
      reason: reach?.rules[rule.id]?.reason ?? "",
      only: rule.techniques.filter((technique) => !named.has(technique)),
      volumes: asked(rule.id),
    }));
}

const CAN = new Map<boolean | null, number>([
  [true, 0],
  [null, 1],
  [false, 2],
]);

/**
 * The worthiest first: those that can match what comes in; of them those with the most techniques
 * that no other names, then the severest, then those with the fewest alerts.
 */
export function byWorth(candidates: Candidate[]): Candidate[] {
  const severity = (level: string) => (SEVERITIES as readonly string[]).indexOf(level);
  const keys = (each: Candidate) => [
    CAN.get(each.can) ?? 1,
    -each.only.length,
    severity(each.level),
    each.volumes?.alerts ?? 0,
  ];
  return candidates.toSorted((a, b) => {
    const [x, y] = [keys(a), keys(b)];
    const at = x.findIndex((value, place) => value !== y[place]);
    if (at < 0) return a.id < b.id ? -1 : 1;
    return (x[at] as number) - (y[at] as number);
  });
}

/** Rules that cannot match, by reason; the reason of most rules first. */
export function byReason(
  rules: Record<string, { reachable: boolean; reason: string; enabled: boolean }>,
): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const [rule, { reachable, reason, enabled }] of Object.entries(rules))
    if (enabled && !reachable) found.set(reason, [...(found.get(reason) ?? []), rule]);
  return [...found].sort((a, b) => b[1].length - a[1].length);
}
