/** What the overview asks the API for. */
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { isProblem } from "@/api/problem";

export type Overview = Schema["OverviewView"];

export const RANGES = ["24 h", "7 d", "30 d", "all"] as const;
export type Range = (typeof RANGES)[number];

const HOUR = 3_600_000;
const HOURS: Record<Range, number | null> = { "24 h": 24, "7 d": 168, "30 d": 720, all: null };

export const rangeOf = (named: string | null): Range =>
  RANGES.find((range) => range === named) ?? "all";

/** Where a range begins, in whole hours, so that the same question is asked within one. */
export function beginOf(range: Range, end: number): string | null {
  const hours = HOURS[range];
  return hours === null
    ? null
    : new Date(Math.floor(end / HOUR) * HOUR - hours * HOUR).toISOString();
}

export function useOverview(from: string | null | undefined) {
  return useQuery({
    queryKey: ["overview", from],
    enabled: from !== undefined,
    queryFn: () => got(api.GET("/api/v1/overview", { params: { query: { from } } })),
    placeholderData: (before) => before,
    refetchInterval: 60_000,
  });
}

/** The models in use; null: none has been trained. */
export function useModels() {
  return useQuery({
    queryKey: ["models", "list"],
    staleTime: 60_000,
    queryFn: async () => {
      const query = { limit: 1 };
      const { versions } = await got(api.GET("/api/v1/models/versions", { params: { query } }));
      return versions.length ? orNull(got(api.GET("/api/v1/models"))) : null;
    },
  });
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isProblem(error, 404)) return null;
    throw error;
  }
}
