/** A tuning as the server writes it: `tune`, `enabled`, `foreseen`, `reason`, one value a line. */

export interface Tuned {
  enabled: boolean;
  foreseen: Record<string, string>;
}

/** What a tuning's text says; lists and long texts are left out, the form does not know them. */
export function tunedIn(text: string): Tuned {
  const foreseen: Record<string, string> = {};
  let inside = false;
  for (const line of text.split("\n")) {
    if (/^\S/.test(line)) inside = line.startsWith("foreseen:");
    const found = inside ? /^ {2}(\w+): (.+)$/.exec(line) : null;
    if (found?.[1] && found[2]) foreseen[found[1]] = unquoted(found[2]);
  }
  return { enabled: !/^enabled: false$/m.test(text), foreseen };
}

const unquoted = (value: string): string =>
  /^(['"]).*\1$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : value;

export interface Form {
  enabled: boolean;
  model: string; // "": as the rule says
  severity: string;
  threshold: string;
  window: string;
  title: string;
}

export function formOf(text: string | null): Form {
  const { enabled, foreseen } = tunedIn(text ?? "");
  const said = (name: string) => foreseen[name] ?? "";
  return {
    enabled,
    model: said("model"),
    severity: said("severity"),
    threshold: said("threshold"),
    window: said("window"),
    title: said("title"),
  };
}

type Value = string | number | boolean;

/** What is sent: only what is to be other than the rule says. */
export function overridesOf(form: Form): Record<string, Value> {
  const found: Record<string, Value> = {};
  if (form.model) found.model = form.model === "true";
  if (form.severity) found.severity = Number(form.severity);
  if (form.threshold) found.threshold = Number(form.threshold);
  if (form.window) found.window = form.window;
  if (form.title) found.title = form.title;
  return found;
}

/** The text of a tuning that lets a rule label, for a what-if. */
export const enabling = (rule: string) => ({
  name: `tuning-${rule}.yml`,
  text: `tune: ${JSON.stringify(rule)}\nenabled: true\n`,
});
