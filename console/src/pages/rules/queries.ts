/** What the pages of rules ask the API for. */
import { useQuery } from "@tanstack/react-query";
import { api, got, gotTagged, type Schema } from "@/api/client";
import { useEnd } from "@/parts/span";

export type Rule = Schema["RuleView"];
export type Done = Schema["RuleDone"];

const MINUTE = 60_000;
const PAGE = 200;

export const FIGURES = ["figures", "rules"] as const;
export const COURSE_DAYS = 7;

/** Every rule, the disabled ones too, in the order of their ids. */
export function useAllRules() {
  return useQuery({
    queryKey: ["rules", "all"],
    staleTime: MINUTE,
    queryFn: async () => {
      const rules: Rule[] = [];
      let cursor: string | null = null;
      do {
        const query = { limit: PAGE, cursor };
        const page: Schema["RulePage"] = await got(api.GET("/api/v1/rules", { params: { query } }));
        rules.push(...page.rules);
        cursor = page.next;
      } while (cursor);
      return rules;
    },
  });
}

/** Whether rules and tunings can be kept here. */
export function useCanKeep() {
  return useQuery({
    queryKey: ["can keep rules"],
    staleTime: 10 * MINUTE,
    queryFn: async () => {
      const page = await got(api.GET("/api/v1/rules", { params: { query: { limit: 1 } } }));
      return page.can_keep;
    },
  });
}

export function useRule(rule: string) {
  return useQuery({
    queryKey: ["rule", rule],
    queryFn: () => gotTagged(api.GET("/api/v1/rules/{rule}", { params: { path: { rule } } })),
  });
}

export function useRuleFigures() {
  return useQuery({
    queryKey: FIGURES,
    staleTime: MINUTE,
    queryFn: () => got(api.GET("/api/v1/figures/rules")),
  });
}

export function useCourses() {
  const end = useEnd();
  const until = end && new Date(end.end).toISOString();
  return useQuery({
    queryKey: [...FIGURES, "courses", until],
    enabled: until !== null,
    staleTime: MINUTE,
    queryFn: () =>
      got(
        api.GET("/api/v1/figures/rules/courses", {
          params: { query: { days: COURSE_DAYS, until } },
        }),
      ),
  });
}

/** Which rules can match what came in the last hours. */
export function useReach(hours: number) {
  return useQuery({
    queryKey: ["figures", "reach", hours],
    staleTime: 5 * MINUTE,
    queryFn: () => got(api.GET("/api/v1/figures/reach", { params: { query: { hours } } })),
  });
}

/** The tuning that was kept here, with its ETag; null: there is none. */
export function useTuning(rule: string, tuned: boolean) {
  return useQuery({
    queryKey: ["rule", rule, "tuning", tuned],
    queryFn: async () => {
      if (!tuned) return null; // what is not there is not asked for
      const path = { rule };
      return gotTagged(api.GET("/api/v1/rules/{rule}/tuning", { params: { path } }));
    },
  });
}
