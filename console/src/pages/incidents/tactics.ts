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

interface Named {
  techniques: string[];
  tactics: string[];
}

/** What each rule in use names; a sub-technique instead of the one that it is part of. */
export function namedByRule(coverage: Coverage): Map<string, Named> {
  const found = new Map<string, Named>();
  for (const each of coverage.techniques) {
    const family = each as {
      id: string;
      rules: string[];
      tactics: string[];
      parts?: { id: string; rules: string[] }[];
    };
    for (const rule of family.rules) {
      const parts = (family.parts ?? [])
        .filter((part) => part.rules.includes(rule))
        .map((part) => part.id);
      const known = found.get(rule) ?? { techniques: [], tactics: [] };
      found.set(rule, {
        techniques: [...known.techniques, ...(parts.length ? parts : [family.id])],
        tactics: [...new Set([...known.tactics, ...family.tactics])],
      });
    }
  }
  return found;
}

export function chainOf(matches: Match[], coverage: Coverage): Chain {
  const named = namedByRule(coverage);
  const steps = new Map<string, Step>();
  const without = new Set<string>();
  for (const match of matches.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    const told = named.get(match.rule);
    if (!told?.tactics.length) without.add(match.rule);
    for (const tactic of told?.tactics ?? []) {
      const step = steps.get(tactic) ?? {
        tactic,
        techniques: [],
        rules: [],
        matches: 0,
        alerted: 0,
        first: match.time,
      };
      steps.set(tactic, {
        ...step,
        techniques: [...new Set([...step.techniques, ...(told?.techniques ?? [])])],
        rules: [...new Set([...step.rules, match.rule])],
        matches: step.matches + 1,
        alerted: step.alerted + (match.decision?.outcome === "alerted" ? 1 : 0),
      });
    }
  }
  return { steps: [...steps.values()], without: [...without] };
}
