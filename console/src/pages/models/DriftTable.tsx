/** Signs that matches are no longer what a model learned: what the daily review goes by. */
import { Anchor, Badge, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { percent, whole } from "@/parts/numbers";
import { seen } from "@/parts/text";
import type { Drift } from "./queries";

export function DriftTable({ drift }: { drift: Drift[] }) {
  return (
    <Table aria-label="Drift by model">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rule</Table.Th>
          <Table.Th ta="right">Judged lately</Table.Th>
          <Table.Th ta="right">Alerts</Table.Th>
          <Table.Th ta="right">Unknown to it</Table.Th>
          <Table.Th ta="right">When it learned</Table.Th>
          <Table.Th ta="right">Telemetry missing before</Table.Th>
          <Table.Th>What the review says</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {drift.map((each) => (
          <Table.Tr key={each.rule}>
            <Table.Td>
              <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(each.rule)}`}>
                {each.rule}
              </Anchor>
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(each.judged)}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(each.alerts)}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {each.judged ? percent(each.unknown) : "–"}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {percent(each.unknown_before)}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(each.incomplete)}
            </Table.Td>
            <Table.Td>
              <Said of={each} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const LEAST = 50; // matches below which the review says nothing of rates

export function Said({ of }: { of: Drift }) {
  if (of.objection)
    return (
      <>
        <Badge color="red">drifts</Badge>{" "}
        <Text span size="sm">
          {seen(of.objection)}
        </Text>
      </>
    );
  if (of.judged < LEAST) return <span className="quiet">too few matches to say</span>;
  return <span>nothing speaks against it</span>;
}
