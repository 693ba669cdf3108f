/** Incidents: what ties alerts, suppressed matches and events into one story. */
import { Box, SegmentedControl } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { type Column, Grid } from "@/parts/Grid";
import { whole } from "@/parts/numbers";
import { Page } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { decoded, useUrl } from "@/parts/url";
import { IncidentPage } from "./IncidentPage";
import { type Incident, useIncidents } from "./incidents";
import { named } from "./names";
import { lastedText } from "./times";

export default function IncidentsPage() {
  return (
    <Switch>
      <Route path="/incidents/:uid">{({ uid }) => <IncidentPage uid={decoded(uid)} />}</Route>
      <Route>
        <IncidentList />
      </Route>
    </Switch>
  );
}

const SHOW = { waiting: "waiting for a word", stories: "of several rules", all: "all" } as const;
type Show = keyof typeof SHOW;

const CHOSEN: Record<Show, (incident: Incident) => boolean> = {
  waiting: (incident) => incident.open > 0,
  stories: (incident) => incident.rule_count > 1,
  all: () => true,
};

const COLUMNS: Column<Incident>[] = [
  { name: "Opened", width: "8.4rem", cell: (row) => <Moment at={row.opened} short /> },
  { name: "Lasted", width: "5rem", right: true, cell: lastedText },
  { name: "Risk", width: "3.4rem", right: true, cell: (row) => Math.round(row.risk) },
  { name: "Alerts", width: "4rem", right: true, cell: (row) => whole(row.alerts) },
  { name: "Waiting", width: "4.4rem", right: true, cell: (row) => whole(row.open) },
  { name: "Matches", width: "4.6rem", right: true, cell: (row) => whole(row.matches) },
  {
    name: "Rules",
    width: "minmax(12rem, 3fr)",
    cell: (row) => <Foreign text={named(row.rules, row.rule_count)} oneLine />,
  },
  {
    name: "Machines",
    width: "minmax(7rem, 1fr)",
    cell: (row) => <Foreign text={named(row.hosts, row.host_count)} oneLine />,
  },
];

function IncidentList() {
  const [url, setUrl] = useUrl();
  const [, go] = useLocation();
  const found = useIncidents();
  const [at, setAt] = useState(0);
  const named = url.get("show") ?? "all";
  const show: Show = named in SHOW ? (named as Show) : "all";
  const rows = useMemo(
    () => (found.data?.pages.flatMap((page) => page.incidents) ?? []).filter(CHOSEN[show]),
    [found.data, show],
  );
  const open = useCallback(
    (row: Incident) => go(`/incidents/${encodeURIComponent(row.uid)}`),
    [go],
  );
  const more = useCallback(() => {
    if (found.hasNextPage && !found.isFetchingNextPage) found.fetchNextPage();
  }, [found.hasNextPage, found.isFetchingNextPage, found.fetchNextPage]);
  return (
    <Page
      title="Incidents"
      fill
      note={
        found.data &&
        `${whole(rows.length)}${found.hasNextPage ? " loaded; more come as you scroll" : ""}`
      }
      actions={
        <SegmentedControl
          aria-label="Which incidents"
          data={Object.entries(SHOW).map(([value, label]) => ({ value, label }))}
          value={show}
          onChange={(value) => setUrl({ show: value === "all" ? null : value })}
        />
      }
    >
      <Box flex={1} mih={0} bd="1px solid var(--line)" bg="var(--surface)">
        <Answer of={found} lines={12}>
          {() => (
            <Grid
              label="Incidents"
              rows={rows}
              columns={COLUMNS}
              idOf={(row) => row.uid}
              at={at}
              move={setAt}
              open={open}
              more={more}
              empty={<Nothing>No incident is like that.</Nothing>}
            />
          )}
        </Answer>
      </Box>
    </Page>
  );
}
