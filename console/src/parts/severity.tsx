/** Severities and states: a shape and a word each, never a colour alone. */
import { Badge, Group } from "@mantine/core";
import type { Schema } from "@/api/client";

export const SEVERITIES = ["critical", "high", "medium", "low", "informational"] as const;
export type SeverityName = (typeof SEVERITIES)[number];

const SHAPES: Record<SeverityName, string> = {
  critical: "M3 0h6l3 3v6l-3 3H3L0 9V3z", // octagon
  high: "M6 0l6 11H0z", // triangle
  medium: "M6 0l6 6-6 6-6-6z", // diamond
  low: "M6 1a5 5 0 100 10A5 5 0 106 1z", // disc
  informational: "M6 1a5 5 0 100 10A5 5 0 106 1zm0 2a3 3 0 110 6 3 3 0 110-6z", // ring
};

const known = (name: string): SeverityName =>
  (SEVERITIES as readonly string[]).includes(name) ? (name as SeverityName) : "informational";

export const severityColour = (name: string): string => `var(--${known(name)})`;

export function SeverityMark({ severity }: { severity: string }) {
  const name = known(severity);
  return (
    <svg width="11" height="11" viewBox="0 0 12 12" aria-hidden="true" style={{ flex: "none" }}>
      <path d={SHAPES[name]} fill={`var(--${name})`} fillRule="evenodd" />
    </svg>
  );
}

export function Severity({ severity }: { severity: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <SeverityMark severity={severity} />
      <span>{severity}</span>
    </Group>
  );
}

type StatusName = Schema["AlertStatus"];
const STATUS_COLOURS: Record<StatusName, string> = {
  open: "blue",
  acknowledged: "grape",
  escalated: "red",
  dismissed: "gray",
};

export function Status({ status }: { status: StatusName }) {
  return (
    <Badge color={STATUS_COLOURS[status]} variant="light">
      {status}
    </Badge>
  );
}

/** Risk, 0 to 100, as number and bar. */
export function Risk({ risk, severity }: { risk: number; severity: string }) {
  return (
    <Group gap={6} wrap="nowrap" className="number">
      <span style={{ width: "1.6rem", textAlign: "right" }}>{Math.round(risk)}</span>
      <svg width="44" height="8" aria-hidden="true">
        <rect width="44" height="8" rx="2" fill="var(--line)" />
        <rect width={(44 * risk) / 100} height="8" rx="2" fill={severityColour(severity)} />
      </svg>
    </Group>
  );
}
