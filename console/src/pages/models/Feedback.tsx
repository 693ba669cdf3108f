/** What people said of a model: of its alerts, and of matches drawn from what it hid. */
import { Anchor, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Figure, Panel } from "@/parts/Page";
import { AuditAnswers } from "./AuditAnswers";
import { Dispositions } from "./Dispositions";
import { countsOf } from "./feedback";

const WORDS = [
  ["dismissed", "expected, unless their reason teaches nothing"],
  ["escalated", "they never enter training"],
  ["acknowledged", "somebody looks at them"],
  ["open", "nobody has said anything"],
] as const;

export function Feedback({ rule }: { rule: string }) {
  const found = useQuery({
    queryKey: ["figures", "alerts"],
    queryFn: () => got(api.GET("/api/v1/figures/alerts")),
  });
  const name = encodeURIComponent(rule);
  return (
    <Panel
      title="Feedback received"
      note="words of people on what it told and what it hid"
      actions={
        <Group gap="md">
          <Anchor
            component={Link}
            size="sm"
            href={`/alerts?status=dismissed&status=escalated&rule=${name}`}
          >
            Alerts that people spoke on
          </Anchor>
          <Anchor component={Link} size="sm" href="/suppressed/audit">
            Review a random sample
          </Anchor>
        </Group>
      }
    >
      <Stack gap="sm">
        <Answer of={found} lines={2}>
          {({ counts }) => {
            const own = countsOf(counts, rule);
            return (
              <SimpleGrid cols={{ base: 2, md: 4 }} spacing="xs">
                {WORDS.map(([status, says]) => (
                  <Figure
                    key={status}
                    name={`Alerts ${status}`}
                    value={whole(own[status] ?? 0)}
                    note={says}
                  />
                ))}
              </SimpleGrid>
            );
          }}
        </Answer>
        <Dispositions rule={rule} />
        <Audited rule={rule} />
        <AuditAnswers rule={rule} />
      </Stack>
    </Panel>
  );
}

function Audited({ rule }: { rule: string }) {
  const ledger = useLedger();
  return (
    <Answer of={ledger} lines={1}>
      {(told) => {
        const audit = told?.ledger.rules.find((each) => each.rule === rule)?.audit;
        if (!audit?.drawn)
          return (
            <Text size="sm" className="quiet">
              No match that it hid has been drawn for review, as far as the ledger knows.
            </Text>
          );
        const { drawn, population, wanted, skipped, low, high } = audit;
        return (
          <Text size="sm">
            People looked at {whole(drawn)} of the {whole(population)} matches that it hid, drawn at
            random, and wanted to see {whole(wanted)}
            {skipped > 0 && `, and did not answer on ${whole(skipped)}`}: between {percent(low)} and{" "}
            {percent(high)} with 95 % confidence.
          </Text>
        );
      }}
    </Answer>
  );
}
