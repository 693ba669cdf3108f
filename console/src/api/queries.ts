/** How answers are kept: what is asked again, how often, and what an error means. */
import { QueryClient } from "@tanstack/react-query";
import { isProblem } from "@/api/problem";

const TRIES = 6;
const LONGEST_WAIT = 15_000; // ms

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
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
