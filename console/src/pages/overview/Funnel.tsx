/** How much becomes how little: bars on a logarithmic scale, each step with what it is of the one before. */
import { Anchor, Box, Table } from "@mantine/core";
import { Link } from "wouter";
import { counted, whole } from "@/parts/numbers";
import type { Overview } from "./overview";
import { lengthOf, partText } from "./shares";

interface Step {
  name: string;
  count: number;
  of?: number; // the step that it is a part of
  ofName?: string;
  colour: string;
  href?: string;
}

function stepsOf(funnel: Overview["funnel"], range: string): Step[] {
  const { events, matches, suppressed, alerted, alerts, incidents } = funnel;
  return [
    { name: "events", count: events, colour: "var(--informational)" },
    { name: "matches", count: matches, of: events, ofName: "events", colour: "var(--low)" },
    {
      name: "suppressed",
      count: suppressed,
      of: matches,
      ofName: "matches",
      colour: "var(--expected)",
      href: `/suppressed${range}`,
    },
    { name: "alerted", count: alerted, of: matches, ofName: "matches", colour: "var(--odd)" },
    {
      name: "alerts",
      count: alerts,
      colour: "var(--high)",
      href: `/alerts${range ? `${range}&` : "?"}status=all`,
    },
    { name: "incidents", count: incidents, colour: "var(--critical)", href: "/incidents" },
  ];
}

export function Funnel({ funnel, from }: { funnel: Overview["funnel"]; from: string | null }) {
  const steps = stepsOf(funnel, from ? `?from=${encodeURIComponent(from)}` : "");
  const most = Math.max(...steps.map((step) => step.count));
  return (
    <Table
      aria-label="From events to incidents"
      layout="fixed"
      horizontalSpacing={6}
      withRowBorders={false}
    >
      <colgroup>
        <col style={{ width: 84 }} />
        <col style={{ width: 72 }} />
        <col />
        <col style={{ width: 124 }} />
      </colgroup>
      <Table.Thead className="hidden-visually">
        <Table.Tr>
          <Table.Th>What</Table.Th>
          <Table.Th>How many</Table.Th>
          <Table.Th>Bar</Table.Th>
          <Table.Th>Part</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {steps.map((step) => (
          <Table.Tr key={step.name}>
            <Table.Td>
              {step.href ? (
                <Anchor component={Link} size="sm" href={step.href}>
                  {step.name}
                </Anchor>
              ) : (
                step.name
              )}
            </Table.Td>
            <Table.Td ta="right" fw={600} className="number" title={whole(step.count)}>
              {counted(step.count)}
            </Table.Td>
            <Table.Td>
              <Box
                h={12}
                bg={step.colour}
                style={{ width: `${100 * lengthOf(step.count, most)}%`, borderRadius: 2 }}
              />
            </Table.Td>
            <Table.Td fz="xs" className="quiet number">
              {step.of
                ? `${partText(step.count, step.of)}${step.count ? ` of ${step.ofName}` : ""}`
                : ""}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
