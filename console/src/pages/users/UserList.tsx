import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { type Column, Grid } from "@/parts/Grid";
import { bits, counted } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { SpanChoice, useSpan } from "@/parts/span";
import { Moment } from "@/parts/times";

type Person = Schema["PersonView"] & { risk?: Schema["PersonAtRiskView"] };

const AT_RISK = 200;

const COLUMNS: Column<Person>[] = [
  { name: "User", width: "minmax(8rem, 2fr)", cell: (row) => <Foreign text={row.name} oneLine /> },
  { name: "Rules alerted", width: "7rem", right: true, cell: (row) => row.risk?.rules ?? "–" },
  {
    name: "Alerted",
    width: "6rem",
    right: true,
    cell: (row) => (row.risk ? counted(row.risk.matches) : "–"),
  },
  { name: "Surprise", width: "6rem", right: true, cell: (row) => bits(row.risk?.surprise) },
  { name: "Events", width: "7rem", right: true, cell: (row) => counted(row.events) },
  { name: "Logins", width: "6rem", right: true, cell: (row) => counted(row.logins) },
  { name: "Failed", width: "6rem", right: true, cell: (row) => counted(row.failed) },
  { name: "Hosts", width: "5rem", right: true, cell: (row) => counted(row.hosts) },
  { name: "First seen", width: "9.5rem", cell: (row) => <Moment at={row.first_time} /> },
  { name: "Last seen", width: "9.5rem", cell: (row) => <Moment at={row.last_time} /> },
];

export function UserList() {
  const [, go] = useLocation();
  const [at, setAt] = useState(0);
  const { from } = useSpan();
  const found = useInfiniteQuery({
    queryKey: ["people", from],
    enabled: from !== undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/people", { params: { query: { from, limit: 200, cursor: pageParam } } }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const risks = useRisks(from);
  const rows = useMemo(() => {
    const people = found.data?.pages.flatMap((page) => page.people) ?? [];
    return people.map((each) => ({ ...each, risk: risks.get(each.name) }));
  }, [found.data, risks]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Page
      title="Users"
      note="of the telemetry; who uses this console is on the page Access"
      actions={<SpanChoice />}
      fill
    >
      <Panel flush>
        <Answer
          of={found}
          lines={10}
          isEmpty={() => rows.length === 0}
          empty="No event names a user."
        >
          {() => (
            <Grid
              label="Users"
              rows={rows}
              columns={COLUMNS}
              idOf={(row) => row.name}
              at={at}
              move={setAt}
              open={(row) => go(`/users/${encodeURIComponent(row.name)}`)}
              more={more}
              height="calc(100dvh - 120px)"
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
}

/** What alerted, of the riskiest by their names: the list is by name, and is shown before it. */
function useRisks(from: string | null | undefined) {
  const found = useQuery({
    queryKey: ["figures", "people", from, AT_RISK],
    enabled: from !== undefined,
    placeholderData: keepPreviousData,
    queryFn: () =>
      got(api.GET("/api/v1/figures/people", { params: { query: { from, limit: AT_RISK } } })),
  });
  return useMemo(
    () => new Map((found.data?.people ?? []).map((each) => [each.name, each])),
    [found.data],
  );
}
