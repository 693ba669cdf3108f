/** Ports on which programs of a workload began to listen. */
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Panel } from "@/parts/Page";
import { count, foreign, moment, RowTable, textsOf } from "@/parts/RowTable";
import { useSpan } from "@/parts/span";

export function Ports({ workload }: { workload: string }) {
  const { from, until } = useSpan();
  const found = useQuery({
    queryKey: ["workload", workload, "ports", from, until],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/workloads/{workload}/ports", {
          params: { path: { workload }, query: { from, until, limit: 200 } },
        }),
      ),
  });
  return (
    <Panel
      title="Listening ports"
      note="as programs opened them, the newest first; telemetry seldom tells when one is closed"
    >
      <Answer of={found}>
        {(told) => (
          <RowTable
            label="Listening ports"
            none="No program opened a port in this time."
            rows={told.ports}
            idOf={(row) => `${row.port} ${row.protocol} ${row.program}`}
            columns={[
              count("Port", "port", 80),
              foreign("Program", "program", undefined, true),
              {
                name: "Addresses",
                cell: (row) => <Foreign text={textsOf(row, "addresses").join(", ")} />,
              },
              {
                name: "Hosts",
                width: 140,
                cell: (row) => <Foreign text={textsOf(row, "hosts").join(", ")} />,
              },
              moment("First opened", "first_time"),
              moment("Last opened", "last_time"),
              count("Times", "events", 70),
            ]}
          />
        )}
      </Answer>
    </Panel>
  );
}
