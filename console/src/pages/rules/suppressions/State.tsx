import { Badge, Group, Text } from "@mantine/core";
import { seen } from "@/parts/text";
import type { Suppression } from "./queries";

const COLOURS: Record<string, string> = { active: "green", refused: "red" };

/** Whether a suppression is in force, and why not. */
export function State({ of }: { of: Suppression }) {
  return (
    <Group gap={6}>
      <Badge color={COLOURS[of.state] ?? "gray"}>{of.state}</Badge>
      {of.problem && (
        <Text size="xs" c="var(--critical)">
          {seen(of.problem)}
        </Text>
      )}
    </Group>
  );
}
