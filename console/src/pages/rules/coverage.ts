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

export interface RuleOf {
  id: string;
  enabled: boolean;
  tested: boolean;
  telemetry: "comes in" | "none comes in" | "not known";
  matches: number;
  alerts: number;
  last: string | null;
}

type Rule = Pick<Schema["RuleView"], "id" | "enabled" | "techniques">;
type Done = Pick<Schema["RuleDone"], "id" | "matches" | "alerts" | "last">;

const names = (rule: Rule, id: string): boolean =>
  rule.techniques.some((own) => own === id || own.startsWith(`${id}.`));

/** Rules of a technique, disabled ones too, with what they did: who matched most first. */
export function rulesOf(technique: Technique, rules: Rule[], done: Done[]): RuleOf[] {
  const did = new Map(done.map((each) => [each.id, each]));
  const idle = rules.filter((rule) => !rule.enabled && names(rule, technique.id));
  const known = idle.map(({ id }) => ({ id, enabled: false }));
  const all = [...technique.rules.map((id) => ({ id, enabled: true })), ...known];
  const found = all.map(({ id, enabled }) => ({
    id,
    enabled,
    tested: technique.tested.includes(id),
    telemetry: telemetryOf(technique, id),
    matches: did.get(id)?.matches ?? 0,
    alerts: did.get(id)?.alerts ?? 0,
    last: did.get(id)?.last ?? null,
  }));
  return found.sort((a, b) => b.matches - a.matches || (a.id < b.id ? -1 : 1));
}

function telemetryOf(technique: Technique, rule: string): RuleOf["telemetry"] {
  if (technique.telemetry.includes(rule)) return "comes in";
  return technique.blind.includes(rule) ? "none comes in" : "not known";
}

const LONG = { reconnaissance: "recon\u00ADnaissance" }; // where a column may break it

/** `command-and-control` as people write it. */
export function tacticName(name: string): string {
  const words = (LONG[name as keyof typeof LONG] ?? name).replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
