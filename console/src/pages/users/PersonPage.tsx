/** One user: when and from where they logged in, what they ran, what they touched, what alerted. */
import { Anchor, SimpleGrid, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { counted } from "@/parts/numbers";
import { Figure, Page } from "@/parts/Page";
import { SpanChoice, useSpan } from "@/parts/span";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { Commands, Files, Logins, Programs, Sessions } from "./Acts";
import { Alerted } from "./Alerted";
import { Course, New, Risk } from "./PersonCourse";

export function PersonPage({ name }: { name: string }) {
  const [url, setUrl] = useUrl();
  const { from } = useSpan();
  const found = useQuery({
    queryKey: ["person", name, from],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/people/{name}", {
          params: { path: { name }, query: { from, limit: MOST } },
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
        {(acts) => (
          <>
            <Numbers person={acts.person} />
            <Course name={name} />
          </>
        )}
      </Answer>
      {found.data && isCut(found.data) && (
        <Text size="xs" className="quiet">
          Lists end after {MOST} entries, the newest of them: a shorter time, or Hunt, shows others.
        </Text>
      )}
      <Tabs
        value={url.get("tab") ?? "commands"}
        onChange={(tab) => setUrl({ tab: tab === "commands" ? null : tab }, true)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="commands">What they ran</Tabs.Tab>
          <Tabs.Tab value="alerted">What alerted</Tabs.Tab>
          <Tabs.Tab value="risk">Risk</Tabs.Tab>
          <Tabs.Tab value="new">What is new</Tabs.Tab>
          <Tabs.Tab value="programs">Programs</Tabs.Tab>
          <Tabs.Tab value="logins">Logins</Tabs.Tab>
          <Tabs.Tab value="sessions">Sessions</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="commands" pt="xs">
          <Answer of={found}>{(acts) => <Commands acts={acts} />}</Answer>
        </Tabs.Panel>
        <Tabs.Panel value="alerted" pt="xs">
          <Answer of={found}>{(acts) => <Alerted acts={acts} />}</Answer>
        </Tabs.Panel>
        <Tabs.Panel value="risk" pt="xs">
          <Risk name={name} />
        </Tabs.Panel>
        <Tabs.Panel value="new" pt="xs">
          <Answer of={found}>{(acts) => <New name={name} first={acts.person.first_time} />}</Answer>
        </Tabs.Panel>
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
          <Answer of={found}>{(acts) => <Files acts={acts} />}</Answer>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

const MOST = 200; // entries of each list

const isCut = (acts: Schema["ActsView"]): boolean =>
  [acts.commands, acts.alerted, acts.programs, acts.logins, acts.sessions, acts.files].some(
    (list) => list.length >= MOST,
  );

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
