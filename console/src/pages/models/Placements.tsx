import { Table, Text } from "@mantine/core";
import type { Schema } from "@/api/client";
import { Foreign } from "@/parts/Foreign";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { StageBadge } from "./Stage";

/** Every stage that a rule's model was placed in: who, why, on what evidence. */
export function Placements({ model }: { model: Schema["ModelView"] }) {
  return (
    <Table aria-label="Placements">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={170}>Time</Table.Th>
          <Table.Th w={100}>Stage</Table.Th>
          <Table.Th w={110}>By what</Table.Th>
          <Table.Th w={140}>By whom</Table.Th>
          <Table.Th w={80}>Version</Table.Th>
          <Table.Th>Why</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {model.placements.map((placed, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may say the same; they never move
          <Table.Tr key={index}>
            <Table.Td>
              <Moment at={placed.time} />
            </Table.Td>
            <Table.Td>
              <StageBadge stage={placed.stage} />
            </Table.Td>
            <Table.Td>{placed.cause}</Table.Td>
            <Table.Td>
              <Foreign text={placed.author} oneLine />
            </Table.Td>
            <Table.Td className="number">
              {placed.version}
              {placed.model !== model.hash && <span className="quiet"> (another)</span>}
            </Table.Td>
            <Table.Td>
              <Foreign text={placed.reason} />
              {placed.evidence.map((each) => (
                <Text key={each} size="xs" className="quiet">
                  {seen(each)}
                </Text>
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
