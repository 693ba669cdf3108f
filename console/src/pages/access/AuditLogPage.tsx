/** Who changed what, field by field; whether the chain of entries is whole. */
import { Badge, Button, Group, Table } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { ExportMenu, exporting } from "@/parts/ExportMenu";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { AuditFilters, useSought } from "./AuditFilters";
import { Change } from "./Change";
import { differenceOf } from "./difference";

type Entry = Schema["EntryView"];

export default function AuditLogPage() {
  const query = useSought();
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
    <Page
      title="Audit log"
      note={<Verified />}
      actions={<ExportMenu name="audit-log" ask={exporting("/api/v1/audit-log/export", query)} />}
    >
      <AuditFilters entries={entries} />
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

/** Whether the chain of hashes is whole: told, and asked anew by a click. */
function Verified() {
  const found = useQuery({
    queryKey: ["audit log", "verification"],
    staleTime: 60_000,
    queryFn: () => got(api.GET("/api/v1/audit-log/verification")),
  });
  if (found.error && !found.data)
    return <Badge color="red">not verified: {found.error.message}</Badge>;
  if (!found.data) return <Badge color="gray">verifying the chain …</Badge>;
  const { whole: isWhole, entries, hash, problem } = found.data;
  return (
    <Group gap="xs">
      {isWhole ? (
        <Badge color="green" title={`the last hash is ${hash}`}>
          {whole(entries ?? 0)} entries, none changed or missing
        </Badge>
      ) : (
        <Badge color="red" style={{ maxWidth: "none" }}>
          {problem}
        </Badge>
      )}
      <Button
        variant="subtle"
        size="compact-xs"
        loading={found.isFetching}
        onClick={() => found.refetch()}
      >
        Verify again
      </Button>
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
          <Table.Th w={110}>
            <span className="hidden-visually">what changed</span>
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
                <span className="quiet">{entry.kind}</span> <Foreign text={entry.name} most={120} />
              </Table.Td>
              <Table.Td>
                {(entry.before || entry.after) && (
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    aria-expanded={open === entry.number}
                    aria-label={`${labelOf(entry)} of entry ${entry.number}`}
                    onClick={() => setOpen(open === entry.number ? null : entry.number)}
                  >
                    {labelOf(entry)}
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

function labelOf({ before, after }: Entry): string {
  const { length } = differenceOf(before, after).changed;
  return length === 1 ? "1 field" : `${length} fields`;
}
