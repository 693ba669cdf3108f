/** Signs that matches are no longer what a model learned: what the daily review goes by. */
import { Anchor, Badge, Box, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { percent, whole } from "@/parts/numbers";
import { seen } from "@/parts/text";
import { pace, stabilityText } from "./curve";
import type { Drift, Shift } from "./measured";

const NAMES = [
  "Matches when it learned",
  "lately",
  "Judged",
  "Alerts",
  "Unknown to it",
  "when it learned",
  "Telemetry missing",
];

export function DriftTable({ drift }: { drift: Drift[] }) {
  return (
    <Box style={{ overflowX: "auto" }} tabIndex={0} role="region" aria-label="Drift by model">
      <Table aria-label="Drift by model" miw="78rem">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rule</Table.Th>
            {NAMES.map((name) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
            <Table.Th>Workloads</Table.Th>
            <Table.Th>What the review says</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {drift.map((each) => (
            <Line key={each.rule} of={each} />
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}

function Line({ of }: { of: Drift }) {
  const cells = [
    ...rates(of.shift),
    whole(of.judged),
    whole(of.alerts),
    of.judged ? percent(of.unknown) : "–",
    percent(of.unknown_before),
    whole(of.incomplete),
  ];
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(of.rule)}`}>
          {of.rule}
        </Anchor>
      </Table.Td>
      {cells.map((text, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells never move
        <Table.Td key={at} ta="right" className="number unbroken">
          {text}
        </Table.Td>
      ))}
      <Table.Td className="unbroken">{stabilityText(of.shift?.places ?? null)}</Table.Td>
      <Table.Td>
        <Said of={of} />
      </Table.Td>
    </Table.Tr>
  );
}

const rates = (shift: Shift | null): [string, string] =>
  shift ? [pace(shift.learned, shift.days_before), pace(shift.lately, shift.days)] : ["–", "–"];

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
