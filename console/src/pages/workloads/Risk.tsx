/** The risk of a workload over time. */
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { RiskCourse } from "@/parts/RiskCourse";
import { useSpan } from "@/parts/span";

export function Risk({ workload }: { workload: string }) {
  const { from, until, every } = useSpan();
  const found = useQuery({
    queryKey: ["workload", workload, "risk", from, until, every],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/workloads/{workload}/risk", {
          params: { path: { workload }, query: { from, until, every } },
        }),
      ),
  });
  return (
    <RiskCourse
      of={found}
      note="the highest risk of an alert that waited then"
      none="None of its alerts waited for a person in this time."
    />
  );
}
