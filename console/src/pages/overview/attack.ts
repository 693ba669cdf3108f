/** ATT&CK techniques by tactic, from what the rules in use say of themselves. */
import type { Schema } from "@/api/client";
import type { Overview } from "./overview";

export type Technique = Overview["techniques"][number];
type Coverage = Schema["CoverageView"];

export interface Tactic {
  name: string;
  techniques: Technique[];
}

const UNKNOWN = "other"; // of rules that name no tactic, or are no longer in use

/** Tactics of each technique; a sub-technique has those of the one that it is part of. */
export function tacticsOf(coverage: Coverage): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const each of coverage.techniques) {
    const { id, tactics } = each as { id: string; tactics: string[] };
    found.set(id, tactics);
  }
  return found;
}

export const orderOf = (coverage: Coverage): string[] =>
  coverage.tactics.map((each) => (each as { name: string }).name);

export const tacticsOfTechnique = (technique: string, known: Map<string, string[]>): string[] => {
  const tactics = known.get(technique) ?? known.get(technique.split(".")[0] ?? "") ?? [];
  return tactics.length ? tactics : [UNKNOWN];
};

/** Columns of the heat map in ATT&CK's order; a technique is in each tactic that it serves. */
export function columnsOf(techniques: Technique[], coverage: Coverage): Tactic[] {
  const known = tacticsOf(coverage);
  const columns = new Map<string, Technique[]>();
  for (const technique of techniques) {
    for (const tactic of tacticsOfTechnique(technique.technique, known)) {
      columns.set(tactic, [...(columns.get(tactic) ?? []), technique]);
    }
  }
  return [...orderOf(coverage), UNKNOWN]
    .filter((name) => columns.has(name))
    .map((name) => ({ name, techniques: columns.get(name) ?? [] }));
}

/** 0 to 1, how warm a cell is: each ten times as many is as much warmer. */
export const warmthOf = (count: number, most: number): number =>
  count <= 0 ? 0 : 0.15 + 0.85 * (Math.log10(count + 1) / Math.log10(Math.max(most, 1) + 1));

/** `command-and-control` as people write it. */
export const tacticName = (name: string): string => name.replaceAll("-", " ");
