/** What an edit would have done with the past: alerts that come and go, and what attacks it loses. */
import { Alert, List, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { counted, whole } from "@/parts/numbers";
import { Figure } from "@/parts/Page";
import { Receipt } from "@/parts/Receipt";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { WhatIfDays } from "@/parts/WhatIfDays";
import { WhatIfExamples } from "@/parts/WhatIfExamples";
import {
  differenceText,
  pairText,
  type RuleVolume,
  recallText,
  suppressedOf,
  type Volume,
  type WhatIf,
} from "@/parts/whatif";

const isoOf = (time: number | null) => (time === null ? null : new Date(time).toISOString());

export function WhatIfResult({ told }: { told: WhatIf }) {
  const { recall, period } = told;
  return (
    <Stack gap="sm" aria-label="What it would change" role="region">
      <Figures told={told} />
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
      {told.added + told.removed > 0 && (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
          <WhatIfDays days={told.days} />
          <Workloads workloads={told.workloads} />
        </SimpleGrid>
      )}
      <WhatIfExamples told={told} />
      <Moved receipts={told.receipts ?? []} />
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

function Figures({ told }: { told: WhatIf }) {
  const { alerts, period } = told;
  return (
    <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="xs">
      <Figure
        name="Alerts"
        value={differenceText(alerts)}
        note={`${whole(alerts.before)} now, ${whole(alerts.after)} with the edit`}
      />
      <Figure name="Added" value={counted(told.added)} note="only the edit raises them" />
      <Figure name="Removed" value={counted(told.removed)} note="the edit takes them away" />
      <Figure
        name="Matches"
        value={differenceText(period.matches)}
        note={`judged, of ${counted(period.events)} events`}
      />
      <Figure
        name="Suppressed"
        value={differenceText(suppressedOf(told.rules))}
        note="matches that models hide"
      />
    </SimpleGrid>
  );
}

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
            <Numbers of={each.matches} />
            <Numbers of={each.suppressed} />
            <Numbers of={each.alerts} />
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const Numbers = ({ of }: { of: Volume }) => (
  <Table.Td ta="right" className="number">
    {pairText(of)}
  </Table.Td>
);

function Workloads({ workloads }: { workloads: WhatIf["workloads"] }) {
  return (
    <Table aria-label="Alerts by workload">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Workload</Table.Th>
          <Table.Th ta="right">Alerts</Table.Th>
          <Table.Th ta="right">Difference</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {Object.entries(workloads).map(([name, volume]) => (
          <Table.Tr key={name}>
            <Table.Td>
              <Foreign text={name} oneLine />
            </Table.Td>
            <Numbers of={volume} />
            <Table.Td ta="right" className="number">
              {differenceText(volume)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** What models would learn otherwise, if they are trained after the edit. */
function Moved({ receipts }: { receipts: Record<string, unknown>[] }) {
  if (!receipts.length) return null;
  return (
    <Stack gap="xs" component="section">
      <Text size="sm" fw={600}>
        What it moves in the models, once they are trained again
      </Text>
      {receipts.map((each) => (
        <Receipt key={String(each.rule)} receipt={each} />
      ))}
    </Stack>
  );
}
