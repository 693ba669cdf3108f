/** An alert: what happened, why it was not expected, what came before, and what people said of it. */
import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Tabs,
  Title,
} from "@mantine/core";
import { IconArrowsMaximize, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";
import { useMay, useMe } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { bits, whole } from "@/parts/numbers";
import { Risk, Severity, Status } from "@/parts/severity";
import { Moment } from "@/parts/times";
import { type Alert, useAlert, useBulk } from "./alerts";
import { Before } from "./Before";
import { History } from "./History";
import { Raw } from "./Raw";
import { Related } from "./Related";
import type { Verdict } from "./reasons";
import { Tree } from "./Tree";
import { Why } from "./Why";
import { WordDialog } from "./WordDialog";

interface Props {
  uid: string;
  close?: () => void;
  whole?: boolean; // on a page of its own: two columns
}

export function AlertDetail({ uid, close, whole: onPage = false }: Props) {
  const found = useAlert(uid);
  return (
    <Paper withBorder p="sm" bg="var(--surface)" component="section" aria-label="Alert">
      <Answer of={found} lines={10}>
        {(alert) => (
          <Stack gap="sm">
            <Head alert={alert} close={close} />
            <SimpleGrid cols={onPage ? { base: 1, lg: 2 } : 1} spacing="lg">
              <Why key={`why ${uid}`} path="alert" uid={uid} />
              <Sections alert={alert} />
            </SimpleGrid>
          </Stack>
        )}
      </Answer>
    </Paper>
  );
}

function Sections({ alert }: { alert: Alert }) {
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
        <Before match={alert.uid} />
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

function Head({ alert, close }: { alert: Alert; close?: () => void }) {
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
      <Decide alert={alert} />
    </Stack>
  );
}

function Decide({ alert }: { alert: Alert }) {
  const bulk = useBulk();
  const me = useMe().data;
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const about = { uids: [alert.uid] };
  const send = (change: object) =>
    bulk.mutate({ text: "", dry_run: false, limit: 1, ...about, ...change });
  if (!useMay("triage")) return null;
  const said = alert.status === "dismissed" || alert.status === "escalated";
  return (
    <Group gap="xs">
      <Button
        onClick={() => setVerdict("dismissed")}
        loading={bulk.isPending}
        variant={said ? "default" : "filled"}
      >
        Dismiss
      </Button>
      <Button
        onClick={() => setVerdict("escalated")}
        loading={bulk.isPending}
        color="red"
        variant="outline"
      >
        Escalate
      </Button>
      {alert.status === "open" && (
        <Button variant="default" onClick={() => send({ status: "acknowledged" })}>
          Look into
        </Button>
      )}
      {me && alert.assignee !== me.name && (
        <Button variant="default" onClick={() => send({ assignee: me.name })}>
          Take
        </Button>
      )}
      {alert.status === "escalated" && !alert.resolved && (
        <Button variant="default" onClick={() => send({ resolved: true })}>
          Resolved
        </Button>
      )}
      {verdict && (
        <WordDialog
          verdict={verdict}
          about={about}
          count={1}
          say={(reason, text) => send({ verdict, reason, text })}
          close={() => setVerdict(null)}
        />
      )}
    </Group>
  );
}
