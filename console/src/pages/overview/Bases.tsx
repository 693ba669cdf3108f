import { Anchor, Table } from "@mantine/core";
import { Link } from "wouter";
import { Nothing } from "@/parts/Answer";
import { whole } from "@/parts/numbers";
import { Outcome } from "@/parts/Outcome";
import type { Overview } from "./overview";

/** Why matches alerted or not, the most first. */
export function Bases({ overview }: { overview: Overview }) {
  if (!overview.decisions.length) return <Nothing>Nothing was judged in this time.</Nothing>;
  return (
    <Table aria-label="Why matches alerted or not">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Decided</Table.Th>
          <Table.Th>Because</Table.Th>
          <Table.Th ta="right">Matches</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {overview.decisions.slice(0, 8).map((each) => (
          <Table.Tr key={`${each.outcome} ${each.basis}`}>
            <Table.Td>
              <Outcome outcome={each.outcome} />
            </Table.Td>
            <Table.Td>
              {each.outcome === "suppressed" ? (
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/suppressed?basis=${encodeURIComponent(each.basis)}`}
                >
                  {each.basis}
                </Anchor>
              ) : (
                each.basis
              )}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(each.matches)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
