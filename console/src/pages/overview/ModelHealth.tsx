/** How the models stand: their stages, the threshold in force, what they would miss, why matches alert. */
import { Anchor, Stack, Table, Text } from "@mantine/core";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import { type Overview, useModels } from "./overview";
import { missedText } from "./shares";

const STAGES = ["suppress", "assist", "observe"];

export function ModelHealth({ overview }: { overview: Overview }) {
  const models = useModels();
  return (
    <Stack gap="xs">
      <Answer
        of={models}
        isEmpty={(told) => told === null}
        empty={
          <>
            No model has been trained, so every match alerts. <Link href="/models">Train them</Link>
          </>
        }
      >
        {(told) =>
          told && (
            <Facts
              of={[
                [
                  "models",
                  <Anchor key="models" component={Link} size="sm" href="/models">
                    {STAGES.map(
                      (stage) =>
                        `${told.models.filter((each) => each.stage === stage).length} ${stage}`,
                    ).join(", ")}
                  </Anchor>,
                ],
                ["version", whole(told.version)],
                ["accepted until", <Moment key="until" at={told.accepted_until} />],
                ["alerts at or below", budgetText(told.budget.in_force, told.budget.share)],
                ["without a model", `${Object.keys(told.skipped).length} marked rules`],
              ]}
            />
          )
        }
      </Answer>
      <Missed />
      <Bases overview={overview} />
    </Stack>
  );
}

const budgetText = (force: number, share: number): string =>
  `${percent(force)} of expected matches as surprising${force === share ? "" : ` (asked for: ${percent(share)})`}`;

function Missed() {
  const ledger = useLedger();
  return (
    <Answer of={ledger} lines={1}>
      {(told) => (
        <Text size="sm">
          {told === null
            ? "What the models would miss has not been measured here yet: the ledger is on the page Models."
            : missedText(told.ledger.sealed.product)}
        </Text>
      )}
    </Answer>
  );
}

function Bases({ overview }: { overview: Overview }) {
  if (!overview.decisions.length) return null;
  return (
    <Table aria-label="Why matches alerted or not">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Decided</Table.Th>
          <Table.Th>Because</Table.Th>
          <Table.Th ta="right">Matches</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {overview.decisions.slice(0, 8).map((each) => (
          <Table.Tr key={`${each.outcome} ${each.basis}`}>
            <Table.Td
              style={{ color: each.outcome === "suppressed" ? "var(--expected)" : "var(--odd)" }}
            >
              {each.outcome}
            </Table.Td>
            <Table.Td>
              {each.outcome === "suppressed" ? (
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/suppressed?basis=${encodeURIComponent(each.basis)}`}
                >
                  {each.basis}
                </Anchor>
              ) : (
                each.basis
              )}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(each.matches)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
