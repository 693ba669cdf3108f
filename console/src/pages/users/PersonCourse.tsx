/** A user over time: what they did, the risk of the alerts they are in, and what is new of late. */
import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Baseline } from "@/parts/Baseline";
import { CountsChart } from "@/parts/CountsChart";
import { Panel } from "@/parts/Page";
import { RiskCourse } from "@/parts/RiskCourse";
import { useSpan } from "@/parts/span";

export function Course({ name }: { name: string }) {
  const { from, until, every } = useSpan();
  const found = useQuery({
    queryKey: ["person", name, "course", from, until, every],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/people/{name}/course", {
          params: { path: { name }, query: { from, until, every } },
        }),
      ),
  });
  return (
    <Panel title="Over time" note="events, logins, and what was decided of their matches">
      <Answer
        of={found}
        lines={6}
        isEmpty={(told) => told.course.length === 0}
        empty="Nothing is told of them in this time."
      >
        {(told) => (
          <CountsChart
            label="Events, logins and decisions over time"
            buckets={told.course}
            counts={["events", "logins", "failed", "matches", "suppressed", "alerted"]}
          />
        )}
      </Answer>
    </Panel>
  );
}

export function Risk({ name }: { name: string }) {
  const { from, until, every } = useSpan();
  const found = useQuery({
    queryKey: ["person", name, "risk", from, until, every],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/people/{name}/risk", {
          params: { path: { name }, query: { from, until, every } },
        }),
      ),
  });
  return (
    <RiskCourse
      of={found}
      note="the highest risk of an alert that waited then and has a match of theirs"
      none="No alert with a match of theirs waited for a person in this time."
    />
  );
}

export function New({ name, first }: { name: string; first: string | null }) {
  return (
    <Baseline
      id={["person", name]}
      first={first}
      ask={(from, until) =>
        got(
          api.GET("/api/v1/people/{name}/baseline", {
            params: { path: { name }, query: { from, until, limit: 20 } },
          }),
        )
      }
    />
  );
}
