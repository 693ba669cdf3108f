/** What the pages of models ask the API for. */
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { isProblem } from "@/api/problem";

const MINUTE = 60_000;

/** The models in use; null: none has been trained. */
export function useModels() {
  return useQuery({
    queryKey: ["models", "in use"],
    staleTime: MINUTE,
    queryFn: async () => {
      const query = { limit: 1 };
      const { versions } = await got(api.GET("/api/v1/models/versions", { params: { query } }));
      if (!versions.length) return null; // asked for the models, the API would answer 404
      try {
        return await got(api.GET("/api/v1/models"));
      } catch (error) {
        if (isProblem(error, 404)) return null;
        throw error;
      }
    },
  });
}

export interface Promised {
  rule: string | null; // null: all of them
  matches: number;
  alerted: number;
  dismissed: number;
  promised: number;
  realised: number;
  low: number;
  high: number;
  clusters: number;
  inside: boolean;
  enough: boolean;
}

export interface Point {
  share: number;
  alerted: number;
  low: number;
  high: number;
  caught: number;
  by_models: number;
  rules: Record<string, number>;
}

export interface Curve {
  foresight: string;
  own: boolean; // false: the models in use have judged nothing yet; it is what others said
  in_force: number;
  resolution: number;
  matches: number;
  days: number;
  chains: number;
  impossible: number;
  points: Point[];
}

export interface Drift {
  rule: string;
  judged: number;
  alerts: number;
  incomplete: number;
  unknown: number;
  unknown_before: number;
  missed: string[];
  objection: string | null;
}

export interface Promises {
  tenant: Promised | null;
  rules: Promised[];
  days: number;
  alerts: number;
  asked_a_day: number | null;
  curve?: Curve | null; // of an older server there is none
  drift?: Drift[];
}

export const PROMISES = ["models", "promises"] as const;

/** What was measured last, and when; null: nobody has asked for it yet. */
export function usePromises() {
  return useQuery({
    queryKey: PROMISES,
    staleTime: MINUTE,
    queryFn: async () => {
      const query = { kind: "promises", state: "done" as const, limit: 1 };
      const [job] = (await got(api.GET("/api/v1/jobs", { params: { query } }))).jobs;
      if (!job) return null;
      const path = { number: job.id };
      const told = await got(api.GET("/api/v1/jobs/{number}/result", { params: { path } }));
      return { told: told as unknown as Promises, at: job.changed };
    },
  });
}
