import { Badge, Table } from "@mantine/core";
import type { Schema } from "@/api/client";
import { Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";

/** What each gate says of a model. */
export function Gates({ gates }: { gates: Schema["GateView"][] }) {
  if (!gates.length) return <Nothing>No gate has looked at it.</Nothing>;
  return (
    <Table aria-label="Gates">
      <Table.Thead className="hidden-visually">
        <Table.Tr>
          <Table.Th>Word</Table.Th>
          <Table.Th>Gate</Table.Th>
          <Table.Th>Why</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {gates.map((gate) => (
          <Table.Tr key={gate.name}>
            <Table.Td w={90}>
              <Badge color={gate.passed ? "green" : "red"}>
                {gate.passed ? "passed" : "failed"}
              </Badge>
            </Table.Td>
            <Table.Td w={140}>{gate.name}</Table.Td>
            <Table.Td>
              <Foreign text={gate.sentence} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
