/** The list of alerts: find, choose, decide; what is chosen shows on the right, or on its own page. */
import { Box, Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { Route, Switch, useLocation } from "wouter";
import { useLive } from "@/api/live";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { ExportMenu, exporting } from "@/parts/ExportMenu";
import { Grid } from "@/parts/Grid";
import { Histogram } from "@/parts/Histogram";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { decoded, useUrl } from "@/parts/url";
import { useKeys } from "@/shell/keys";
import { Actions } from "./Actions";
import { AlertDetail } from "./AlertDetail";
import { AlertPage } from "./AlertPage";
import classes from "./AlertsPage.module.css";
import { type AlertRow, type Sort, useAlerts, useBars } from "./alerts";
import { alertColumns } from "./columns";
import { FilterBar } from "./FilterBar";
import { type Filter, filterOf, mayFit } from "./filter";
import { Groups } from "./Groups";
import { useChosen } from "./useChosen";
import { useRow } from "./useRow";

export default function AlertsPage() {
  return (
    <Switch>
      <Route path="/alerts/:uid">{({ uid }) => <AlertPage uid={decoded(uid)} />}</Route>
      <Route>
        <AlertList />
      </Route>
    </Switch>
  );
}

function AlertList() {
  const [url, setUrl] = useUrl();
  const filter = useMemo(() => filterOf(url), [url]);
  const sort = (url.get("sort") ?? "-time") as Sort;
  const found = useAlerts(filter, sort);
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.alerts) ?? [], [found.data]);
  const uids = useMemo(() => rows.map((row) => row.uid), [rows]);
  const list = JSON.stringify(filter);
  const chosen = useChosen(uids, list);
  const bars = useBars(filter);
  const opened = url.get("alert");
  const { at, move, toTop, uid } = useRow(uids, list, opened);
  const open = useCallback((row: AlertRow) => setUrl({ alert: row.uid }, true), [setUrl]);
  const total = bars.isPlaceholderData
    ? undefined // of another filter
    : bars.data?.bars.reduce((sum, bar) => sum + bar.alerts, 0);
  const more = useCallback(() => {
    if (found.hasNextPage && !found.isFetchingNextPage) found.fetchNextPage();
  }, [found.hasNextPage, found.isFetchingNextPage, found.fetchNextPage]);
  const grid = (
    <Grid
      label="Alerts"
      rows={rows}
      columns={alertColumns(sort, (next) => setUrl({ sort: next === "-time" ? null : next }))}
      idOf={(row) => row.uid}
      total={total}
      at={at}
      move={move}
      open={open}
      chosen={chosen}
      more={more}
      empty={<Nothing>No alert is like that. Fewer words, or status “all”, find more.</Nothing>}
    />
  );
  return (
    <Page
      title="Alerts"
      fill
      note={<Arrived filter={filter} renew={toTop} />}
      actions={
        <Group gap="sm">
          <Text size="sm" className="quiet number">
            {total === undefined ? "" : `${whole(total)}${bars.data?.complete ? "" : "+"} alerts`}
          </Text>
          <ExportMenu name="alerts" ask={exporting("/api/v1/alerts/export", { ...filter })} />
        </Group>
      }
    >
      <Panel flush>
        <Box px="sm" pt="xs">
          {bars.error && !bars.data ? (
            <Failed error={bars.error} again={() => bars.refetch()} />
          ) : (
            <Histogram
              label="Alerts over time, by severity"
              bars={(bars.data?.bars ?? []).map(barOf)}
              choose={(from, until) => setUrl({ from: iso(from), until: iso(until) })}
            />
          )}
        </Box>
      </Panel>
      <FilterBar filter={filter} />
      <Groups filter={filter} />
      <Actions
        key={list}
        here={uid}
        title={rows.find((row) => row.uid === uid)?.title}
        chosen={chosen.all}
        filter={filter}
        total={total}
        clear={chosen.clear}
      />
      <Box className={classes.panes} data-opened={opened ? true : undefined}>
        <Box h="100%" mih={0} miw={0} bd="1px solid var(--line)" bg="var(--surface)">
          <Answer of={found} lines={12}>
            {() => grid}
          </Answer>
        </Box>
        {opened && (
          <Box className={classes.detail}>
            <AlertDetail uid={opened} close={() => setUrl({ alert: null }, true)} />
          </Box>
        )}
      </Box>
      <ListKeys close={() => setUrl({ alert: null }, true)} shown={rows[at]} />
    </Page>
  );
}

const iso = (ms: number): string => new Date(ms).toISOString();

const barOf = (bar: {
  since: string | null;
  until: string | null;
  by_severity: Record<string, number>;
}) => ({
  from: Date.parse(bar.since ?? ""),
  until: Date.parse(bar.until ?? ""),
  parts: bar.by_severity,
});

function ListKeys({ close, shown }: { close: () => void; shown: AlertRow | undefined }) {
  const [, go] = useLocation();
  useKeys("Alerts", [
    { keys: "Escape", does: "close the alert", run: close },
    { keys: "o", does: "open on its own page", run: () => shown && go(`/alerts/${shown.uid}`) },
  ]);
  return null;
}

/** How many came since the list was asked for; the list itself does not jump. */
function Arrived({ filter, renew }: { filter: Filter; renew: () => void }) {
  const client = useQueryClient();
  const [count, setCount] = useState(0);
  const waiting = useRef<number | undefined>(undefined);
  const connection = useLive(({ created, alert }) => {
    if (created && mayFit(filter, alert)) setCount((before) => before + 1);
    client.invalidateQueries({ queryKey: ["alerts", "one", alert.uid] });
    window.clearTimeout(waiting.current);
    waiting.current = window.setTimeout(
      () => client.invalidateQueries({ queryKey: ["alerts", "histogram"] }),
      2_000,
    );
  });
  const show = () => {
    setCount(0);
    renew();
    client.resetQueries({ queryKey: ["alerts", "list"] });
  };
  useKeys("Alerts", [{ keys: "n", does: "show what is new", run: show }]);
  return (
    <Group gap="xs">
      <span aria-live="polite">{connection === "lost" ? "no live word from the server" : ""}</span>
      {count > 0 && (
        <Button variant="light" onClick={show}>
          {count} new (n)
        </Button>
      )}
    </Group>
  );
}
