/** What is new since the person was here last; each browser remembers for each person. */
import { Anchor, List, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { useMe } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { readVisits, visited } from "./visit";

export function Changed() {
  const me = useMe().data;
  if (!me) return null;
  return (
    <SinceVisit key={`${me.tenant} ${me.name}`} name={`foreseen.visits ${me.tenant} ${me.name}`} />
  );
}

function SinceVisit({ name }: { name: string }) {
  const [visits] = useState(() => visited(readVisits(localStorage.getItem(name)), Date.now()));
  useEffect(() => {
    const keep = () => localStorage.setItem(name, JSON.stringify({ ...visits, now: Date.now() }));
    keep();
    const timer = window.setInterval(() => document.hasFocus() && keep(), 60_000);
    return () => window.clearInterval(timer);
  }, [name, visits]);
  if (visits.before === null) {
    return (
      <Panel title="Since your last visit">
        <Text size="sm" className="quiet">
          This browser has not seen you here before; next time this says what is new.
        </Text>
      </Panel>
    );
  }
  const since = new Date(visits.before).toISOString();
  return (
    <Panel title="Since your last visit" note={<Moment at={since} />}>
      <News since={since} />
    </Panel>
  );
}

function useNews(since: string) {
  return useQuery({
    queryKey: ["news", since],
    refetchInterval: 60_000,
    queryFn: async () => {
      const [bars, incidents, models, jobs] = await Promise.all([
        got(api.GET("/api/v1/alerts/histogram", { params: { query: { from: since } } })),
        got(api.GET("/api/v1/incidents", { params: { query: { limit: 200 } } })),
        got(api.GET("/api/v1/models/versions", { params: { query: { limit: 20 } } })),
        got(api.GET("/api/v1/jobs", { params: { query: { limit: 50 } } })),
      ]);
      const after = (time: string | null) => time !== null && Date.parse(time) >= Date.parse(since);
      return {
        alerts: bars.bars.reduce((sum, bar) => sum + bar.alerts, 0),
        incidents: incidents.incidents.filter((each) => after(each.opened)).length,
        more: incidents.next !== null && incidents.incidents.every((each) => after(each.opened)),
        versions: models.versions.filter((each) => after(each.time)),
        failed: jobs.jobs.filter((each) => each.state === "failed" && after(each.changed)),
      };
    },
  });
}

function News({ since }: { since: string }) {
  const found = useNews(since);
  return (
    <Answer of={found} lines={3}>
      {(news) => (
        <List size="sm" spacing={2}>
          <List.Item>
            <Anchor
              component={Link}
              size="sm"
              underline="always"
              href={`/alerts?status=all&from=${encodeURIComponent(since)}`}
            >
              {whole(news.alerts)} {news.alerts === 1 ? "alert" : "alerts"}
            </Anchor>{" "}
            of what happened since
          </List.Item>
          <List.Item>
            <Anchor component={Link} size="sm" underline="always" href="/incidents">
              {whole(news.incidents)}
              {news.more && " or more"} {news.incidents === 1 ? "incident" : "incidents"}
            </Anchor>{" "}
            opened since
          </List.Item>
          {news.versions.map((version) => (
            <List.Item key={version.version}>
              <Anchor component={Link} size="sm" underline="always" href="/models">
                models, version {version.version}
              </Anchor>
              {version.in_use
                ? ", in use"
                : version.refused
                  ? ", refused by its gates"
                  : ", not in use"}
              {version.reason && ": "}
              {version.reason && <Foreign text={version.reason} most={120} />}
            </List.Item>
          ))}
          {news.failed.map((job) => (
            <List.Item key={job.id}>
              <Anchor component={Link} size="sm" underline="always" href="/system">
                job {job.id} ({job.kind}) failed
              </Anchor>
              : <Foreign text={job.error} most={160} />
            </List.Item>
          ))}
        </List>
      )}
    </Answer>
  );
}
