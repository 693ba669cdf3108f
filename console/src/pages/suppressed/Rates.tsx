/** The measured false-suppression rate of each rule, with its interval, from the ledger. */
import { Anchor, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { type LedgerLine, useLedger } from "@/parts/ledger";
import { whole } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import { useAskLedger, useJob } from "./audit";
import { intervalText, rateText } from "./found";

export function Rates() {
  const found = useLedger();
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Renew />
        {found.data && (
          <Text size="xs" className="quiet">
            worked out <Moment at={found.data.changed} />
          </Text>
        )}
      </Group>
      <Answer
        of={found}
        isEmpty={(told) => told === null}
        empty="The ledger has not been worked out yet, so there is no measured rate."
      >
        {(told) =>
          told && <Found lines={told.ledger.rules.filter((line) => line.audit.population > 0)} />
        }
      </Answer>
    </Stack>
  );
}

function Renew() {
  const { may, asking } = useAskLedger();
  const [number, setNumber] = useState<number | null>(null);
  const job = useJob(number).data;
  const busy = asking.isPending || job?.state === "waiting" || job?.state === "running";
  if (!may) return null;
  return (
    <>
      <Button
        variant="default"
        loading={busy}
        onClick={() => asking.mutate(undefined, { onSuccess: (made) => setNumber(made.id) })}
      >
        Work it out anew
      </Button>
      {job && (
        <Text size="xs" className="quiet" aria-live="polite">
          job {job.id}: {job.state}
          {job.error && `, ${job.error}`}
        </Text>
      )}
    </>
  );
}

function Found({ lines }: { lines: LedgerLine[] }) {
  if (!lines.length) return <Text size="sm">No model has suppressed anything.</Text>;
  return (
    <>
      <Table aria-label="False suppressions by rule">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rule</Table.Th>
            <Table.Th ta="right">Suppressed by its model</Table.Th>
            <Table.Th ta="right">Should have been told</Table.Th>
            <Table.Th ta="right">95 % interval of the share</Table.Th>
            <Table.Th>Audit</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.rule}>
              <Table.Td>
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/suppressed?rule=${encodeURIComponent(line.rule)}`}
                >
                  {line.rule}
                </Anchor>
              </Table.Td>
              <Table.Td ta="right" className="number">
                {whole(line.audit.population)}
              </Table.Td>
              <Table.Td ta="right" className="number">
                {rateText(line.audit)}
              </Table.Td>
              <Table.Td ta="right" className="number">
                {intervalText(line.audit)}
              </Table.Td>
              <Table.Td>
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/suppressed/audit?rule=${encodeURIComponent(line.rule)}`}
                  aria-label={`audit this rule: ${line.rule}`}
                >
                  audit this rule
                </Anchor>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" className="quiet">
        The sample is drawn by a hash, so nobody chooses it; the interval is exact for a sample
        without replacement. Matches that were skipped count as wrongly silent for its upper end.
      </Text>
    </>
  );
}
