/** What a comparison of two versions answers, for people. */
import { Alert, Anchor, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { percent, whole } from "@/parts/numbers";
import { Figure, Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { type ChangedRule, type Comparison, exampleText, moving, sums } from "./comparison";

export function Compared({ told }: { told: Comparison }) {
  const rules = moving(told);
  const { silenced, toldAnew } = sums(told);
  const recall = ({ caught, chains }: Comparison["before"]) =>
    chains ? `${caught} of ${chains}` : "–";
  const missed = ({ chains, upper }: Comparison["before"]) =>
    chains ? `at most ${percent(upper)} missed (95 %)` : "none fits here";
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="xs">
        <Figure
          name="Would be silenced"
          value={whole(silenced)}
          note={`alerted by version ${told.first}, of ${whole(told.matches)} matches`}
        />
        <Figure
          name="Would be told anew"
          value={whole(toldAnew)}
          note={`silenced by version ${told.first}`}
        />
        <Figure
          name={`Attacks told of by version ${told.first}`}
          value={recall(told.before)}
          note={missed(told.before)}
        />
        <Figure
          name={`Attacks told of by version ${told.second}`}
          value={recall(told.after)}
          note={missed(told.after)}
        />
      </SimpleGrid>
      <Attacks told={told} />
      <Panel title="Matches that change sides" note="as if all models may suppress" flush>
        {rules.length ? (
          <Rules rules={rules} told={told} />
        ) : (
          <Nothing>
            No match changes sides from version {told.first} to {told.second}.
          </Nothing>
        )}
      </Panel>
    </Stack>
  );
}

function Attacks({ told }: { told: Comparison }) {
  return (
    <>
      {told.lost.length > 0 && (
        <Alert color="red" title={`Version ${told.second} loses attacks`}>
          {told.lost.map(seen).join(", ")}
        </Alert>
      )}
      {told.won.length > 0 && (
        <Text size="sm">
          Attacks that only version {told.second} tells of: {told.won.map(seen).join(", ")}.
        </Text>
      )}
    </>
  );
}

function Rules({ rules, told }: { rules: ChangedRule[]; told: Comparison }) {
  const names = ["Matches", `Suppressed by ${told.first}`, `by ${told.second}`];
  return (
    <Table aria-label="Matches that change sides, by rule">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rule</Table.Th>
          {[...names, "Silenced", "Told anew"].map((name) => (
            <Table.Th key={name} ta="right">
              {name}
            </Table.Th>
          ))}
          <Table.Th w="50%">For example</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rules.map((each) => (
          <Row key={each.rule} of={each} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ of }: { of: ChangedRule }) {
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td>
        <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(of.rule)}`}>
          {of.rule}
        </Anchor>
      </Table.Td>
      {[of.matches, of.before, of.after, of.silenced, of.told].map((value, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells never move
        <Table.Td key={at} ta="right" className="number">
          {whole(value)}
        </Table.Td>
      ))}
      <Table.Td>
        <Text size="xs" className="quiet">
          {exampleText(of)}
        </Text>
        {of.examples.map((example) => (
          <div key={example.uid}>
            <Moment at={new Date(example.time).toISOString()} />{" "}
            <Foreign text={example.act} mono most={200} /> from{" "}
            <Foreign text={example.parent} mono most={100} /> on <Foreign text={example.workload} />
          </div>
        ))}
      </Table.Td>
    </Table.Tr>
  );
}
