import { Group } from "@mantine/core";

const MOST = 100;

/** A risk that is the sum of several: its number, and a bar that ends at a hundred. */
export function RiskNumber({ risk }: { risk: number }) {
  const share = Math.min(1, risk / MOST);
  return (
    <Group gap={6} wrap="nowrap" className="number">
      <span style={{ width: "2rem", textAlign: "right" }}>{Math.round(risk)}</span>
      <svg width="40" height="8" aria-hidden="true">
        <rect width="40" height="8" rx="2" fill="var(--line)" />
        <rect width={40 * share} height="8" rx="2" fill="var(--odd)" />
      </svg>
    </Group>
  );
}
