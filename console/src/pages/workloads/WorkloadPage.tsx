import { Anchor, SimpleGrid, Stack, Table, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { CountsChart } from "@/parts/CountsChart";
import { EventTable } from "@/parts/EventTable";
import { Foreign } from "@/parts/Foreign";
import { counted } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Severity, Status } from "@/parts/severity";
import { SpanChoice, useSpan } from "@/parts/span";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { fieldIs } from "@/parts/words";
import { ChangedFiles } from "./ChangedFiles";
import { New } from "./New";
import { Ports } from "./Ports";
import { Processes } from "./Processes";
import { Risk } from "./Risk";

/** One workload: what it did over time, on which hosts, and what alerted. */
export function WorkloadPage({ name }: { name: string }) {
  const [url, setUrl] = useUrl();
  const { from, every } = useSpan();
  const found = useQuery({
    queryKey: ["workload", name, from, every],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/workloads/{workload}", {
          params: { path: { workload: name }, query: { from, every } },
        }),
      ),
  });
  return (
    <Page
      title="Workload"
      actions={<SpanChoice />}
      note={
        <>
          <Foreign text={name} /> ·{" "}
          <Anchor component={Link} href="/workloads" size="sm">
            All workloads
          </Anchor>
        </>
      }
    >
      <Answer of={found} lines={8}>
        {(course) => (
          <>
            <Numbers course={course} />
            <Panel title="Over time" note="events, matches, and what was decided of them">
              <CountsChart
                label="Events, matches and decisions over time"
                buckets={course.course}
                counts={["events", "matches", "suppressed", "alerted"]}
              />
            </Panel>
            <Risk workload={name} />
          </>
        )}
      </Answer>
      <Tabs
        value={url.get("tab") ?? "alerts"}
        onChange={(tab) => setUrl({ tab: tab === "alerts" ? null : tab }, true)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="alerts">Alerts</Tabs.Tab>
          <Tabs.Tab value="new">What is new</Tabs.Tab>
          <Tabs.Tab value="processes">Processes</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
          <Tabs.Tab value="network">Network</Tabs.Tab>
          <Tabs.Tab value="hosts">Hosts</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="alerts" pt="xs">
          <Alerts workload={name} />
        </Tabs.Panel>
        <Tabs.Panel value="new" pt="xs">
          <Answer of={found}>
            {(course) => <New workload={name} first={course.course[0]?.time ?? null} />}
          </Answer>
        </Tabs.Panel>
        <Tabs.Panel value="processes" pt="xs">
          <Processes workload={name} />
        </Tabs.Panel>
        <Tabs.Panel value="files" pt="xs">
          <ChangedFiles workload={name} />
        </Tabs.Panel>
        <Tabs.Panel value="network" pt="xs">
          <Stack gap="sm">
            <Ports workload={name} />
            <Panel title="Network events" note="the newest">
              <EventTable
                label="Network events"
                search={`${fieldIs("workload", name)} class_uid:4001`}
              />
            </Panel>
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="hosts" pt="xs">
          <Answer of={found}>{(course) => <Hosts hosts={course.hosts} />}</Answer>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Numbers({ course }: { course: Schema["CourseView"] }) {
  const sum = (name: "events" | "matches" | "suppressed" | "alerted") =>
    course.course.reduce((total, bucket) => total + bucket[name], 0);
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
      <Figure
        name="Risk"
        value={Math.round(course.risk)}
        note={course.waiting_of_all ? "of all open alerts" : "of its newest open alerts"}
      />
      <Figure name="Open alerts" value={counted(course.waiting)} />
      <Figure name="Events" value={counted(sum("events"))} />
      <Figure name="Matches" value={counted(sum("matches"))} />
      <Figure name="Suppressed" value={counted(sum("suppressed"))} />
      <Figure name="Alerted" value={counted(sum("alerted"))} />
    </SimpleGrid>
  );
}

function Hosts({ hosts }: { hosts: Schema["HostView"][] }) {
  return (
    <Table aria-label="Hosts" w="auto" miw="30rem">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Host</Table.Th>
          <Table.Th>Events</Table.Th>
          <Table.Th>Last heard</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {hosts.map((host) => (
          <Table.Tr key={host.host}>
            <Table.Td>
              <Foreign text={host.host} />
            </Table.Td>
            <Table.Td className="number">{counted(host.events)}</Table.Td>
            <Table.Td>
              <Moment at={host.last_hour} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Alerts({ workload }: { workload: string }) {
  const found = useQuery({
    queryKey: ["alerts", "of workload", workload],
    queryFn: () =>
      got(api.GET("/api/v1/alerts", { params: { query: { workload, sort: "-risk", limit: 50 } } })),
  });
  const all = `/alerts?status=all&workload=${encodeURIComponent(workload)}`;
  return (
    <Answer of={found} isEmpty={(page) => page.alerts.length === 0} empty="It has no alert.">
      {(page) => (
        <>
          <Table aria-label="Alerts of this workload">
            <Table.Tbody>
              {page.alerts.map((alert) => (
                <Table.Tr key={alert.uid}>
                  <Table.Td w={160}>
                    <Moment at={alert.first_time} />
                  </Table.Td>
                  <Table.Td w={110}>
                    <Severity severity={alert.severity} />
                  </Table.Td>
                  <Table.Td>
                    <Anchor component={Link} size="sm" href={`/alerts/${alert.uid}`}>
                      <Foreign text={alert.title} most={200} />
                    </Anchor>
                  </Table.Td>
                  <Table.Td w={110}>
                    <Status status={alert.status} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text size="sm" mt={6}>
            <Anchor component={Link} href={all} size="sm">
              All of them in the list of alerts
            </Anchor>
          </Text>
        </>
      )}
    </Answer>
  );
}
