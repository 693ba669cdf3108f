/** Matches of an incident as dots on one timeline, a lane for each source. Pure. */
import { laneOf, summaryOf } from "@/parts/events";
import type { Dot } from "@/parts/Lanes";
import type { Alert, Match } from "./incidents";
import { timeOf } from "./times";

export function dotsOf(matches: Match[], alerts: Alert[]): Dot[] {
  const severity = new Map(alerts.map((alert) => [alert.uid, alert.severity]));
  return matches.map((match) => {
    const told = match.decision?.outcome === "alerted";
    return {
      id: match.uid,
      at: timeOf(match),
      lane: laneOf(match.columns),
      text: `${told ? "alerted" : "suppressed"}: ${match.rule}: ${summaryOf(match.columns)}`,
      odd: told,
      surprise: match.decision?.surprise,
      severity: told && match.alert ? severity.get(match.alert) : undefined,
    };
  });
}
