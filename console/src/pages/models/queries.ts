/** What the pages of models ask the API for. */
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { isProblem } from "@/api/problem";
import type { Promises } from "./measured";

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

/** Every version, newest first. */
export function useVersions() {
  return useQuery({
    queryKey: ["models", "versions"],
    queryFn: () => got(api.GET("/api/v1/models/versions", { params: { query: { limit: 200 } } })),
  });
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
