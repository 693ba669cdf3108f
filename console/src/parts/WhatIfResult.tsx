/** What an edit would have done with the past: alerts that come and go, and what attacks it loses. */
import { Alert, Anchor, Group, List, SimpleGrid, Stack, Table, Tabs, Text } from "@mantine/core";
import { Link } from "wouter";
import { Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { counted, whole } from "@/parts/numbers";
import { Figure } from "@/parts/Page";
import { Severity } from "@/parts/severity";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import {
  differenceText,
  type Example,
  type RuleVolume,
  recallText,
  type Volume,
  type WhatIf,
} from "@/parts/whatif";

const isoOf = (time: number | null) => (time === null ? null : new Date(time).toISOString());

export function WhatIfResult({ told }: { told: WhatIf }) {
  const { recall, period } = told;
  return (
    <Stack gap="sm" aria-label="What it would change" role="region">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs">
        <Figure
          name="Alerts"
          value={differenceText(told.alerts)}
          note={`${whole(told.alerts.before)} before, ${whole(told.alerts.after)} with it`}
        />
        <Figure name="Added" value={counted(told.added)} note="only the edit raises them" />
        <Figure name="Removed" value={counted(told.removed)} note="the edit takes them away" />
        <Figure
          name="Matches"
          value={differenceText(period.matches)}
          note={`of ${counted(period.events)} events`}
        />
      </SimpleGrid>
      <Alert
        color={recall.lost.length ? "red" : "gray"}
        title={recall.lost.length ? "It loses recorded attacks" : undefined}
        py="xs"
      >
        <Text size="sm">{recallText(recall)}</Text>
        {recall.lost.length > 0 && <Text size="sm">Lost: {recall.lost.map(seen).join(", ")}</Text>}
        {recall.won.length > 0 && <Text size="sm">Won: {recall.won.map(seen).join(", ")}</Text>}
      </Alert>
      <Rules rules={told.rules} />
      <Examples examples={told.examples} />
      <Text size="xs" className="quiet">
        Replayed from <Moment at={isoOf(period.first)} /> to <Moment at={isoOf(period.last)} />, by{" "}
        {told.method}.
      </Text>
      {told.notes.length > 0 && (
        <List size="xs" className="quiet">
          {told.notes.map((note) => (
            <List.Item key={note}>{seen(note)}</List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}

const pair = ({ before, after }: Volume) =>
  before === after ? whole(after) : `${whole(before)} → ${whole(after)}`;

function Rules({ rules }: { rules: RuleVolume[] }) {
  if (!rules.length) return <Nothing>No rule does anything else than before.</Nothing>;
  return (
    <Table aria-label="By rule">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rule</Table.Th>
          <Table.Th>Edit</Table.Th>
          <Table.Th ta="right">Matches</Table.Th>
          <Table.Th ta="right">Suppressed</Table.Th>
          <Table.Th ta="right">Alerts</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rules.map((each) => (
          <Table.Tr key={each.rule}>
            <Table.Td>
              <Foreign text={each.rule} oneLine />
            </Table.Td>
            <Table.Td>{each.edit || "–"}</Table.Td>
            <Table.Td ta="right" className="number">
              {pair(each.matches)}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {pair(each.suppressed)}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {pair(each.alerts)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const KINDS = ["added", "removed", "changed"] as const;

function Examples({ examples }: { examples: WhatIf["examples"] }) {
  const there = KINDS.filter((kind) => examples[kind]?.length);
  if (!there.length) return null;
  return (
    <Tabs defaultValue={there[0]} keepMounted={false}>
      <Tabs.List aria-label="Examples">
        {there.map((kind) => (
          <Tabs.Tab key={kind} value={kind}>
            Examples {kind}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {there.map((kind) => (
        <Tabs.Panel key={kind} value={kind} pt="xs">
          <Stack gap={6}>
            {examples[kind].map((each) => (
              <OneExample key={each.uid} of={each} there={kind !== "added"} />
            ))}
          </Stack>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function OneExample({ of, there }: { of: Example; there: boolean }) {
  const why = Array.isArray(of.why) ? of.why.join(" ") : of.why;
  return (
    <Stack gap={0}>
      <Group gap="sm">
        <Severity severity={of.severity} />
        <Moment at={isoOf(of.first_time)} />
        {there ? (
          <Anchor component={Link} size="sm" href={`/alerts/${encodeURIComponent(of.uid)}`}>
            <Foreign text={of.title} oneLine />
          </Anchor>
        ) : (
          <Foreign text={of.title} oneLine />
        )}
        <Text size="sm" className="quiet">
          {seen(of.workload)} · {seen(of.host)} · {whole(of.count)} matches
        </Text>
      </Group>
      <Text size="sm" component="div">
        <Foreign text={why} most={400} />
      </Text>
    </Stack>
  );
}
