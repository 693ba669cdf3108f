/** What an audit says of a rule, in figures that do not claim more than was looked at. Pure. */
import type { Audit } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";

export function rateText(audit: Audit): string {
  if (!audit.drawn) return "not looked at yet";
  const share = percent(audit.wanted / audit.drawn);
  const skipped = audit.skipped ? `, ${whole(audit.skipped)} skipped` : "";
  return `${share} (${whole(audit.wanted)} of ${whole(audit.drawn)} drawn${skipped})`;
}

export const intervalText = (audit: Audit): string =>
  audit.drawn ? `${percent(audit.low)} to ${percent(audit.high)}` : "0 % to 100 %";
