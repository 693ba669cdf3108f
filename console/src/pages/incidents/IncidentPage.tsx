/** One incident: the story across sources, who and what is in it, and what people said. */
import { Anchor, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Lanes } from "@/parts/Lanes";
import { whole } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Severity, Status } from "@/parts/severity";
import { Moment } from "@/parts/times";
import { Chain } from "./Chain";
import { Entities } from "./Entities";
import { EvidenceButton } from "./EvidenceButton";
import {
  type Alert,
  type Incident,
  type Match,
  type Members,
  useIncident,
  useItsAlerts,
  useMembers,
} from "./incidents";
import { Notes } from "./Notes";
import { named } from "./names";
import { Picked } from "./Picked";
import { dotsOf } from "./timeline";
import { lastedText } from "./times";

export function IncidentPage({ uid }: { uid: string }) {
  const found = useIncident(uid);
  return (
    <Page
      title="Incident"
      note={
        <Anchor component={Link} href="/incidents" size="sm">
          All incidents
        </Anchor>
      }
    >
      <Answer of={found} lines={8}>
        {(incident) => <Whole incident={incident} />}
      </Answer>
    </Page>
  );
}

function Whole({ incident }: { incident: Incident }) {
  const alerts = useItsAlerts(incident.uid);
  const members = useMembers(incident.uid, alerts.data);
  return (
    <Stack gap="sm">
      <Figures incident={incident} members={members.data} />
      <Answer of={alerts} lines={6}>
        {(shown) => (
          <Answer of={members} lines={6}>
            {(told) => <Story incident={incident} alerts={shown} members={told} />}
          </Answer>
        )}
      </Answer>
    </Stack>
  );
}

function Figures({ incident, members }: { incident: Incident; members: Members | undefined }) {
  const suppressed = members?.matches.filter(
    (match) => match.decision?.outcome === "suppressed",
  ).length;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
      <Figure
        name="Opened"
        value={<Moment at={incident.opened} short />}
        note={`lasted ${lastedText(incident)}`}
      />
      <Figure name="Risk" value={Math.round(incident.risk)} note="the highest of its alerts" />
      <Figure
        name="Alerts"
        value={whole(incident.alerts)}
        note={`${whole(incident.open)} wait for a word`}
      />
      <Figure
        name="Matches"
        value={whole(incident.matches)}
        note={suppressed === undefined ? "in its alerts" : `${whole(suppressed)} suppressed below`}
      />
      <Figure
        name="Machines"
        value={whole(incident.host_count)}
        note={<Foreign text={named(incident.hosts, incident.host_count)} oneLine />}
      />
      <Figure
        name="Rules"
        value={whole(incident.rule_count)}
        note={<Foreign text={named(incident.rules, incident.rule_count)} oneLine />}
      />
    </SimpleGrid>
  );
}

interface StoryProps {
  incident: Incident;
  alerts: Alert[];
  members: Members;
}

function Story({ incident, alerts, members }: StoryProps) {
  const { matches } = members;
  return (
    <>
      <Panel
        title="The story"
        note={
          members.complete
            ? "told and suppressed matches, one lane for each source"
            : `the newest ${whole(matches.length)} matches; there are more`
        }
        actions={<EvidenceButton incident={incident} alerts={alerts} members={members} />}
      >
        {matches.length ? (
          <Timeline matches={matches} alerts={alerts} />
        ) : (
          <Nothing>Its matches are no longer in the lake.</Nothing>
        )}
      </Panel>
      <Panel title="ATT&CK chain">
        <Chain matches={matches} />
      </Panel>
      <Panel title="Alerts">
        <Alerts alerts={alerts} />
      </Panel>
      <Panel title="Who and what is in it">
        <Entities matches={matches} />
      </Panel>
      <Panel title="Notes">
        <Notes alerts={alerts} />
      </Panel>
      <Panel title="What ties it">
        <Ties keys={incident.keys} />
      </Panel>
    </>
  );
}

function Timeline({ matches, alerts }: { matches: Match[]; alerts: Alert[] }) {
  const [picked, setPicked] = useState<string | null>(null);
  const dots = useMemo(() => dotsOf(matches, alerts), [matches, alerts]);
  const match = matches.find((each) => each.uid === picked);
  return (
    <Stack gap="xs">
      <Lanes label="The incident's matches" dots={dots} pick={(dot) => setPicked(dot.id)} />
      <Text size="xs" className="quiet">
        Diamonds alerted, in the colour of their severity; circles were suppressed. Drag to look
        closer; click for what it was.
      </Text>
      {match && <Picked match={match} close={() => setPicked(null)} />}
    </Stack>
  );
}

function Alerts({ alerts }: { alerts: Alert[] }) {
  if (!alerts.length) return <Nothing>It has no alert.</Nothing>;
  return (
    <Table aria-label="Alerts of the incident" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={130}>Time</Table.Th>
          <Table.Th w={100}>Severity</Table.Th>
          <Table.Th>Alert</Table.Th>
          <Table.Th w={110}>Status</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {alerts.map((alert) => (
          <Table.Tr key={alert.uid}>
            <Table.Td>
              <Moment at={alert.first_time} short />
            </Table.Td>
            <Table.Td>
              <Severity severity={alert.severity} />
            </Table.Td>
            <Table.Td>
              <Anchor component={Link} size="sm" display="grid" href={`/alerts/${alert.uid}`}>
                <Foreign text={alert.title} oneLine />
              </Anchor>
            </Table.Td>
            <Table.Td>
              <Status status={alert.status} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Ties({ keys }: { keys: readonly string[] }) {
  if (!keys.length) return <Nothing>Nothing ties more to it.</Nothing>;
  return (
    <Group gap={4} align="flex-start" style={{ flexDirection: "column" }}>
      {keys.map((key) => (
        <Foreign key={key} text={key} mono most={300} />
      ))}
    </Group>
  );
}
