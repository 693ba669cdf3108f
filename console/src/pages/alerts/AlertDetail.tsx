/** An alert: what happened, why it was not expected, what came before, and what people said of it. */
import {
  ActionIcon,
  Anchor,
  Badge,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Tabs,
  Title,
} from "@mantine/core";
import { IconArrowsMaximize, IconX } from "@tabler/icons-react";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { bits, whole } from "@/parts/numbers";
import { Risk, Severity, Status } from "@/parts/severity";
import { Moment } from "@/parts/times";
import { type Alert, useAlert } from "./alerts";
import { Before } from "./Before";
import { Decide } from "./Decide";
import { History } from "./History";
import { Raw } from "./Raw";
import { Related } from "./Related";
import { Tree } from "./Tree";
import { useExplanation, Why } from "./Why";

interface Props {
  uid: string;
  close?: () => void;
  whole?: boolean; // on a page of its own: two columns
}

export function AlertDetail({ uid, close, whole: onPage = false }: Props) {
  const found = useAlert(uid);
  const why = useExplanation("alert", uid); // asked beside the alert, not after it
  return (
    <Paper withBorder p="sm" bg="var(--surface)" component="section" aria-label="Alert">
      <Answer of={found} lines={10}>
        {(alert) => (
          <Stack gap="sm">
            <Head alert={alert} close={close} keys={onPage} />
            <SimpleGrid cols={onPage ? { base: 1, lg: 2 } : 1} spacing="lg">
              <Why key={`why ${uid}`} path="alert" uid={uid} />
              <Sections alert={alert} told={!why.isPending || why.failureCount > 0} />
            </SimpleGrid>
          </Stack>
        )}
      </Answer>
    </Paper>
  );
}

/** `told`: whether it is known why, which is asked first, or that this takes long. */
function Sections({ alert, told }: { alert: Alert; told: boolean }) {
  return (
    <Tabs defaultValue="before" keepMounted={false} key={alert.uid}>
      <Tabs.List>
        <Tabs.Tab value="before">What came before</Tabs.Tab>
        <Tabs.Tab value="tree">Processes</Tabs.Tab>
        <Tabs.Tab value="related">Related</Tabs.Tab>
        <Tabs.Tab value="history">History</Tabs.Tab>
        <Tabs.Tab value="raw">Event</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="before" pt="xs">
        <Before match={alert.uid} after={told} />
      </Tabs.Panel>
      <Tabs.Panel value="tree" pt="xs">
        <Tree uid={alert.uid} />
      </Tabs.Panel>
      <Tabs.Panel value="related" pt="xs">
        <Related alert={alert} />
      </Tabs.Panel>
      <Tabs.Panel value="history" pt="xs">
        <History alert={alert} />
      </Tabs.Panel>
      <Tabs.Panel value="raw" pt="xs">
        <Raw match={alert.uid} />
      </Tabs.Panel>
    </Tabs>
  );
}

interface HeadProps {
  alert: Alert;
  close?: () => void;
  keys: boolean; // of its own: in the list they are the list's
}

function Head({ alert, close, keys }: HeadProps) {
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Title order={2}>
          <Foreign text={alert.title} most={400} />
        </Title>
        {close && (
          <Group gap={2} wrap="nowrap">
            <ActionIcon
              component={Link}
              href={`/alerts/${alert.uid}`}
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
        <Severity severity={alert.severity} />
        <Status status={alert.status} />
        <Group gap={6}>
          risk <Risk risk={alert.risk} severity={alert.severity} />
        </Group>
        <span>surprise {bits(alert.surprise)}</span>
        <span>
          {whole(alert.count)} {alert.count === 1 ? "match" : "matches"}
        </span>
        {alert.assignee && (
          <Badge color="gray">
            <Foreign text={alert.assignee} oneLine />
          </Badge>
        )}
      </Group>
      <Group gap="md" fz="sm">
        <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(alert.rule)}`}>
          {alert.rule}
        </Anchor>
        <Anchor
          component={Link}
          size="sm"
          href={`/workloads/${encodeURIComponent(alert.workload)}`}
        >
          <Foreign text={alert.workload} />
        </Anchor>
        <span>
          on <Foreign text={alert.host} />
        </span>
        <Moment at={alert.first_time} />
        {alert.last_time !== alert.first_time && (
          <span>
            to <Moment at={alert.last_time} />
          </span>
        )}
        {alert.incident && (
          <Anchor
            component={Link}
            size="sm"
            href={`/incidents/${encodeURIComponent(alert.incident)}`}
          >
            its incident
          </Anchor>
        )}
      </Group>
      <Decide alert={alert} keys={keys} />
    </Stack>
  );
}
