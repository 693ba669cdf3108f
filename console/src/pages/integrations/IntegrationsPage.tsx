/** Sources: what each one sent, what was refused and why, what could not be read; how to add one. */
import { Badge, Code, SimpleGrid, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { counted } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Moment, spanText } from "@/parts/times";

const EVER = "1970-01-01T00:00:00Z";
const QUIET = 15 * 60; // seconds after which a source that spoke is called silent

export default function IntegrationsPage() {
  const intake = useQuery({
    queryKey: ["intake"],
    refetchInterval: 10_000,
    queryFn: () => got(api.GET("/api/v1/intake")),
  });
  const overview = useQuery({
    queryKey: ["overview", EVER],
    queryFn: () => got(api.GET("/api/v1/overview", { params: { query: { from: EVER } } })),
  });
  return (
    <Page title="Integrations" note="all that is kept">
      <Answer of={overview} lines={2}>
        {({ telemetry }) => <Telemetry telemetry={telemetry} />}
      </Answer>
      <Panel title="Sources" note="since each was heard first">
        <Answer of={intake} lines={5}>
          {({ sources }) =>
            sources.length ? (
              <Sources sources={sources} />
            ) : (
              <Nothing>
                {overview.data?.telemetry.received
                  ? "No source has sent anything to this server; what it holds came from files."
                  : "No source has sent anything yet."}
              </Nothing>
            )
          }
        </Answer>
      </Panel>
      <Add />
    </Page>
  );
}

function Telemetry({ telemetry }: { telemetry: Schema["TelemetryView"] }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
      <Figure name="Sources" value={counted(telemetry.sources)} />
      <Figure name="Workloads" value={counted(telemetry.workloads)} />
      <Figure
        name="Hosts"
        value={counted(telemetry.hosts)}
        note={telemetry.silent_hosts ? `${telemetry.silent_hosts} silent` : "none silent"}
      />
      <Figure name="Lines received" value={counted(telemetry.received)} />
      <Figure
        name="In quarantine"
        value={counted(telemetry.quarantined)}
        note={telemetry.reasons.map((each) => `${each.lines} ${each.reason}`).join(", ")}
      />
      <Figure name="Last hour with events" value={<Moment at={telemetry.last_hour} short />} />
    </SimpleGrid>
  );
}

function Sources({ sources }: { sources: Schema["SourceView"][] }) {
  const now = Date.now();
  return (
    <Table aria-label="Sources">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Source</Table.Th>
          <Table.Th>Health</Table.Th>
          <Table.Th>Lines received</Table.Th>
          <Table.Th>Taken</Table.Th>
          <Table.Th>Refused</Table.Th>
          <Table.Th>Last heard</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sources.map((source) => {
          const silent = (now - source.last) / 1000;
          const refused = Object.entries(source.rejected).filter(([, lines]) => lines > 0);
          return (
            <Table.Tr key={source.source}>
              <Table.Td>
                <Foreign text={source.source} />
              </Table.Td>
              <Table.Td>
                {silent > QUIET ? (
                  <Badge color="orange">silent for {spanText(silent)}</Badge>
                ) : (
                  <Badge color="green">speaks</Badge>
                )}
              </Table.Td>
              <Table.Td className="number">{counted(source.received)}</Table.Td>
              <Table.Td className="number">{counted(source.taken)}</Table.Td>
              <Table.Td>
                {refused.map(([reason, lines]) => `${counted(lines)} ${reason}`).join(", ") ||
                  "none"}
              </Table.Td>
              <Table.Td>
                <Moment at={new Date(source.last).toISOString()} />
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function Add() {
  const address = `${window.location.origin}/api/v1/ingest/auditd?source=web-1/auditd`;
  const command = `curl --data-binary @audit.log -H "Authorization: Bearer $TOKEN" \\\n  "${address}"`;
  return (
    <Panel title="Add a source">
      <Text size="sm">
        Make a token with the scope “ingest” on the page Access; then send lines. The source's name
        begins with its host, and all sources of a host begin with the same.
      </Text>
      <Code block mt="xs" tabIndex={0}>
        {command}
      </Code>
    </Panel>
  );
}
