/** What the pages of incidents ask the API for. */
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { notesOf } from "./said";
import { timeOf } from "./times";

export type Incident = Schema["IncidentView"];
export type Alert = Schema["AlertView"];
export type Match = Schema["MatchView"];

const PAGE = 100;
export const MOST_ALERTS = 200;
export const MOST_MATCHES = 600;
const STORY = "foreseen-story"; // alerts of this rule tell a story of suppressed matches

export function useIncidents() {
  return useInfiniteQuery({
    queryKey: ["incidents", "list"],
    queryFn: ({ pageParam }) =>
      got(api.GET("/api/v1/incidents", { params: { query: { limit: PAGE, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchOnWindowFocus: false,
  });
}

export function useIncident(uid: string) {
  return useQuery({
    queryKey: ["incidents", "one", uid],
    queryFn: () => got(api.GET("/api/v1/incidents/{uid}", { params: { path: { uid } } })),
  });
}

export function useItsAlerts(uid: string) {
  return useQuery({
    queryKey: ["alerts", "of incident", uid],
    queryFn: async () => {
      const query = { incident: uid, sort: "time" as const, limit: MOST_ALERTS };
      return (await got(api.GET("/api/v1/alerts", { params: { query } }))).alerts;
    },
  });
}

export interface Members {
  matches: Match[]; // oldest first
  complete: boolean;
}

/** Its matches, told and suppressed: those decided as of it, and the signs of its stories. */
export function useMembers(uid: string, alerts: Alert[] | undefined) {
  const stories = alerts?.filter((alert) => alert.rule === STORY).map((alert) => alert.uid) ?? [];
  return useQuery({
    queryKey: ["matches", "of incident", uid, stories],
    enabled: alerts !== undefined,
    queryFn: async (): Promise<Members> => {
      const [decided, ...told] = await Promise.all([decidedOf(uid), ...stories.map(signsOf)]);
      const all = new Map(
        [...decided.matches, ...told.flatMap((each) => each.matches)].map((match) => [
          match.uid,
          match,
        ]),
      );
      const matches = [...all.values()].toSorted((a, b) => timeOf(a) - timeOf(b));
      return { matches, complete: [decided, ...told].every((each) => each.complete) };
    },
  });
}

async function decidedOf(incident: string): Promise<Members> {
  const matches: Match[] = [];
  let cursor: string | null = null;
  do {
    const query: { incident: string; limit: number; cursor: string | null } = {
      incident,
      limit: 200,
      cursor,
    };
    const page: Schema["MatchPage"] = await got(api.GET("/api/v1/matches", { params: { query } }));
    matches.push(...page.matches);
    cursor = page.next;
  } while (cursor && matches.length < MOST_MATCHES);
  return { matches, complete: cursor === null };
}

async function signsOf(uid: string): Promise<Members> {
  const story = await got(api.GET("/api/v1/stories/{uid}", { params: { path: { uid } } }));
  return { matches: story.members, complete: story.left_out === 0 };
}

const MOST_HISTORIES = 30;

/** What people said on its alerts, oldest first; of so many alerts as are looked at. */
export function useNotes(alerts: Alert[]) {
  const asked = alerts.slice(0, MOST_HISTORIES);
  return useQueries({
    queries: asked.map((alert) => ({
      queryKey: ["alerts", "one", alert.uid, "history", alert.version],
      queryFn: () =>
        got(api.GET("/api/v1/alerts/{uid}/history", { params: { path: { uid: alert.uid } } })),
    })),
    combine: (found) => ({
      pending: found.some((each) => each.isPending),
      error: found.find((each) => each.error)?.error ?? null,
      leftOut: alerts.length - asked.length,
      notes: notesOf(
        asked,
        found.map((each) => each.data?.history ?? []),
      ),
    }),
  });
}
