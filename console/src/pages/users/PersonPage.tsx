/** One user: when and from where they logged in, what they ran, what they touched, what alerted. */
import { Anchor, Badge, SimpleGrid, Table, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { EventTable, timeOf } from "@/parts/EventTable";
import { Foreign } from "@/parts/Foreign";
import { counted } from "@/parts/numbers";
import { Figure, Page } from "@/parts/Page";
import { SpanChoice, useSpan } from "@/parts/span";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { fieldIs } from "@/parts/words";

type Acts = Schema["ActsView"];

export function PersonPage({ name }: { name: string }) {
  const [url, setUrl] = useUrl();
  const { from } = useSpan();
  const hunting = useMay("hunt");
  const found = useQuery({
    queryKey: ["person", name, from],
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/people/{name}", {
          params: { path: { name }, query: { from, limit: 200 } },
        }),
      ),
  });
  return (
    <Page
      title="User"
      note={
        <>
          <Foreign text={name} /> ·{" "}
          <Anchor component={Link} href="/users" size="sm">
            All users
          </Anchor>
        </>
      }
      actions={<SpanChoice />}
    >
      <Answer of={found} lines={8}>
        {(acts) => <Numbers person={acts.person} />}
      </Answer>
      <Tabs
        value={url.get("tab") ?? "programs"}
        onChange={(tab) => setUrl({ tab: tab === "programs" ? null : tab }, true)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="programs">What they ran</Tabs.Tab>
          <Tabs.Tab value="logins">Logins</Tabs.Tab>
          <Tabs.Tab value="sessions">Sessions</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="programs" pt="xs">
          <Answer of={found}>{(acts) => <Programs acts={acts} />}</Answer>
        </Tabs.Panel>
        <Tabs.Panel value="logins" pt="xs">
          <Answer of={found}>{(acts) => <Logins acts={acts} />}</Answer>
        </Tabs.Panel>
        <Tabs.Panel value="sessions" pt="xs">
          <Answer of={found}>{(acts) => <Sessions acts={acts} />}</Answer>
        </Tabs.Panel>
        <Tabs.Panel value="files" pt="xs">
          {hunting ? (
            <EventTable label="Files" search={`${fieldIs("user_name", name)} class_uid:1001`} />
          ) : (
            <Nothing>Single events need the scope “hunt”.</Nothing>
          )}
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Numbers({ person }: { person: Schema["PersonView"] }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4, lg: 6 }} spacing="xs">
      <Figure name="Events" value={counted(person.events)} />
      <Figure name="Logins" value={counted(person.logins)} />
      <Figure name="Failed logins" value={counted(person.failed)} />
      <Figure name="Hosts" value={counted(person.hosts)} />
      <Figure name="First seen" value={<Moment at={person.first_time} short />} />
      <Figure name="Last seen" value={<Moment at={person.last_time} short />} />
    </SimpleGrid>
  );
}

const text = (row: Record<string, unknown>, name: string): string | null =>
  row[name] === undefined || row[name] === null ? null : String(row[name]);

function Programs({ acts }: { acts: Acts }) {
  if (!acts.programs.length) return <Nothing>No program of theirs is known.</Nothing>;
  return (
    <Table aria-label="Programs" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Program</Table.Th>
          <Table.Th w={90}>Processes</Table.Th>
          <Table.Th w={70}>Hosts</Table.Th>
          <Table.Th w={160}>Last run</Table.Th>
          <Table.Th>Last command</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {acts.programs.map((row) => (
          <Table.Tr key={text(row, "process_path")}>
            <Table.Td>
              <Foreign text={text(row, "process_path")} mono most={200} />
            </Table.Td>
            <Table.Td className="number">{text(row, "processes")}</Table.Td>
            <Table.Td className="number">{text(row, "hosts")}</Table.Td>
            <Table.Td>
              <Moment at={timeOf(row.last_time)} />
            </Table.Td>
            <Table.Td>
              <Foreign text={text(row, "last_cmd_line")} mono most={300} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Logins({ acts }: { acts: Acts }) {
  if (!acts.logins.length) return <Nothing>No login of theirs is known.</Nothing>;
  return (
    <Table aria-label="Logins" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={160}>Time</Table.Th>
          <Table.Th>What</Table.Th>
          <Table.Th>Host</Table.Th>
          <Table.Th>From</Table.Th>
          <Table.Th>Service</Table.Th>
          <Table.Th w={90}>Result</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {acts.logins.map((row) => (
          <Table.Tr key={`${row.stream} ${row.seq}`}>
            <Table.Td>
              <Moment at={timeOf(row.time)} />
            </Table.Td>
            {["event_type", "host", "src_ip", "auth_service"].map((name) => (
              <Table.Td key={name}>
                <Foreign text={text(row, name)} most={120} />
              </Table.Td>
            ))}
            <Table.Td>
              {row.status_id === 2 ? (
                <Badge color="red">failed</Badge>
              ) : (
                <span className="quiet">good</span>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Sessions({ acts }: { acts: Acts }) {
  if (!acts.sessions.length) return <Nothing>No session of theirs is known.</Nothing>;
  return (
    <Table aria-label="Sessions" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={110}>Session</Table.Th>
          <Table.Th>Host</Table.Th>
          <Table.Th w={160}>From</Table.Th>
          <Table.Th w={160}>To</Table.Th>
          <Table.Th w={80}>Events</Table.Th>
          <Table.Th>Rules that matched</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {acts.sessions.map((row) => (
          <Table.Tr key={`${row.stream} ${row.session_uid}`}>
            <Table.Td className="mono">{text(row, "session_uid")}</Table.Td>
            <Table.Td>
              <Foreign text={text(row, "host")} />
            </Table.Td>
            <Table.Td>
              <Moment at={timeOf(row.first_time)} />
            </Table.Td>
            <Table.Td>
              <Moment at={timeOf(row.last_time)} />
            </Table.Td>
            <Table.Td className="number">{text(row, "events")}</Table.Td>
            <Table.Td>{Array.isArray(row.rules) ? row.rules.join(", ") : ""}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
