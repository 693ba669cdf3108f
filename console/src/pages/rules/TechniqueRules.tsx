/** Rules of an ATT&CK technique: which are on, tested, can match, and which stayed silent. */
import { Anchor, Badge, Group, Stack, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { type RuleOf, rulesOf, STATES, type Technique } from "./coverage";
import { useAllRules, useRuleFigures } from "./queries";

export function TechniqueRules({ technique, id }: { technique?: Technique; id: string }) {
  const rules = useAllRules();
  const figures = useRuleFigures();
  if (!technique) return <Text size="sm">No rule names {seen(id)}.</Text>;
  return (
    <Panel
      title={`${technique.id}: ${technique.state}`}
      note={STATES[technique.state].says}
      actions={
        <Anchor component={Link} size="sm" href={`/rules?show=all&technique=${technique.id}`}>
          In the list of rules
        </Anchor>
      }
    >
      <Stack gap="xs">
        {technique.parts.length > 0 && (
          <Group gap={4}>
            {technique.parts.map((part) => (
              <Badge key={part.id} variant="outline" color="gray">
                {part.id}: {part.state}
              </Badge>
            ))}
          </Group>
        )}
        <Answer of={rules}>
          {(all) => (
            <Answer of={figures}>
              {(done) => <Rules of={rulesOf(technique, all, done.rules)} />}
            </Answer>
          )}
        </Answer>
      </Stack>
    </Panel>
  );
}

function Rules({ of }: { of: RuleOf[] }) {
  const silent = of.filter((rule) => rule.enabled && !rule.matches).length;
  const off = of.filter((rule) => !rule.enabled).length;
  return (
    <>
      <Text size="sm">
        {whole(of.length - off)} on, {whole(off)} disabled; {whole(silent)} of those that are on
        never matched what is retained.
      </Text>
      <Table aria-label="Rules of the technique">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rule</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Tests</Table.Th>
            <Table.Th>Telemetry</Table.Th>
            <Table.Th ta="right">Matches</Table.Th>
            <Table.Th ta="right">Alerts</Table.Th>
            <Table.Th>Last match</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((rule) => (
            <Table.Tr key={rule.id}>
              <Table.Td>
                <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(rule.id)}`}>
                  {rule.id}
                </Anchor>
              </Table.Td>
              <Table.Td>{stateText(rule)}</Table.Td>
              <Table.Td>
                {rule.enabled ? (rule.tested ? "tested" : "none, or too few") : "–"}
              </Table.Td>
              <Table.Td>{rule.telemetry}</Table.Td>
              <Table.Td ta="right" className="number">
                {whole(rule.matches)}
              </Table.Td>
              <Table.Td ta="right" className="number">
                {whole(rule.alerts)}
              </Table.Td>
              <Table.Td>
                <Moment at={rule.last} short />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}

function stateText(rule: RuleOf): string {
  if (!rule.enabled) return "disabled";
  return rule.matches ? "on" : "on, silent";
}
