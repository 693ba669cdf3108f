import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { type Column, Grid } from "@/parts/Grid";
import { counted, percent } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { RiskNumber } from "@/parts/RiskNumber";
import { SpanChoice, useSpan } from "@/parts/span";
import { Moment } from "@/parts/times";

type Workload = Schema["WorkloadView"];

const COLUMNS: Column<Workload>[] = [
  {
    name: "Workload",
    width: "minmax(10rem, 3fr)",
    cell: (row) => <Foreign text={row.name} oneLine />,
  },
  { name: "Risk", width: "6rem", cell: (row) => <RiskNumber risk={row.risk} /> },
  {
    name: "Open alerts",
    width: "6rem",
    right: true,
    cell: (row) => counted(row.waiting),
  },
  { name: "Events", width: "6rem", right: true, cell: (row) => counted(row.events) },
  { name: "Matches", width: "6rem", right: true, cell: (row) => counted(row.matches) },
  {
    name: "Suppressed",
    width: "6rem",
    right: true,
    cell: (row) =>
      row.suppressed + row.alerted ? percent(row.suppressed / (row.suppressed + row.alerted)) : "–",
  },
  {
    name: "Hosts",
    width: "7rem",
    right: true,
    cell: (row) => (row.silent_hosts ? `${row.hosts} (${row.silent_hosts} silent)` : row.hosts),
  },
  { name: "Last heard", width: "9rem", cell: (row) => <Moment at={row.last_hour} short /> },
];

export function WorkloadList() {
  const [, go] = useLocation();
  const [at, setAt] = useState(0);
  const { from } = useSpan();
  const found = useInfiniteQuery({
    queryKey: ["workloads", from],
    enabled: from !== undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/workloads", {
          params: { query: { from, limit: 200, cursor: pageParam } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const rows = useMemo(
    () => found.data?.pages.flatMap((page) => page.workloads) ?? [],
    [found.data],
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Page title="Workloads" actions={<SpanChoice />} fill>
      <Panel flush>
        <Answer
          of={found}
          lines={10}
          isEmpty={() => rows.length === 0}
          empty="No workload has sent events in this time."
        >
          {() => (
            <Grid
              label="Workloads"
              rows={rows}
              columns={COLUMNS}
              idOf={(row) => row.name}
              at={at}
              move={setAt}
              open={(row) => go(`/workloads/${encodeURIComponent(row.name)}`)}
              more={more}
              height="calc(100dvh - 120px)"
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
}
