/** What the pages of alerts ask the API for. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, newKey, type Schema } from "@/api/client";
import { failed, told } from "@/parts/undo";
import type { Filter } from "./filter";

export type Alert = Schema["AlertView"];
export type Sort = Schema["Order"];
export type Bulk = Schema["BulkBody"];

/** Of an alert what a row of the list shows: a hundred thousand of them stay in memory. */
export type AlertRow = Pick<
  Alert,
  | "uid"
  | "rule"
  | "workload"
  | "host"
  | "first_time"
  | "title"
  | "severity"
  | "risk"
  | "surprise"
  | "count"
  | "status"
  | "assignee"
>;

const PAGE = 200;

function rowOf(alert: Alert): AlertRow {
  const { uid, rule, workload, host, first_time, title } = alert;
  const { severity, risk, surprise, count, status, assignee } = alert;
  return {
    uid,
    rule,
    workload,
    host,
    first_time,
    title,
    severity,
    risk,
    surprise,
    count,
    status,
    assignee,
  };
}

export function useAlerts(filter: Filter, sort: Sort) {
  return useInfiniteQuery({
    queryKey: ["alerts", "list", filter, sort],
    queryFn: async ({ pageParam }) => {
      const query = { ...filter, sort, limit: PAGE, cursor: pageParam };
      const page = await got(api.GET("/api/v1/alerts", { params: { query } }));
      return { alerts: page.alerts.map(rowOf), next: page.next };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    structuralSharing: false, // each page would be compared with all before it
    refetchOnWindowFocus: false, // the list does not jump; "12 new" asks for it
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0, // who comes back to the page sees what came in between
  });
}

export function useBars(filter: Filter) {
  return useQuery({
    queryKey: ["alerts", "histogram", filter],
    queryFn: () => got(api.GET("/api/v1/alerts/histogram", { params: { query: filter } })),
    placeholderData: (before) => before,
  });
}

export type GroupBy = "rule" | "workload" | "host" | "severity" | "assignee" | "incident";

export function useGroups(filter: Filter, by: GroupBy | null) {
  return useQuery({
    queryKey: ["alerts", "groups", filter, by],
    enabled: by !== null,
    queryFn: () =>
      got(api.GET("/api/v1/alerts/groups", { params: { query: { ...filter, by: by ?? "rule" } } })),
  });
}

export function useAlert(uid: string) {
  return useQuery({
    queryKey: ["alerts", "one", uid],
    queryFn: () => got(api.GET("/api/v1/alerts/{uid}", { params: { path: { uid } } })),
  });
}

/** Changes alerts, one or many, says what became of them, and offers the way back. */
export function useBulk() {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["alerts"] });
  return useMutation({
    mutationFn: (body: Bulk) =>
      got(
        api.POST("/api/v1/alerts/bulk", {
          body,
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
    onSuccess: (result, body) => {
      const { id } = result;
      const undo = async () => {
        const back = await got(
          api.POST("/api/v1/alerts/bulk/{id}/undo", { params: { path: { id: id ?? "" } } }),
        );
        await renew();
        return undone(back);
      };
      if (!body.dry_run) {
        told(summary(result, body), id && result.changed ? undo : undefined);
        return renew();
      }
    },
    onError: failed,
  });
}

/** What became of it; what somebody changed since stays as they left it. */
function undone({ changed, skipped }: Schema["BulkResult"]): string {
  if (!skipped) return "Undone.";
  return `${changed} taken back; ${skipped} were changed since, and stay.`;
}

function summary(result: Schema["BulkResult"], body: Bulk): string {
  const done =
    body.verdict ?? body.status ?? (body.assignee === undefined ? "changed" : "assigned");
  const parts = [`${result.changed} ${done}`];
  if (result.unchanged) parts.push(`${result.unchanged} were so already`);
  const left = result.matched - result.chosen;
  if (left > 0) parts.push(`${left} more match, and stay as they are`);
  if (result.skipped) {
    const why = result.receipts.find((receipt) => receipt.outcome === "skipped")?.reason;
    parts.push(`${result.skipped} were not: ${why ?? "see their history"}`);
  }
  return `${parts.join("; ")}.`;
}
