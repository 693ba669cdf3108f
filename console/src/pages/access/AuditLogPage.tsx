/** Who changed what, with before and after; whether the chain of entries is whole. */
import { Badge, Button, Code, Group, Table, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";

type Entry = Schema["EntryView"];
const FILTERS = ["actor", "action", "kind"] as const;

export default function AuditLogPage() {
  const [url] = useUrl();
  const query = Object.fromEntries(
    FILTERS.flatMap((name) => (url.get(name) ? [[name, url.get(name)]] : [])),
  );
  const found = useInfiniteQuery({
    queryKey: ["audit log", query],
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/audit-log", {
          params: { query: { ...query, limit: 100, cursor: pageParam } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <Page title="Audit log" note={<Verified />}>
      <Filters />
      <Panel flush>
        <Answer
          of={found}
          lines={10}
          isEmpty={() => entries.length === 0}
          empty="No entry is like that."
        >
          {() => <Entries entries={entries} />}
        </Answer>
      </Panel>
      {found.hasNextPage && (
        <Group>
          <Button
            variant="default"
            loading={found.isFetchingNextPage}
            onClick={() => found.fetchNextPage()}
          >
            Older ones
          </Button>
        </Group>
      )}
    </Page>
  );
}

function Verified() {
  const found = useQuery({
    queryKey: ["audit log", "verification"],
    staleTime: 60_000,
    queryFn: () => got(api.GET("/api/v1/audit-log/verification")),
  });
  if (!found.data) return null;
  const { whole: isWhole, entries, problem } = found.data;
  if (isWhole)
    return <Badge color="green">{whole(entries ?? 0)} entries, none changed or missing</Badge>;
  return <Badge color="red">{problem}</Badge>;
}

function Filters() {
  const [url, setUrl] = useUrl();
  return (
    <Group gap="xs">
      {FILTERS.map((name) => (
        <TextInput
          key={name}
          aria-label={name}
          placeholder={name}
          defaultValue={url.get(name) ?? ""}
          onBlur={(event) => setUrl({ [name]: event.currentTarget.value }, true)}
          onKeyDown={(event) =>
            event.key === "Enter" && setUrl({ [name]: event.currentTarget.value }, true)
          }
        />
      ))}
      <Text size="xs" className="quiet">
        whole words; Enter filters
      </Text>
    </Group>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Table aria-label="Entries" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={70}>Number</Table.Th>
          <Table.Th w={160}>Time</Table.Th>
          <Table.Th w={140}>Who</Table.Th>
          <Table.Th w={110}>By</Table.Th>
          <Table.Th w={120}>Did</Table.Th>
          <Table.Th>What</Table.Th>
          <Table.Th w={90}>
            <span className="hidden-visually">before and after</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entries.map((entry) => (
          <Fragment key={entry.number}>
            <Table.Tr>
              <Table.Td className="number">{entry.number}</Table.Td>
              <Table.Td>
                <Moment at={entry.time} />
              </Table.Td>
              <Table.Td>
                <Foreign text={entry.actor} oneLine />
              </Table.Td>
              <Table.Td className="quiet" title={entry.address ?? undefined}>
                {entry.way}
              </Table.Td>
              <Table.Td>{entry.action}</Table.Td>
              <Table.Td>
                {entry.kind} <Foreign text={entry.name} most={120} />
              </Table.Td>
              <Table.Td>
                {(entry.before || entry.after) && (
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    aria-expanded={open === entry.number}
                    onClick={() => setOpen(open === entry.number ? null : entry.number)}
                  >
                    Change
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
            {open === entry.number && (
              <Table.Tr>
                <Table.Td colSpan={7}>
                  <Change entry={entry} />
                </Table.Td>
              </Table.Tr>
            )}
          </Fragment>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Change({ entry }: { entry: Entry }) {
  return (
    <Group align="flex-start" grow>
      {(["before", "after"] as const).map((side) => (
        <div key={side}>
          <Text size="xs" className="quiet">
            {side}
          </Text>
          <Code block tabIndex={0}>
            {entry[side] ? seen(JSON.stringify(entry[side], null, 2)).replaceAll("⏎", "\n") : "–"}
          </Code>
        </div>
      ))}
    </Group>
  );
}
