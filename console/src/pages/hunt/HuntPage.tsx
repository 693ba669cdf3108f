/** Hunt: ask the lake by words or by SQL; the question lies in the address. */
import { Alert, Box, Button, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { ProblemError } from "@/api/problem";
import { Failed, Waiting } from "@/parts/Answer";
import { Editor } from "@/parts/Editor";
import { Histogram } from "@/parts/Histogram";
import { Page, Panel } from "@/parts/Page";
import { useUrl } from "@/parts/url";
import { within } from "@/parts/words";
import { Export } from "./Export";
import { type Question, type Result, useCourse, useHunt, useSchema } from "./hunt";
import { Results } from "./Results";
import { Saved } from "./Saved";
import { SchemaBrowser } from "./SchemaBrowser";

const FIRST_SQL = "SELECT time, host, process_cmd_line\nFROM events\nORDER BY time DESC";

export default function HuntPage() {
  if (useMay("hunt")) return <Hunting />;
  return (
    <Page title="Hunt">
      <Failed error={new ProblemError(403, 'a hunt needs the scope "hunt"')} />
    </Page>
  );
}

function Hunting() {
  const [url, setUrl] = useUrl();
  const kind = url.has("sql") ? "sql" : "search";
  const asked = url.get(kind) ?? "";
  const table = url.get("table") ?? "events";
  const [typed, setTyped] = useState(asked);
  useEffect(() => setTyped(asked), [asked]);
  const question: Question = { kind, text: asked, table };
  const found = useHunt(question);
  const run = () => {
    if (typed && typed === asked) found.refetch();
    else setUrl({ [kind]: typed || null, table: table === "events" ? null : table });
  };
  const choose = (next: string) =>
    setUrl(next === "sql" ? { sql: found.data?.sql ?? FIRST_SQL, search: null } : { sql: null });
  const hold = (from: number, until: number) => setUrl({ search: within(asked, from, until) });
  return (
    <Page
      title="Hunt"
      note="read-only; a query is stopped after its time"
      actions={
        <>
          <Saved question={{ ...question, text: typed }} />
          <Export question={question} />
          {kind === "search" && table === "events" && <ToRule words={asked} />}
        </>
      }
    >
      <Stack gap="xs">
        <Group gap="xs" align="flex-start">
          <SegmentedControl
            aria-label="Ask by"
            value={kind}
            onChange={choose}
            data={[
              { value: "search", label: "words" },
              { value: "sql", label: "SQL" },
            ]}
          />
          {kind === "search" && (
            <TextInput
              flex={1}
              aria-label="Search"
              placeholder={'user_name:root "/etc/shadow" time:>2026-11-20'}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              onKeyDown={(event) => event.key === "Enter" && run()}
            />
          )}
          <Button onClick={run} loading={found.isFetching}>
            {kind === "sql" ? "Run (Ctrl Enter)" : "Search"}
          </Button>
          {found.isFetching && (
            <Button variant="default" onClick={found.stop}>
              Stop
            </Button>
          )}
        </Group>
        {kind === "sql" && <SqlBox typed={typed} setTyped={setTyped} run={run} />}
      </Stack>
      {found.error && <Failed error={found.error} again={() => found.refetch()} />}
      {found.isLoading && <Waiting lines={8} />}
      {found.data && (
        <Panel
          flush
          title={`${found.data.rows.length.toLocaleString("en")} rows`}
          note={`in ${found.data.seconds.toFixed(2)} s`}
        >
          <OverTime result={found.data} choose={kind === "search" ? hold : undefined} />
          {found.data.truncated && (
            <Alert color="yellow" py={4}>
              There are more rows than are shown: narrow the question, or export it.
            </Alert>
          )}
          <Results result={found.data} asAsked={kind === "sql"} />
          {kind === "search" && (
            <Text p="xs" size="xs" className="mono quiet wrap">
              {found.data.sql}
            </Text>
          )}
        </Panel>
      )}
      <SchemaBrowser />
    </Page>
  );
}

interface OverTimeProps {
  result: Result;
  choose?: (from: number, until: number) => void;
}

/** When the rows were, if they say so; of all of them, also of those that are not shown. */
function OverTime({ result, choose }: OverTimeProps) {
  const course = useCourse(result);
  if (course.error)
    return (
      <Text size="sm" className="quiet" px="sm" pt="xs">
        Its course over time could not be counted: {course.error.message}
      </Text>
    );
  if (!course.data?.length) return null;
  return (
    <Box px="sm" pt="xs">
      <Histogram
        label={`Rows over time${choose ? "; drag to choose a span" : ""}`}
        bars={course.data}
        kinds={["rows"]}
        colourOf={() => "var(--accent)"}
        height={72}
        choose={choose}
      />
    </Box>
  );
}

/** What was found by words may be looked for always: a rule's text begins with them. */
function ToRule({ words }: { words: string }) {
  const engineer = useMay("engineer");
  if (!engineer || !words) return null;
  return (
    <Button
      component={Link}
      href={`/rules/new?search=${encodeURIComponent(words)}`}
      variant="default"
    >
      Make a rule of it
    </Button>
  );
}

interface SqlBoxProps {
  typed: string;
  setTyped: (text: string) => void;
  run: () => void;
}

function SqlBox({ typed, setTyped, run }: SqlBoxProps) {
  const words = useSchema();
  return (
    <Editor
      label="SQL"
      language="sql"
      value={typed}
      change={setTyped}
      words={words}
      run={run}
      height="160px"
    />
  );
}
