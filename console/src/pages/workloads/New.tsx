/** What a workload did of late that it had not done before. */
import { api, got } from "@/api/client";
import { Baseline } from "@/parts/Baseline";

export function New({ workload, first }: { workload: string; first: string | null }) {
  return (
    <Baseline
      id={["workload", workload]}
      first={first}
      ask={(from, until) =>
        got(
          api.GET("/api/v1/workloads/{workload}/baseline", {
            params: { path: { workload }, query: { from, until, limit: 20 } },
          }),
        )
      }
    />
  );
}
