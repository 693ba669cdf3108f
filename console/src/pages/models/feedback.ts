import type { Schema } from "@/api/client";

/** Alerts of one rule by status. */
export function countsOf(
  counts: Schema["CountView"][],
  rule: string,
): Partial<Record<Schema["AlertStatus"], number>> {
  const found: Partial<Record<Schema["AlertStatus"], number>> = {};
  for (const each of counts)
    if (each.rule === rule) found[each.status] = (found[each.status] ?? 0) + each.alerts;
  return found;
}
