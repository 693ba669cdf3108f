/** What the pages of suppressed matches ask the API for. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, newKey, type Schema } from "@/api/client";
import { failed, told } from "@/parts/undo";
import type { Wanted } from "./wanted";

export type Match = Schema["MatchView"];

const PAGE = 100;

export function useMatches(wanted: Wanted) {
  return useInfiniteQuery({
    queryKey: ["matches", "list", wanted],
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/matches", {
          params: { query: { ...wanted, decision: "suppressed", limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchOnWindowFocus: false,
    staleTime: 60_000,
  });
}

export function useMatch(uid: string) {
  return useQuery({
    queryKey: ["matches", "one", uid],
    queryFn: () => got(api.GET("/api/v1/matches/{uid}", { params: { path: { uid } } })),
  });
}

export function useRulesDone() {
  return useQuery({
    queryKey: ["figures", "rules"],
    staleTime: 60_000,
    queryFn: () => got(api.GET("/api/v1/figures/rules")),
  });
}

/** Makes alerts of suppressed matches; taken back, the match is suppressed as before. */
export function useRestore() {
  const client = useQueryClient();
  const renew = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["matches"] }),
      client.invalidateQueries({ queryKey: ["alerts"] }),
    ]);
  return useMutation({
    mutationFn: ({ uid, text }: { uid: string; text: string }) =>
      got(
        api.POST("/api/v1/matches/{uid}/restore", {
          params: { path: { uid }, header: { "idempotency-key": newKey() } },
          body: { text },
        }),
      ),
    onSuccess: (alert, { uid }) => {
      told(`Restored as an alert: ${alert.severity}, open.`, async () => {
        await got(api.DELETE("/api/v1/matches/{uid}/restore", { params: { path: { uid } } }));
        await renew();
      });
      return renew();
    },
    onError: failed,
  });
}
