import { Anchor, Button, Group, SegmentedControl, Select, Text, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { sumOf } from "@/parts/course";
import { Grid } from "@/parts/Grid";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { SEVERITIES } from "@/parts/severity";
import { useUrl } from "@/parts/url";
import { columnsOf } from "./columns";
import { type Rule, useAllRules, useCanKeep, useCourses, useRuleFigures } from "./queries";
import { isWanted, SORTS, type Sort, sorted } from "./sorting";

const SHOWN = [
  { value: "active", label: "that matched here" },
  { value: "all", label: "all" },
  { value: "local", label: "local" },
  { value: "disabled", label: "disabled" },
];

/** Every rule with what it did here. */
export function RuleList() {
  const [url] = useUrl();
  const [, go] = useLocation();
  const [at, setAt] = useState(0);
  const found = useAllRules();
  const figures = useRuleFigures();
  const courses = useCourses();
  const { by, descending, ask } = useSort();
  const rows = useMemo(() => {
    const done = new Map(figures.data?.rules.map((each) => [each.id, each]));
    const wanted = {
      q: url.get("q") ?? "",
      show: url.get("show") ?? "active",
      level: url.get("level"),
      decided: url.get("decided"),
      pack: url.get("pack"),
      technique: url.get("technique"),
    };
    const all = (found.data ?? []).map((rule) => ({
      rule,
      done: done.get(rule.id),
      lately: sumOf(courses.data?.rules[rule.id]?.matches),
    }));
    return sorted(
      all.filter((row) => isWanted(row, wanted)),
      by,
      descending,
    );
  }, [found.data, figures.data, courses.data, url, by, descending]);
  const columns = useMemo(
    () => columnsOf(courses.data, { by, descending, ask }),
    [courses.data, by, descending, ask],
  );
  return (
    <Page
      title="Rules"
      fill
      note={found.data && `${whole(rows.length)} of ${whole(found.data.length)}`}
      actions={<Ways />}
    >
      <Filters rules={found.data ?? []} />
      {figures.error && (
        <Text size="sm" c="var(--odd)">
          Without figures: {figures.error.message}
        </Text>
      )}
      <Panel flush>
        <Answer of={found} lines={10}>
          {() => (
            <Grid
              label="Rules"
              rows={rows}
              columns={columns}
              idOf={(row) => row.rule.id}
              at={at}
              move={setAt}
              open={(row) => go(`/rules/${encodeURIComponent(row.rule.id)}`)}
              height="calc(100dvh - 170px)"
              least="70rem"
              empty={
                <Nothing>
                  {figures.isPending ? "Counting what rules did…" : "No rule is like that."}
                </Nothing>
              }
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
}

function Ways() {
  const may = useMay("engineer");
  const canKeep = useCanKeep();
  return (
    <Group gap="md">
      {[
        ["/rules/suppressions", "Suppressions by hand"],
        ["/rules/coverage", "ATT&CK coverage"],
        ["/rules/to-turn-on", "What to turn on"],
      ].map(([path, name]) => (
        <Anchor key={path} component={Link} href={path as string} size="sm">
          {name}
        </Anchor>
      ))}
      {may && canKeep.data && (
        <Button component={Link} href="/rules/new">
          New rule
        </Button>
      )}
    </Group>
  );
}

function Filters({ rules }: { rules: Rule[] }) {
  const [url, setUrl] = useUrl();
  const packs = useMemo(() => [...new Set(rules.map((rule) => rule.pack))].sort(), [rules]);
  const choice = (name: string, label: string, data: readonly string[]) => (
    <Select
      aria-label={label}
      placeholder={label}
      clearable
      w={150}
      data={[...data]}
      value={url.get(name)}
      onChange={(value) => setUrl({ [name]: value }, true)}
    />
  );
  return (
    <Group gap="xs">
      <SegmentedControl
        aria-label="Which rules"
        data={SHOWN}
        value={url.get("show") ?? "active"}
        onChange={(value) => setUrl({ show: value === "active" ? null : value }, true)}
      />
      <TextInput
        aria-label="Rules with"
        placeholder="letters of the id or title"
        defaultValue={url.get("q") ?? ""}
        onChange={(event) => setUrl({ q: event.currentTarget.value }, true)}
      />
      {choice("level", "any level", SEVERITIES)}
      {choice("decided", "decided by any", ["model", "rule alone", "correlation"])}
      {choice("pack", "any pack", packs)}
      <TextInput
        aria-label="ATT&CK technique"
        placeholder="T1059"
        w={110}
        defaultValue={url.get("technique") ?? ""}
        onChange={(event) => setUrl({ technique: event.currentTarget.value.trim() }, true)}
      />
    </Group>
  );
}

function useSort() {
  const [url, setUrl] = useUrl();
  const said = url.get("sort") ?? "-alerts";
  const by = SORTS.find((each) => each === said.replace(/^-/, "")) ?? "alerts";
  const descending = said.startsWith("-");
  const ask = useMemo(
    () => (column: Sort) => {
      const turned = column === by ? !descending : column !== "rule";
      setUrl({ sort: `${turned ? "-" : ""}${column}` }, true);
    },
    [by, descending, setUrl],
  );
  return { by, descending, ask };
}
