/** What was promised of false alerts, and what came of it, all together and by rule. */
import { Anchor, Badge, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { percent, whole } from "@/parts/numbers";
import type { Promised, Promises } from "./measured";

export function PromiseTable({ told }: { told: Promises }) {
  const lines = [...(told.tenant ? [told.tenant] : []), ...told.rules];
  return (
    <>
      <Table aria-label="Promised and realised shares">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rule</Table.Th>
            <Table.Th ta="right">Expected matches</Table.Th>
            <Table.Th ta="right">Alerted</Table.Th>
            <Table.Th ta="right">Promised</Table.Th>
            <Table.Th ta="right">Realised</Table.Th>
            <Table.Th>95 % interval</Table.Th>
            <Table.Th>Kept</Table.Th>
            <Table.Th ta="right">Dismissed by people</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Line key={line.rule ?? ""} of={line} />
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" className="quiet" p="xs">
        The promise is made for all rules together; each lies around it. Assumed: a match is
        expected unless its alert was escalated, so an open alert counts as false. Intervals come
        from drawing login sessions and host-days.
      </Text>
    </>
  );
}

function Line({ of }: { of: Promised }) {
  return (
    <Table.Tr>
      <Table.Td>
        {of.rule === null ? (
          <b>all rules</b>
        ) : (
          <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(of.rule)}`}>
            {of.rule}
          </Anchor>
        )}
      </Table.Td>
      {[whole(of.matches), whole(of.alerted), percent(of.promised), percent(of.realised)].map(
        (text, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: cells never move
          <Table.Td key={at} ta="right" className="number">
            {text}
          </Table.Td>
        ),
      )}
      <Table.Td className="number">
        {percent(of.low)} to {percent(of.high)}
      </Table.Td>
      <Table.Td>
        <Kept of={of} />
      </Table.Td>
      <Table.Td ta="right" className="number">
        {whole(of.dismissed)}
      </Table.Td>
    </Table.Tr>
  );
}

export function Kept({ of }: { of: Promised }) {
  if (!of.enough)
    return (
      <span className="quiet">
        {of.clusters === 1 ? "one session or host-day" : `${of.clusters} sessions or host-days`}:
        too few to say
      </span>
    );
  if (of.inside) return <Badge color="green">kept</Badge>;
  return of.realised > of.promised ? (
    <Badge color="red">louder</Badge>
  ) : (
    <Badge color="gray">quieter</Badge>
  );
}
