/** What each table of the lake holds, how long it is kept, and what room there is for more. */
import { SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { bytesText, counted, percent } from "@/parts/numbers";
import { Figure, Panel } from "@/parts/Page";
import { Moment, spanText } from "@/parts/times";

const OFTEN = 60_000; // ms
type Held = Schema["HeldView"];

export const useStorage = () =>
  useQuery({
    queryKey: ["storage"],
    refetchInterval: OFTEN,
    queryFn: () => got(api.GET("/api/v1/storage")),
  });

export function Storage() {
  const found = useStorage();
  return (
    <Panel title="Storage" note="what the lake holds of your organisation, and how long it stays">
      <Answer of={found} lines={8}>
        {(data) => (
          <Stack gap="xs">
            <Room storage={data} />
            <Tables tables={data.tables} known={data.retention_known} />
          </Stack>
        )}
      </Answer>
    </Panel>
  );
}

const sum = (values: number[]): number => values.reduce((all, each) => all + each, 0);

function Room({ storage }: { storage: Schema["StorageView"] }) {
  const { disk, tables, reserve_bytes: reserve } = storage;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="xs">
      <Figure
        name="In the lake"
        value={bytesText(sum(tables.map((each) => each.bytes)))}
        note={`${counted(sum(tables.map((each) => each.files)))} files`}
      />
      <Figure
        name="Came in 7 days"
        value={bytesText(sum(tables.map((each) => each.lately_bytes)))}
        note="files whose newest rows came since"
      />
      <Figure
        name="Free on its disk"
        value={disk ? bytesText(disk.free_bytes) : "–"}
        note={
          disk
            ? `${percent(disk.free_bytes / disk.total_bytes)} of ${bytesText(disk.total_bytes)}`
            : "the lake is in an object store"
        }
      />
      <Figure
        name="Reserve of the intake"
        value={reserve === null ? "–" : bytesText(reserve)}
        note={
          reserve === null ? "another process takes it in" : "it takes nothing when less is left"
        }
      />
    </SimpleGrid>
  );
}

function Tables({ tables, known }: { tables: Held[]; known: boolean }) {
  return (
    <>
      <Table.ScrollContainer minWidth={980}>
        <Table aria-label="Tables of the lake">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Table</Table.Th>
              <Table.Th ta="right">Rows</Table.Th>
              <Table.Th ta="right">Size</Table.Th>
              <Table.Th ta="right">Came in 7 days</Table.Th>
              <Table.Th ta="right">Files (cold)</Table.Th>
              <Table.Th>First came</Table.Th>
              <Table.Th>Last came</Table.Th>
              <Table.Th>Cold after</Table.Th>
              <Table.Th>Kept for</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tables.map((each) => (
              <Row key={each.table} held={each} known={known} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {!known && (
        <Text size="xs" className="quiet">
          How long rows are kept is not known: no worker has begun yet.
        </Text>
      )}
    </>
  );
}

function Row({ held, known }: { held: Held; known: boolean }) {
  const kept = (seconds: number | null, never: string) =>
    !known ? "–" : seconds === null ? never : spanText(seconds);
  return (
    <Table.Tr className="number unbroken">
      <Table.Th scope="row" fw={400}>
        {held.table}
      </Table.Th>
      <Table.Td ta="right">{counted(held.rows)}</Table.Td>
      <Table.Td ta="right">{bytesText(held.bytes)}</Table.Td>
      <Table.Td ta="right">{bytesText(held.lately_bytes)}</Table.Td>
      <Table.Td ta="right">
        {counted(held.files)} ({counted(held.cold_files)})
      </Table.Td>
      <Table.Td>
        <Moment at={held.oldest} />
      </Table.Td>
      <Table.Td>
        <Moment at={held.newest} />
      </Table.Td>
      <Table.Td>{kept(held.cold_after_seconds, "never")}</Table.Td>
      <Table.Td>{kept(held.expire_after_seconds, "always")}</Table.Td>
    </Table.Tr>
  );
}
