import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";

/** Which rules in use name which ATT&CK techniques, and which tactics those serve. */
export function useCoverage() {
  return useQuery({
    queryKey: ["figures", "coverage"],
    staleTime: 600_000,
    queryFn: () => got(api.GET("/api/v1/figures/coverage")),
  });
}
