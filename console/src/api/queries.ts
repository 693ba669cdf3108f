/** How answers are kept: what is asked again, how often, and what an error means. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isProblem } from "@/api/problem";

export const ME = ["me"] as const;
const TRIES = 6;
const LONGEST_WAIT = 15_000; // ms

/** A session that ended: who is logged in is asked again, and that leads to the login. */
const ended = (error: Error): void => {
  if (isProblem(error, 401)) queries.invalidateQueries({ queryKey: ME });
};

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => query.queryKey[0] !== ME[0] && ended(error),
  }),
  mutationCache: new MutationCache({ onError: ended }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchInterval: ({ state: { error } }) =>
        isProblem(error) && error.passing ? LONGEST_WAIT : false,
      refetchOnWindowFocus: true,
      networkMode: "always", // a server on this machine needs no network
      retry: (count, error) => isProblem(error) && error.passing && count < TRIES,
      retryDelay: (count, error) =>
        isProblem(error) && error.retryAfter !== null
          ? error.retryAfter * 1000
          : Math.min(1000 * 2 ** count, LONGEST_WAIT),
    },
    mutations: { retry: false, networkMode: "always" },
  },
});
