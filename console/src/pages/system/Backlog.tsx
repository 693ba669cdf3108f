/** What was acknowledged and is not yet in the lake. */
import { Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { counted } from "@/parts/numbers";
import { Moment } from "@/parts/times";

const OFTEN = 5_000; // ms

export function Backlog() {
  const found = useQuery({
    queryKey: ["intake"],
    refetchInterval: OFTEN,
    queryFn: () => got(api.GET("/api/v1/intake")),
  });
  return (
    <Answer of={found} lines={2}>
      {({ partitions, sources }) => (
        <Stack gap="xs">
          <Partitions partitions={partitions} />
          <Text size="xs" className="quiet">
            Bytes of the server's own log, or records of a broker. <LastCame sources={sources} />
          </Text>
        </Stack>
      )}
    </Answer>
  );
}

function LastCame({ sources }: { sources: Schema["SourceView"][] }) {
  if (sources.length === 0) return <>No request has come yet.</>;
  const last = Math.max(...sources.map((source) => source.last));
  return (
    <>
      The last request came <Moment at={new Date(last).toISOString()} />.
    </>
  );
}

function Partitions({ partitions }: { partitions: Schema["PartitionView"][] }) {
  if (partitions.length === 0) return <Nothing>Nobody reads the intake in this process.</Nothing>;
  const all = partitions.reduce((sum, each) => sum + each.lag, 0);
  return (
    <Table aria-label="Partitions of the intake">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Partition</Table.Th>
          <Table.Th ta="right">Kept from</Table.Th>
          <Table.Th ta="right">Read up to</Table.Th>
          <Table.Th ta="right">End</Table.Th>
          <Table.Th ta="right">Behind</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {partitions.map((each) => (
          <Table.Tr key={each.partition} className="number">
            <Table.Td>{each.partition}</Table.Td>
            <Table.Td ta="right">{counted(each.first)}</Table.Td>
            <Table.Td ta="right">{counted(each.consumed)}</Table.Td>
            <Table.Td ta="right">{counted(each.end)}</Table.Td>
            <Table.Td ta="right">{counted(each.lag)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
      {partitions.length > 1 && (
        <Table.Tfoot>
          <Table.Tr className="number">
            <Table.Th colSpan={4}>All</Table.Th>
            <Table.Th ta="right">{counted(all)}</Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      )}
    </Table>
  );
}
