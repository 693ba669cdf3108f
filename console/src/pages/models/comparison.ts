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
