import { Group, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { ProcessTree } from "@/parts/ProcessTree";
import { useUrl } from "@/parts/url";

/** What ran on a workload before a moment: the newest, unless a person names another. */
export function Processes({ workload }: { workload: string }) {
  const [url, setUrl] = useUrl();
  const at = url.get("at");
  const found = useQuery({
    queryKey: ["processes", workload, at],
    queryFn: () =>
      got(
        api.GET("/api/v1/workloads/{workload}/processes", {
          params: { path: { workload }, query: { at: at || null, limit: 300 } },
        }),
      ),
  });
  return (
    <>
      <Group mb="xs">
        <TextInput
          aria-label="At this moment"
          placeholder="2026-11-21T20:50:00Z"
          defaultValue={at ?? ""}
          onKeyDown={(event) => event.key === "Enter" && setUrl({ at: event.currentTarget.value })}
          description="A moment; Enter shows the processes before it"
        />
      </Group>
      <Answer
        of={found}
        lines={8}
        isEmpty={(work) => work.processes.length === 0}
        empty="No process of that time is known."
      >
        {(work) => (
          <ProcessTree label="Processes" processes={work.processes} leftOut={work.left_out} />
        )}
      </Answer>
    </>
  );
}
