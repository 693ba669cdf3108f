import { ActionIcon, Anchor, Group, Paper, Stack, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "wouter";
import { EventFacts } from "@/parts/EventFacts";
import { bits } from "@/parts/numbers";
import { Outcome } from "@/parts/Outcome";
import { Moment } from "@/parts/times";
import type { Match } from "./incidents";

/** A match of the timeline: what was decided of it, and what its event was. */
export function Picked({ match, close }: { match: Match; close: () => void }) {
  const told = match.decision?.outcome === "alerted";
  return (
    <Paper withBorder p="xs">
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap">
          <Group gap="sm">
            <Outcome outcome={match.decision?.outcome} />
            <Text size="sm">{match.decision?.basis}</Text>
            <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(match.rule)}`}>
              {match.rule}
            </Anchor>
            <Moment at={match.time} />
            <span>{bits(match.decision?.surprise)}</span>
            <Anchor
              component={Link}
              size="sm"
              href={told && match.alert ? `/alerts/${match.alert}` : `/suppressed/${match.uid}`}
            >
              {told && match.alert ? "its alert" : "why"}
            </Anchor>
          </Group>
          <ActionIcon onClick={close} aria-label="Close the match">
            <IconX size={15} />
          </ActionIcon>
        </Group>
        <EventFacts event={match.columns} />
      </Stack>
    </Paper>
  );
}
