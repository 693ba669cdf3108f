import { Table, Text } from "@mantine/core";
import { whole } from "@/parts/numbers";
import { spanText } from "@/parts/times";
import type { Overview } from "./overview";

const MEASURES = [
  { measure: "detect", name: "MTTD", means: "from the event until its alert was raised" },
  { measure: "know", name: "MTTK", means: "from there until a person said what it was" },
  { measure: "respond", name: "MTTR", means: "from there until an escalated one was resolved" },
] as const;

/** Times to detect, to know and to respond: mean, half, nine in ten, and of how many alerts. */
export function Times({ times }: { times: Overview["times"] }) {
  return (
    <>
      <Table aria-label="Times to detect, to know and to respond">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th ta="right">Mean</Table.Th>
            <Table.Th ta="right">Half within</Table.Th>
            <Table.Th ta="right">90 % within</Table.Th>
            <Table.Th ta="right">Alerts</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {MEASURES.map(({ measure, name, means }) => {
            const took = times.find((each) => each.measure === measure);
            const told = (seconds: number | undefined) =>
              seconds === undefined ? "–" : spanText(seconds);
            return (
              <Table.Tr key={measure}>
                <Table.Td>
                  <b>{name}</b>
                  <Text size="xs" className="quiet">
                    {means}
                  </Text>
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {told(took?.mean)}
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {told(took?.p50)}
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {told(took?.p90)}
                </Table.Td>
                <Table.Td ta="right" className="number">
                  {took ? whole(took.alerts) : 0}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      <Text size="xs" className="quiet">
        Of alerts raised in the months that the time touches; “within” is right to a quarter of
        itself.
      </Text>
    </>
  );
}
