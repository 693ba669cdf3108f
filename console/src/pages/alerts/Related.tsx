/** What else there is: prevalence of the rule here and everywhere, and alerts of the same kind. */
import { Anchor, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { percent, whole } from "@/parts/numbers";
import { Severity, Status } from "@/parts/severity";
import { Moment } from "@/parts/times";
import type { Alert } from "./alerts";

type Query = { rule?: string; workload?: string; incident?: string };

function useSame(query: Query) {
  return useQuery({
    queryKey: ["alerts", "same", query],
    queryFn: () => got(api.GET("/api/v1/alerts", { params: { query: { ...query, limit: 12 } } })),
  });
}

export function Related({ alert }: { alert: Alert }) {
  const same = useSame(
    alert.incident ? { incident: alert.incident } : { rule: alert.rule, workload: alert.workload },
  );
  const figures = useQuery({
    queryKey: ["figures", "rules"],
    staleTime: 60_000,
    queryFn: () => got(api.GET("/api/v1/figures/rules")),
  });
  return (
    <Stack gap="xs">
      <Answer of={figures} lines={1}>
        {(data) => <Prevalence done={data.rules.find((rule) => rule.id === alert.rule)} />}
      </Answer>
      <Text size="sm" fw={600}>
        {alert.incident ? "Of the same incident" : "Of the same rule and workload"}
      </Text>
      <Answer of={same} isEmpty={(page) => page.alerts.length < 2} empty="No other alert.">
        {(page) => (
          <Table aria-label="Related alerts">
            <Table.Tbody>
              {page.alerts
                .filter((each) => each.uid !== alert.uid)
                .map((each) => (
                  <Table.Tr key={each.uid}>
                    <Table.Td w={150}>
                      <Moment at={each.first_time} />
                    </Table.Td>
                    <Table.Td w={90}>
                      <Severity severity={each.severity} />
                    </Table.Td>
                    <Table.Td>
                      <Anchor component={Link} size="sm" href={`/alerts/${each.uid}`}>
                        <Foreign text={each.title} most={160} />
                      </Anchor>
                    </Table.Td>
                    <Table.Td w={100}>
                      <Status status={each.status} />
                    </Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </Stack>
  );
}

function Prevalence({ done }: { done: Schema["RuleDone"] | undefined }) {
  if (!done) return null;
  return (
    <Text size="sm">
      This rule matched {whole(done.matches)} times here; of {whole(done.judged)} judged matches{" "}
      {whole(done.suppressed)} were expected
      {done.share_suppressed === null ? "" : ` (${percent(done.share_suppressed)})`} and{" "}
      {whole(done.alerted)} alerted, in {whole(done.alerts)} alerts.
    </Text>
  );
}
