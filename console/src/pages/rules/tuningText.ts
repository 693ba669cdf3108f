/** A tuning as a form has it, and as it is sent. */
import type { Schema } from "@/api/client";

export interface Form {
  enabled: boolean;
  model: string; // "": as the rule says
  severity: string;
  threshold: string;
  window: string;
  title: string;
}

type Tuning = Schema["TuningView"];

export function formOf(tuning: Tuning | null): Form {
  const said = (name: string) => {
    const value = tuning?.foreseen[name];
    return value === undefined || value === null ? "" : String(value);
  };
  return {
    enabled: tuning?.enabled ?? true,
    model: said("model"),
    severity: said("severity"),
    threshold: said("threshold"),
    window: said("window"),
    title: said("title"),
  };
}

export type Overrides = NonNullable<Schema["NewTuning"]["foreseen"]>;

const FIELDS = ["model", "severity", "threshold", "window", "title"];

/** What is sent: only what is to be other than the rule says, and what the form does not know. */
export function overridesOf(form: Form, tuning: Tuning | null): Overrides {
  const left = Object.entries(tuning?.foreseen ?? {}).filter(([name]) => !FIELDS.includes(name));
  const found = Object.fromEntries(left) as Overrides;
  if (form.model) found.model = form.model === "true";
  if (form.severity) found.severity = Number(form.severity);
  if (form.threshold) found.threshold = Number(form.threshold);
  if (form.window) found.window = form.window;
  if (form.title) found.title = form.title;
  return found;
}

/** The file of a tuning, for a what-if; JSON is YAML. */
export const tuningFile = (rule: string, enabled: boolean, foreseen: Record<string, unknown>) => ({
  name: `tuning-${rule}.yml`,
  text: `${JSON.stringify({ tune: rule, enabled, foreseen })}\n`,
});

/** What a tuning changes besides turning the rule off. */
export const isMore = (tuning: Tuning): boolean => Object.keys(tuning.foreseen).length > 0;

/** What a tuning that is sent back says: it came from there, so it can be taken there. */
export const sameAs = (tuning: Tuning): Overrides => tuning.foreseen as Overrides;
