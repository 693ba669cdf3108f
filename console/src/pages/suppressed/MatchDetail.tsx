/** A suppressed match: what happened, why it was expected, what came before, and the way to an alert. */
import {
  ActionIcon,
  Anchor,
  Button,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Tabs,
  Title,
} from "@mantine/core";
import { IconArrowsMaximize, IconX } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { summaryOf } from "@/parts/events";
import { Facts } from "@/parts/Facts";
import { Foreign } from "@/parts/Foreign";
import { Outcome } from "@/parts/Outcome";
import { Moment } from "@/parts/times";
import { useKeys } from "@/shell/keys";
import { Before } from "../alerts/Before";
import { Raw } from "../alerts/Raw";
import { Why } from "../alerts/Why";
import { personOf } from "./columns";
import { type Match, useMatch } from "./matches";
import { RestoreDialog } from "./RestoreDialog";

interface Props {
  uid: string;
  close?: () => void;
  whole?: boolean; // on a page of its own: two columns
}

export function MatchDetail({ uid, close, whole = false }: Props) {
  const found = useMatch(uid);
  return (
    <Paper withBorder p="sm" bg="var(--surface)" component="section" aria-label="Suppressed match">
      <Answer of={found} lines={10}>
        {(match) => (
          <Stack gap="sm">
            <Head match={match} close={close} />
            <SimpleGrid cols={whole ? { base: 1, lg: 2 } : 1} spacing="lg">
              {match.decision ? (
                <Why key={uid} path="match" uid={uid} />
              ) : (
                <Nothing>
                  It was not judged: it is of the history that was accepted as clean, or not yet
                  reached.
                </Nothing>
              )}
              <Sections match={match} />
            </SimpleGrid>
          </Stack>
        )}
      </Answer>
    </Paper>
  );
}

function Head({ match, close }: { match: Match; close?: () => void }) {
  const person = personOf(match);
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Title order={2}>
          <Foreign text={summaryOf(match.columns) || match.rule} mono most={400} />
        </Title>
        {close && (
          <Group gap={2} wrap="nowrap">
            <ActionIcon
              component={Link}
              href={`/suppressed/${match.uid}`}
              aria-label="Open on its own page"
            >
              <IconArrowsMaximize size={15} />
            </ActionIcon>
            <ActionIcon onClick={close} aria-label="Close">
              <IconX size={16} />
            </ActionIcon>
          </Group>
        )}
      </Group>
      <Group gap="md" fz="sm">
        <Outcome outcome={match.decision?.outcome} />
        <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(match.rule)}`}>
          {match.rule}
        </Anchor>
        <Anchor
          component={Link}
          size="sm"
          href={`/workloads/${encodeURIComponent(match.workload)}`}
        >
          <Foreign text={match.workload} />
        </Anchor>
        {person && (
          <Anchor component={Link} size="sm" href={`/users/${encodeURIComponent(person)}`}>
            <Foreign text={person} />
          </Anchor>
        )}
        <Moment at={match.time} />
        {match.alert && (
          <Anchor component={Link} size="sm" href={`/alerts/${match.alert}`}>
            its alert
          </Anchor>
        )}
      </Group>
      <Restore match={match} />
    </Stack>
  );
}

function Restore({ match }: { match: Match }) {
  const may = useMay("triage");
  const [asking, setAsking] = useState(false);
  const can = may && match.decision?.outcome === "suppressed" && !match.alert;
  useKeys("Suppressed match", [
    { keys: "r", does: "restore as an alert", run: () => can && setAsking(true) },
  ]);
  if (!can) return null;
  return (
    <Group>
      <Button variant="default" onClick={() => setAsking(true)}>
        Restore as an alert (r)
      </Button>
      {asking && <RestoreDialog uid={match.uid} close={() => setAsking(false)} />}
    </Group>
  );
}

function Sections({ match }: { match: Match }) {
  return (
    <Tabs defaultValue="before" keepMounted={false} key={match.uid}>
      <Tabs.List>
        <Tabs.Tab value="before">What came before</Tabs.Tab>
        <Tabs.Tab value="decision">Decision</Tabs.Tab>
        <Tabs.Tab value="raw">Event</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="before" pt="xs">
        <Before match={match.uid} />
      </Tabs.Panel>
      <Tabs.Panel value="decision" pt="xs">
        <DecisionFacts match={match} />
      </Tabs.Panel>
      <Tabs.Panel value="raw" pt="xs">
        <Raw match={match.uid} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** All that the decision rests on: the same inputs give the same word again. */
function DecisionFacts({ match }: { match: Match }) {
  const { decision } = match;
  if (!decision) return <span className="quiet">It was not judged.</span>;
  return (
    <Facts
      of={[
        ["because", decision.basis],
        ...(decision.revised
          ? [["revised", <Foreign key="r" text={decision.revised} />] as [string, ReactNode]]
          : []),
        ...(decision.suppression
          ? [
              ["suppression by hand", <Foreign key="s" text={decision.suppression} />] as [
                string,
                ReactNode,
              ],
            ]
          : []),
        [
          "by the same person elsewhere",
          <Foreign key="e" text={(decision.elsewhere ?? []).join("\n")} />,
        ],
        ...Object.entries(decision.artefacts ?? {}).map(
          ([name, hash]) =>
            [
              name,
              <span key={name} className="mono">
                {hash}
              </span>,
            ] as [string, ReactNode],
        ),
      ]}
    />
  );
}
