import { Badge } from "@mantine/core";

const COLOURS: Record<string, string> = { suppress: "green", assist: "yellow", observe: "gray" };

/** What a model may do: only watch, help to rank, or silence. */
export function StageBadge({ stage }: { stage: string }) {
  return <Badge color={COLOURS[stage] ?? "gray"}>{stage}</Badge>;
}
