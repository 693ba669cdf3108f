import { Anchor, Badge, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { type Column, Grid } from "@/parts/Grid";
import { counted, percent, whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { Severity } from "@/parts/severity";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";

type Row = { rule: Schema["RuleView"]; done: Schema["RuleDone"] | undefined };

const COLUMNS: Column<Row>[] = [
  {
    name: "Rule",
    width: "minmax(12rem, 2fr)",
    cell: ({ rule }) => <Foreign text={rule.id} oneLine />,
  },
  {
    name: "Title",
    width: "minmax(14rem, 3fr)",
    cell: ({ rule }) => <Foreign text={rule.title} oneLine />,
  },
  { name: "Level", width: "7rem", cell: ({ rule }) => <Severity severity={rule.level} /> },
  { name: "Decided by", width: "6.4rem", cell: ({ rule }) => <DecidedBy rule={rule} /> },
  {
    name: "Matches",
    width: "5.4rem",
    right: true,
    cell: ({ done }) => counted(done?.matches ?? 0),
  },
  {
    name: "Suppressed",
    width: "5.6rem",
    right: true,
    cell: ({ done }) =>
      done?.share_suppressed === null || done === undefined ? "–" : percent(done.share_suppressed),
  },
  { name: "Alerts", width: "4.6rem", right: true, cell: ({ done }) => counted(done?.alerts ?? 0) },
  { name: "Last match", width: "8.6rem", cell: ({ done }) => <Moment at={done?.last} short /> },
];

function DecidedBy({ rule }: { rule: Schema["RuleView"] }) {
  if (!rule.enabled) return <Badge color="gray">disabled</Badge>;
  return <Badge color={rule.model ? "grape" : "blue"}>{rule.model ? "model" : "rule"}</Badge>;
}

/** All rules: their figures decide which of them a person sees first. */
function useRules(q: string | null) {
  return useQuery({
    queryKey: ["rules", q],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const rules: Schema["RuleView"][] = [];
      let cursor: string | null = null;
      do {
        const query: RuleQuery = { q, limit: 200, cursor };
        const page: Schema["RulePage"] = await got(api.GET("/api/v1/rules", { params: { query } }));
        rules.push(...page.rules);
        cursor = page.next;
      } while (cursor !== null);
      return rules;
    },
  });
}

interface RuleQuery {
  q: string | null;
  limit: number;
  cursor: string | null;
}

export function RuleList() {
  const [url, setUrl] = useUrl();
  const [, go] = useLocation();
  const [at, setAt] = useState(0);
  const found = useRules(url.get("q"));
  const figures = useQuery({
    queryKey: ["figures", "rules"],
    queryFn: () => got(api.GET("/api/v1/figures/rules")),
  });
  const shown = url.get("show") ?? "active";
  const rows = useMemo(() => {
    const done = new Map(figures.data?.rules.map((each) => [each.id, each]));
    return (found.data ?? [])
      .map((rule) => ({ rule, done: done.get(rule.id) }))
      .filter((row) => shown === "all" || (row.done?.matches ?? 0) > 0)
      .sort((a, b) => (b.done?.alerts ?? 0) - (a.done?.alerts ?? 0));
  }, [found.data, figures.data, shown]);
  return (
    <Page
      title="Rules"
      fill
      note={found.data && `${whole(found.data.length)} rules`}
      actions={
        <Anchor component={Link} href="/rules/by-hand" size="sm">
          Suppressions by hand
        </Anchor>
      }
    >
      <Group gap="xs">
        <SegmentedControl
          aria-label="Which rules"
          data={[
            { value: "active", label: "that matched here" },
            { value: "all", label: "all" },
          ]}
          value={shown}
          onChange={(value) => setUrl({ show: value === "active" ? null : value }, true)}
        />
        <TextInput
          aria-label="Rules with"
          placeholder="letters of the id or title"
          defaultValue={url.get("q") ?? ""}
          onChange={(event) => setUrl({ q: event.currentTarget.value }, true)}
        />
        {figures.error && (
          <Text size="sm" c="var(--odd)">
            without figures: {figures.error.message}
          </Text>
        )}
      </Group>
      <Panel flush>
        <Answer of={found} lines={10}>
          {() => (
            <Grid
              label="Rules"
              rows={rows}
              columns={COLUMNS}
              idOf={(row) => row.rule.id}
              at={at}
              move={setAt}
              open={(row) => go(`/rules/${encodeURIComponent(row.rule.id)}`)}
              height="calc(100dvh - 170px)"
              empty={<Nothing>No rule is like that.</Nothing>}
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
}
