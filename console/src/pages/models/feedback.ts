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

/** What a word on an alert means for training, and which training came after it. */
export function learnedText(word: Schema["OnAlertView"]): string {
  const means = word.teaches ? "its matches count as expected" : "its matches never teach";
  if (word.version !== null) return `${means}; version ${word.version} was trained after it`;
  if (word.undone) return "taken back before any training";
  return `${means}; no training has come after it yet`;
}

/** The same of an answer on a match that was drawn for audit. */
export function answerText(answer: Schema["OnMatchView"]): string {
  const means =
    answer.finding === "wanted" ? "nothing around it may teach" : "it was right not to tell it";
  if (answer.version === null) return `${means}; no training has come after it yet`;
  return `${means}; version ${answer.version} was trained after it`;
}
