/** Everything that was not told: found, explained, sampled for audit, restored as an alert. */
import { Anchor, Box, Button, Grid as Columns, Text } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { Grid } from "@/parts/Grid";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { decoded, useUrl } from "@/parts/url";
import { useKeys } from "@/shell/keys";
import { AuditPage } from "./AuditPage";
import { ByRule } from "./ByRule";
import { MATCH_COLUMNS } from "./columns";
import { Filter } from "./Filter";
import { MatchDetail } from "./MatchDetail";
import { type Match, useMatches } from "./matches";
import { wantedOf } from "./wanted";

export default function SuppressedPage() {
  return (
    <Switch>
      <Route path="/suppressed/audit" component={AuditPage} />
      <Route path="/suppressed/:uid">{({ uid }) => <MatchPage uid={decoded(uid)} />}</Route>
      <Route>
        <SuppressedList />
      </Route>
    </Switch>
  );
}

function MatchPage({ uid }: { uid: string }) {
  return (
    <Page
      title="Suppressed match"
      note={
        <Anchor component={Link} href="/suppressed" size="sm">
          All suppressed matches
        </Anchor>
      }
    >
      <MatchDetail uid={uid} whole />
    </Page>
  );
}

function SuppressedList() {
  const [url, setUrl] = useUrl();
  const wanted = useMemo(() => wantedOf(url), [url]);
  const found = useMatches(wanted);
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.matches) ?? [], [found.data]);
  const [at, setAt] = useState(0);
  const opened = url.get("match");
  const open = useCallback((row: Match) => setUrl({ match: row.uid }, true), [setUrl]);
  const more = useCallback(() => {
    if (found.hasNextPage && !found.isFetchingNextPage) found.fetchNextPage();
  }, [found.hasNextPage, found.isFetchingNextPage, found.fetchNextPage]);
  return (
    <Page title="Suppressed" fill note="what was matched and not told" actions={<ToAudit />}>
      <Panel title="By rule" note="of all that is kept" flush>
        <ByRule />
      </Panel>
      <Filter />
      <Text size="xs" className="quiet" aria-live="polite">
        {found.data &&
          `${whole(rows.length)} shown${found.hasNextPage ? ", newest first; more come as you scroll" : ", all of them"}`}
      </Text>
      <Columns
        gap="sm"
        style={{ flex: 1, minHeight: 0 }}
        styles={{ inner: { height: "100%", flexWrap: "nowrap" } }}
      >
        <Columns.Col span={opened ? 7 : 12} h="100%">
          <Box h="100%" bd="1px solid var(--line)" bg="var(--surface)">
            <Answer of={found} lines={12}>
              {() => (
                <Grid
                  label="Suppressed matches"
                  rows={rows}
                  columns={MATCH_COLUMNS}
                  idOf={(row) => row.uid}
                  at={at}
                  move={setAt}
                  open={open}
                  more={more}
                  empty={<Nothing>No suppressed match is like that.</Nothing>}
                />
              )}
            </Answer>
          </Box>
        </Columns.Col>
        {opened && (
          <Columns.Col span={5} h="100%" style={{ overflow: "auto" }}>
            <MatchDetail uid={opened} close={() => setUrl({ match: null }, true)} />
          </Columns.Col>
        )}
      </Columns>
      <ListKeys close={() => setUrl({ match: null }, true)} shown={rows[at]} />
    </Page>
  );
}

function ToAudit() {
  if (!useMay("triage")) return null;
  return (
    <Button component={Link} href="/suppressed/audit" variant="default">
      Audit a sample
    </Button>
  );
}

function ListKeys({ close, shown }: { close: () => void; shown: Match | undefined }) {
  const [, go] = useLocation();
  useKeys("Suppressed", [
    { keys: "Escape", does: "close the match", run: close },
    { keys: "o", does: "open on its own page", run: () => shown && go(`/suppressed/${shown.uid}`) },
  ]);
  return null;
}
