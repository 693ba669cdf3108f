/** The audit sample: suppressed matches drawn at random, and what people say of them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { LEDGER } from "@/parts/ledger";
import { failed } from "@/parts/undo";

export type Sampled = Schema["SampledView"];
export type Finding = Schema["Finding"];

const AT_ONCE = 20;
const SAMPLE = ["audit sample"] as const;

export function useSample(rule: string | null) {
  return useQuery({
    queryKey: [...SAMPLE, rule],
    staleTime: Number.POSITIVE_INFINITY, // it goes on where a person has come to
    gcTime: 0, // who comes back is not asked again for what they answered
    refetchOnWindowFocus: false,
    queryFn: () =>
      got(api.GET("/api/v1/models/audit-sample", { params: { query: { rule, limit: AT_ONCE } } })),
  });
}

export function useAnswer() {
  return useMutation({
    mutationFn: ({ match, finding, text }: { match: string; finding: Finding; text: string }) =>
      got(
        api.POST("/api/v1/models/audit-sample/{match}", {
          params: { path: { match } },
          body: { finding, text },
        }),
      ),
    onError: failed,
  });
}

const ENDED = ["done", "failed", "cancelled"];

/** A job, looked at until it has ended; the ledger is asked for anew then. */
export function useJob(number: number | null) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["jobs", "one", number],
    enabled: number !== null,
    refetchInterval: (query) => (ENDED.includes(query.state.data?.state ?? "") ? false : 2_000),
    queryFn: async () => {
      const job = await got(
        api.GET("/api/v1/jobs/{number}", { params: { path: { number: number ?? 0 } } }),
      );
      if (job.state === "done") await client.invalidateQueries({ queryKey: LEDGER });
      return job;
    },
  });
}

/** Asks for the ledger to be worked out anew. */
export function useAskLedger() {
  const may = useMay("engineer");
  const asking = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/models/ledger", {
          params: { header: { "idempotency-key": newKey() } },
          body: {},
        }),
      ),
    onError: failed,
  });
  return { may, asking };
}
