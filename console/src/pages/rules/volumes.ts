/** What a disabled rule would do, from the answer of a what-if. */
import type { WhatIf } from "@/parts/whatif";

export interface Volumes {
  matches: number;
  suppressed: number;
  alerts: number;
  says: string;
}

const DAY = 86_400_000; // ms

export function volumesOf(told: WhatIf | undefined, rule: string): Volumes | null {
  if (!told) return null;
  const own = told.rules.find((each) => each.rule === rule);
  if (!own) return { matches: 0, suppressed: 0, alerts: 0, says: "nothing matched in the past" };
  const { first, last } = told.period;
  const days = first === null || last === null ? 0 : (last - first) / DAY;
  const [matches, suppressed, alerts] = [own.matches, own.suppressed, own.alerts].map(
    (volume) => volume.after,
  ) as [number, number, number];
  return { matches, suppressed, alerts, says: says(matches, alerts, days) };
}

function says(matches: number, alerts: number, days: number): string {
  if (!matches) return "nothing matched in the past";
  if (days < 1) return `${alerts} alerts in less than a day of history`;
  return `about ${(alerts / days).toFixed(1)} alerts a day`;
}
