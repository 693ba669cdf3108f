/** What a comparison of two versions answers. */
import type { Recall } from "@/parts/ledger";

export interface ChangedRule {
  rule: string;
  matches: number;
  before: number;
  after: number;
  silenced: number;
  told: number;
  examples: { uid: string; time: number; workload: string; act: string; parent: string }[];
}

export interface Comparison {
  first: number;
  second: number;
  rules: ChangedRule[];
  matches: number;
  before: Recall;
  after: Recall;
  lost: string[];
  won: string[];
}

/** Rules with a match that changes sides. */
export const moving = (told: Comparison): ChangedRule[] =>
  told.rules.filter((each) => each.silenced + each.told > 0);

/** How many matches change sides over all rules. */
export const sums = (told: Comparison): { silenced: number; toldAnew: number } => ({
  silenced: told.rules.reduce((sum, each) => sum + each.silenced, 0),
  toldAnew: told.rules.reduce((sum, each) => sum + each.told, 0),
});

/** What the examples of a rule are of: those that would be silenced, else those told anew. */
export const exampleText = (of: ChangedRule): string =>
  of.silenced ? "alerted, would be silenced" : "was silenced, would alert";

interface Known {
  version: number;
  in_use: boolean;
}

/** The versions that an address names; else the newest other one, and the one in use. */
export function pairOf(url: URLSearchParams, versions: Known[]): { from: number; to: number } {
  const named = (name: string) =>
    versions.find((each) => String(each.version) === url.get(name))?.version;
  const used = versions.find((each) => each.in_use)?.version ?? versions[0]?.version ?? 1;
  const to = named("to") ?? used;
  const other = versions.find((each) => each.version !== to)?.version ?? to;
  return { from: named("from") ?? other, to };
}
