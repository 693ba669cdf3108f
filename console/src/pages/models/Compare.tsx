/** Two versions side by side: matches and recorded attacks that change sides. */
import { Anchor, Group, Select, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, newKey, type Schema } from "@/api/client";
import { Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Ask } from "./Ask";
import { type ChangedRule, type Comparison, moving } from "./comparison";

type Version = Schema["foreseen__api__model_views__VersionView"];

export function Compare({ versions }: { versions: Version[] }) {
  const used = versions.find((each) => each.in_use)?.version ?? versions[0]?.version ?? 1;
  const other = versions.find((each) => each.version !== used)?.version ?? used;
  const [first, setFirst] = useState(used);
  const [second, setSecond] = useState(other);
  const data = versions.map(({ version }) => ({
    value: String(version),
    label: `version ${version}`,
  }));
  const choice = (label: string, value: number, set: (version: number) => void) => (
    <Select
      label={label}
      data={data}
      value={String(value)}
      allowDeselect={false}
      w={140}
      onChange={(chosen) => chosen && set(Number(chosen))}
    />
  );
  return (
    <Panel title="Compare two versions" note="on retained matches, and on attacks of the gates">
      <Stack gap="xs">
        <Group gap="xs">
          {choice("From", first, setFirst)}
          {choice("to", second, setSecond)}
        </Group>
        <Ask
          key={`${first} ${second}`}
          name="Compare"
          disabled={first === second}
          ask={() =>
            got(
              api.POST("/api/v1/models/compare", {
                body: { first, second },
                params: { header: { "idempotency-key": newKey() } },
              }),
            )
          }
        >
          {(result) => <Compared told={result as Comparison} />}
        </Ask>
      </Stack>
    </Panel>
  );
}

function Compared({ told }: { told: Comparison }) {
  const rules = moving(told);
  return (
    <Stack gap="xs">
      <Text size="sm">
        Of {whole(told.matches)} matches; recorded attacks caught: {told.before.caught} of{" "}
        {told.before.chains} by version {told.first}, {told.after.caught} of {told.after.chains} by
        version {told.second}.
      </Text>
      {told.lost.length > 0 && (
        <Text size="sm" c="var(--critical)">
          Lost: {told.lost.map(seen).join(", ")}
        </Text>
      )}
      {told.won.length > 0 && <Text size="sm">Won: {told.won.map(seen).join(", ")}</Text>}
      {rules.length ? <Rules rules={rules} /> : <Nothing>No match changes sides.</Nothing>}
    </Stack>
  );
}

function Rules({ rules }: { rules: ChangedRule[] }) {
  return (
    <Table aria-label="Matches that change sides, by rule">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rule</Table.Th>
          <Table.Th ta="right">Matches</Table.Th>
          <Table.Th ta="right">Suppressed before</Table.Th>
          <Table.Th ta="right">after</Table.Th>
          <Table.Th ta="right">Silenced</Table.Th>
          <Table.Th ta="right">Told</Table.Th>
          <Table.Th>For example</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rules.map((each) => (
          <Table.Tr key={each.rule}>
            <Table.Td>
              <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(each.rule)}`}>
                {each.rule}
              </Anchor>
            </Table.Td>
            {[each.matches, each.before, each.after, each.silenced, each.told].map((value, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: cells never move
              <Table.Td key={at} ta="right" className="number">
                {whole(value)}
              </Table.Td>
            ))}
            <Table.Td>
              {each.examples.map((example) => (
                <Foreign
                  key={example.uid}
                  text={`${example.workload}: ${example.act}`}
                  mono
                  oneLine
                />
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
