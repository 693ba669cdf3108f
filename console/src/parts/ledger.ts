/** The ledger that was worked out last: what models hid, and what they would miss. */
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";

/** What people found of a random sample of what a rule's model suppressed. */
export interface Audit {
  population: number; // matches that it suppressed
  drawn: number; // up to the last one that somebody answered
  wanted: number;
  skipped: number; // drawn and not answered: they count against the model
  low: number;
  high: number;
}

export interface Recall {
  chains: number;
  caught: number;
  upper: number; // 95 % bound on the share of chains that would be missed
}

export interface LedgerLine {
  rule: string;
  stage: string | null;
  matches: number;
  suppressed: number;
  hidden: number;
  alerted: number;
  recall: Recall | null;
  audit: Audit;
}

export interface Ledger {
  foresight: string;
  placements: number;
  since: number;
  rules: LedgerLine[];
  sealed: { models: Recall | null; product: Recall | null; impossible: number };
}

export const LEDGER = ["models", "ledger"] as const;

/** The ledger and the job that worked it out; null: nobody has asked for one yet. */
export function useLedger() {
  return useQuery({
    queryKey: LEDGER,
    staleTime: 60_000,
    queryFn: async () => {
      const query = { kind: "ledger", state: "done" as const, limit: 1 };
      const [job] = (await got(api.GET("/api/v1/jobs", { params: { query } }))).jobs;
      if (!job) return null; // asked for the ledger itself, the API would answer 404
      const path = { number: job.id };
      const ledger = await got(api.GET("/api/v1/jobs/{number}/result", { params: { path } }));
      return { ledger: ledger as Ledger, changed: job.changed };
    },
  });
}
