/** How much of each rule was suppressed, of all that is kept; a click shows that rule's. */
import { Anchor, Box, Table } from "@mantine/core";
import type { Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { percent, whole } from "@/parts/numbers";
import { useUrl } from "@/parts/url";
import { useRulesDone } from "./matches";

type Done = Schema["RuleDone"];

/** Rules with suppressed matches, those with the most first. */
export const hiding = (rules: Done[]): Done[] =>
  rules.filter((rule) => rule.suppressed > 0).toSorted((a, b) => b.suppressed - a.suppressed);

export function ByRule() {
  const found = useRulesDone();
  return (
    <Answer
      of={found}
      lines={3}
      isEmpty={(told) => hiding(told.rules).length === 0}
      empty="Nothing has been suppressed: every match alerted."
    >
      {(told) => <Rules rules={hiding(told.rules)} />}
    </Answer>
  );
}

function Rules({ rules }: { rules: Done[] }) {
  const [url, setUrl] = useUrl();
  const here = url.get("rule");
  return (
    <Box
      mah={150}
      style={{ overflow: "auto" }}
      tabIndex={0}
      role="region"
      aria-label="Suppressed matches by rule"
    >
      <Table stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rule</Table.Th>
            <Table.Th ta="right">Suppressed</Table.Th>
            <Table.Th ta="right">Of judged</Table.Th>
            <Table.Th ta="right">Alerted</Table.Th>
            <Table.Th ta="right">In alerts</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rules.map((rule) => (
            <Table.Tr key={rule.id} bg={rule.id === here ? "var(--chosen)" : undefined}>
              <Table.Td>
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  ta="left"
                  c={rule.id === here ? "inherit" : undefined}
                  aria-pressed={rule.id === here}
                  onClick={() => setUrl({ rule: rule.id === here ? null : rule.id })}
                >
                  <Foreign text={rule.title ?? rule.id} most={120} />
                </Anchor>
              </Table.Td>
              <Count value={whole(rule.suppressed)} />
              <Count
                value={rule.share_suppressed === null ? "–" : percent(rule.share_suppressed)}
              />
              <Count value={whole(rule.alerted)} />
              <Count value={whole(rule.alerts)} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}

const Count = ({ value }: { value: string }) => (
  <Table.Td ta="right" className="number">
    {value}
  </Table.Td>
);
