/** Matches over time and what became of them, a value a span. */
import { whole } from "@/parts/numbers";

export interface Course {
  matches: number[];
  alerted: number[];
  suppressed: number[];
}

export const sumOf = (values: number[] | undefined): number =>
  (values ?? []).reduce((all, each) => all + each, 0);

/** Matches that nobody judged: models learn from them. */
export const historyOf = ({ matches, alerted, suppressed }: Course): number[] =>
  matches.map((all, at) => Math.max(0, all - (alerted[at] ?? 0) - (suppressed[at] ?? 0)));

/** The whole of it in words. */
export function courseText(course: Course): string {
  const history = sumOf(historyOf(course));
  const judged = `${whole(sumOf(course.alerted))} alerted, ${whole(sumOf(course.suppressed))} suppressed`;
  const rest = history ? `, ${whole(history)} not judged` : "";
  return `${whole(sumOf(course.matches))} matches: ${judged}${rest}`;
}
