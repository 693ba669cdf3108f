/** ATT&CK coverage as the server tells it, in columns by tactic. */
import type { Schema } from "@/api/client";

export type State = "covered" | "untested" | "unknown" | "blind";

export interface Technique {
  id: string;
  state: State;
  rules: string[];
  tested: string[];
  telemetry: string[];
  blind: string[];
  tactics: string[];
  parts: Technique[];
}

export interface Tactic {
  name: string;
  rules: number;
  techniques: number;
  covered: number;
}

export const techniquesOf = (coverage: Schema["CoverageView"]): Technique[] =>
  coverage.techniques as unknown as Technique[];

export const tacticsOf = (coverage: Schema["CoverageView"]): Tactic[] =>
  coverage.tactics as unknown as Tactic[];

/** A shape and a word for each state, so that none is told by its colour alone. */
export const STATES: Record<State, { mark: string; colour: string; says: string }> = {
  covered: {
    mark: "●",
    colour: "var(--expected)",
    says: "a rule with tests can match what is collected",
  },
  untested: {
    mark: "◐",
    colour: "var(--medium)",
    says: "only rules without tests can match what is collected",
  },
  unknown: { mark: "○", colour: "var(--quiet)", says: "nobody knows whether a rule can match" },
  blind: {
    mark: "✕",
    colour: "var(--critical)",
    says: "no rule can match what is collected",
  },
};

/** Techniques of each tactic, in ATT&CK's order; one that serves several is in each. */
export function columnsOf(
  coverage: Schema["CoverageView"],
): { tactic: Tactic; techniques: Technique[] }[] {
  const techniques = techniquesOf(coverage);
  return tacticsOf(coverage).map((tactic) => ({
    tactic,
    techniques: techniques.filter((each) => each.tactics.includes(tactic.name)),
  }));
}

/** A technique or one of its parts, by id. */
export function techniqueIn(coverage: Schema["CoverageView"], id: string): Technique | undefined {
  const all = techniquesOf(coverage);
  return [...all, ...all.flatMap((each) => each.parts)].find((each) => each.id === id);
}

/** `command-and-control` as people write it. */
export const tacticName = (name: string): string =>
  name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
