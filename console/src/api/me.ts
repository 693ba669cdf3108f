/** Who is logged in, and what they may do. */
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { ME } from "@/api/queries";

export type Scope = Schema["Scope"];

export function useMe() {
  return useQuery({ queryKey: ME, queryFn: () => got(api.GET("/api/v1/me")), staleTime: 60_000 });
}

/** Whether the person has a scope; false until it is known. */
export function useMay(scope: Scope): boolean {
  return useMe().data?.scopes.includes(scope) ?? false;
}
