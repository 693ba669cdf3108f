import { Anchor, Badge, Group, SimpleGrid, Tabs } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { Foreign } from "@/parts/Foreign";
import { counted, percent } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Severity } from "@/parts/severity";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { Course } from "./Course";
import { DecidedBy } from "./columns";
import { Needs } from "./Needs";
import { useRule, useRuleFigures } from "./queries";
import { RuleEditor } from "./RuleEditor";
import { Tuning } from "./Tuning";
import { type Kept, Versions } from "./Versions";

const TABS = [
  ["about", "About"],
  ["text", "Text, tests and what-if"],
  ["tuning", "Tuning"],
  ["versions", "Versions"],
  ["needs", "What it needs"],
] as const;

/** One rule: what it did, what it says, how it was, what it would need. */
export function RulePage({ rule }: { rule: string }) {
  const [url, setUrl] = useUrl();
  const found = useRule(rule);
  const editing = url.get("tab") === "text";
  const [kept, setKept] = useState(editing); // what is typed outlives a look at another tab
  if (editing && !kept) setKept(true);
  return (
    <Page
      title="Rule"
      note={
        <>
          <Foreign text={rule} /> ·{" "}
          <Anchor component={Link} href="/rules" size="sm">
            All rules
          </Anchor>
        </>
      }
    >
      <Answer of={found} lines={8}>
        {({ body, etag }) => (
          <>
            <Figures rule={rule} />
            <Tabs
              value={url.get("tab") ?? "about"}
              onChange={(tab) => setUrl({ tab: tab === "about" ? null : tab }, true)}
              keepMounted={false}
            >
              <Tabs.List>
                {TABS.map(([value, name]) => (
                  <Tabs.Tab key={value} value={value}>
                    {name}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value="about" pt="sm">
                <About rule={body} />
              </Tabs.Panel>
              <Tabs.Panel value="text" pt="sm" keepMounted={kept}>
                <RuleEditor rule={body} etag={etag} />
              </Tabs.Panel>
              <Tabs.Panel value="tuning" pt="sm">
                <Tuning rule={body} />
              </Tabs.Panel>
              <Tabs.Panel value="versions" pt="sm">
                <Versions of={keptOf(rule, etag)} />
              </Tabs.Panel>
              <Tabs.Panel value="needs" pt="sm">
                <Needs rule={body} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Answer>
    </Page>
  );
}

function keptOf(rule: string, etag: string | null): Kept {
  const path = { rule };
  return {
    name: rule,
    key: ["rule", rule],
    versions: () => got(api.GET("/api/v1/rules/{rule}/versions", { params: { path } })),
    diff: (older, newer) =>
      got(
        api.GET("/api/v1/rules/{rule}/diff", {
          params: { path, query: { old: older, new: newer } },
        }),
      ),
    restore: (version, why) =>
      got(
        api.POST("/api/v1/rules/{rule}/restore", {
          params: { path, header: { "if-match": etag } },
          body: { version, why },
        }),
      ),
  };
}

function Figures({ rule }: { rule: string }) {
  const found = useRuleFigures();
  return (
    <Answer of={found} lines={1}>
      {({ rules }) => {
        const done = rules.find((each) => each.id === rule);
        const share = done?.share_suppressed ?? null;
        return (
          <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
            <Figure name="Matches" value={counted(done?.matches ?? 0)} note="that are retained" />
            <Figure
              name="Judged"
              value={counted(done?.judged ?? 0)}
              note="the others are accepted history"
            />
            <Figure
              name="Suppressed"
              value={counted(done?.suppressed ?? 0)}
              note={share === null ? undefined : `${percent(share)} of those judged`}
            />
            <Figure name="Alerted" value={counted(done?.alerted ?? 0)} note="matches" />
            <Figure name="Alerts" value={counted(done?.alerts ?? 0)} note="of like matches" />
            <Figure name="Last match" value={<Moment at={done?.last} short />} />
          </SimpleGrid>
        );
      }}
    </Answer>
  );
}

function About({ rule }: { rule: Schema["RuleDetail"] }) {
  const name = encodeURIComponent(rule.id);
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
      <Panel title={seen(rule.title)}>
        <Facts of={factsOf(rule)} />
        <Group mt="sm">
          <Way href={`/alerts?status=all&rule=${name}`}>Its alerts</Way>
          <Way href={`/suppressed?rule=${name}`}>What its model hid</Way>
          {rule.model && <Way href={`/models/${name}`}>Its model</Way>}
          <Way href={`/rules/suppressions/new?rule=${name}`}>Silence by hand</Way>
        </Group>
      </Panel>
      <Course rule={rule.id} />
    </SimpleGrid>
  );
}

const Way = ({ href, children }: { href: string; children: string }) => (
  <Anchor component={Link} size="sm" href={href}>
    {children}
  </Anchor>
);

const factsOf = (rule: Schema["RuleDetail"]): [string, React.ReactNode][] => [
  ["Description", <Foreign key="description" text={rule.description} />],
  ["Level", <Severity key="level" severity={rule.level} />],
  ["Decided by", <DecidedBy key="decided" rule={rule} />],
  ["Log source", <Foreign key="source" text={rule.logsource} />],
  ["Pack", `${seen(rule.pack)}, ${rule.kept === "managed" ? "came with Foreseen" : "local"}`],
  ["File", <Foreign key="path" text={`${rule.path}:${rule.line}`} mono />],
  [
    "ATT&CK",
    <Group key="techniques" gap={4}>
      {rule.techniques.length
        ? rule.techniques.map((technique) => <Badge key={technique}>{technique}</Badge>)
        : "–"}
    </Group>,
  ],
  ["Compliance", rule.compliance.map(seen).join(", ") || "–"],
  ["Looks at", rule.columns.join(", ") || "–"],
  ["Alerts after", alertingText(rule.alerting)],
  ["False positives", <Foreign key="false" text={rule.falsepositives.join("; ")} />],
];

const alertingText = ({ threshold, window }: Schema["AlertingView"]): string =>
  threshold > 1 ? `${threshold} matches within ${window / 1000} s` : "each match";
