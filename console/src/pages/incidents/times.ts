import { spanText } from "@/parts/times";

interface Span {
  opened: string | null;
  last_time: string | null;
}

/** How long it is from an incident's first match to its last. */
export function lastedText({ opened, last_time: last }: Span): string {
  if (!opened || !last) return "–";
  return spanText(Math.max(0, Date.parse(last) - Date.parse(opened)) / 1000);
}

/** When a match was, ms. */
export const timeOf = (match: { time: string | null }): number => Date.parse(match.time ?? "");
