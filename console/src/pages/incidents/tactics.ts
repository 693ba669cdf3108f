/** The ATT&CK chain of an incident: which tactics its rules name, in the order in which they began. Pure. */
import type { Schema } from "@/api/client";
import type { Match } from "./incidents";
import { timeOf } from "./times";

type Coverage = Schema["CoverageView"];

export interface Step {
  tactic: string;
  techniques: string[];
  rules: string[];
  matches: number;
  alerted: number;
  first: string | null; // time of its first match
}

export interface Chain {
  steps: Step[];
  without: string[]; // rules that name no technique, or are no longer in use
}

interface Family {
  id: string;
  rules: string[];
  tactics: string[];
  parts?: { id: string; rules: string[] }[];
}

/** Techniques by tactic, of one rule. */
type Named = Map<string, string[]>;

/** What each rule in use names; a sub-technique instead of the one that it is part of. */
export function namedByRule(coverage: Coverage): Map<string, Named> {
  const found = new Map<string, Named>();
  for (const family of coverage.techniques as unknown as Family[]) {
    for (const rule of family.rules) {
      const parts = (family.parts ?? []).filter((part) => part.rules.includes(rule));
      const ids = parts.length ? parts.map((part) => part.id) : [family.id];
      const named = found.get(rule) ?? new Map<string, string[]>();
      for (const tactic of family.tactics)
        named.set(tactic, [...(named.get(tactic) ?? []), ...ids]);
      found.set(rule, named);
    }
  }
  return found;
}

export function chainOf(matches: Match[], coverage: Coverage): Chain {
  const named = namedByRule(coverage);
  const steps = new Map<string, Step>();
  const without = new Set<string>();
  for (const match of matches.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    const told: Named = named.get(match.rule) ?? new Map();
    if (told.size === 0) without.add(match.rule);
    for (const [tactic, techniques] of told) {
      steps.set(tactic, withMatch(steps.get(tactic) ?? begun(tactic, match), match, techniques));
    }
  }
  const order = coverage.tactics.map((each) => (each as { name: string }).name);
  const inOrder = (a: Step, b: Step) =>
    timeOf({ time: a.first }) - timeOf({ time: b.first }) ||
    order.indexOf(a.tactic) - order.indexOf(b.tactic);
  return { steps: [...steps.values()].toSorted(inOrder), without: [...without] };
}

const begun = (tactic: string, match: Match): Step => ({
  tactic,
  techniques: [],
  rules: [],
  matches: 0,
  alerted: 0,
  first: match.time,
});

const withMatch = (step: Step, match: Match, techniques: string[]): Step => ({
  ...step,
  techniques: [...new Set([...step.techniques, ...techniques])],
  rules: [...new Set([...step.rules, match.rule])],
  matches: step.matches + 1,
  alerted: step.alerted + (match.decision?.outcome === "alerted" ? 1 : 0),
});
