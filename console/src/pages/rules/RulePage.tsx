import { Anchor, Badge, Group, SimpleGrid, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, gotTagged, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { Foreign } from "@/parts/Foreign";
import { counted, percent } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Severity } from "@/parts/severity";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { RuleEditor } from "./RuleEditor";
import { Versions } from "./Versions";

/** One rule: what it did, what it says, how it was. */
export function RulePage({ rule }: { rule: string }) {
  const [url, setUrl] = useUrl();
  const found = useQuery({
    queryKey: ["rule", rule],
    queryFn: () => gotTagged(api.GET("/api/v1/rules/{rule}", { params: { path: { rule } } })),
  });
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
            <Done rule={rule} />
            <Tabs
              value={url.get("tab") ?? "about"}
              onChange={(tab) => setUrl({ tab: tab === "about" ? null : tab }, true)}
              keepMounted={false}
            >
              <Tabs.List>
                <Tabs.Tab value="about">About</Tabs.Tab>
                <Tabs.Tab value="text">Text and what-if</Tabs.Tab>
                <Tabs.Tab value="versions">Versions</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="about" pt="sm">
                <About rule={body} />
              </Tabs.Panel>
              <Tabs.Panel value="text" pt="sm">
                <RuleEditor rule={body} etag={etag} />
              </Tabs.Panel>
              <Tabs.Panel value="versions" pt="sm">
                <Versions rule={rule} etag={etag} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Answer>
    </Page>
  );
}

function Done({ rule }: { rule: string }) {
  const found = useQuery({
    queryKey: ["figures", "rules"],
    queryFn: () => got(api.GET("/api/v1/figures/rules")),
  });
  return (
    <Answer of={found} lines={1}>
      {({ rules }) => {
        const done = rules.find((each) => each.id === rule);
        return (
          <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
            <Figure name="Matches" value={counted(done?.matches ?? 0)} />
            <Figure
              name="Judged"
              value={counted(done?.judged ?? 0)}
              note="not of the accepted history"
            />
            <Figure
              name="Suppressed"
              value={counted(done?.suppressed ?? 0)}
              note={
                done && done.share_suppressed !== null ? percent(done.share_suppressed) : undefined
              }
            />
            <Figure name="Alerted" value={counted(done?.alerted ?? 0)} />
            <Figure name="Alerts" value={counted(done?.alerts ?? 0)} />
            <Figure name="Last match" value={<Moment at={done?.last} short />} />
          </SimpleGrid>
        );
      }}
    </Answer>
  );
}

function About({ rule }: { rule: Schema["RuleDetail"] }) {
  return (
    <Panel title={rule.title}>
      <Facts
        of={[
          ["Description", <Foreign key="description" text={rule.description} />],
          ["Level", <Severity key="level" severity={rule.level} />],
          ["Decided by", rule.decided_by],
          ["Enabled", rule.enabled ? "yes" : "no"],
          ["Log source", rule.logsource],
          ["Pack", `${rule.pack}, ${rule.kept}`],
          [
            "ATT&CK",
            <Group key="techniques" gap={4}>
              {rule.techniques.map((technique) => (
                <Badge key={technique}>{technique}</Badge>
              ))}
            </Group>,
          ],
          ["Compliance", rule.compliance.join(", ") || "–"],
          ["Looks at", rule.columns.join(", ")],
          ["False positives", <Foreign key="false" text={rule.falsepositives.join("; ")} />],
        ]}
      />
      <Group mt="sm">
        <Anchor
          component={Link}
          size="sm"
          href={`/alerts?status=all&rule=${encodeURIComponent(rule.id)}`}
        >
          Its alerts
        </Anchor>
        <Anchor component={Link} size="sm" href={`/suppressed?rule=${encodeURIComponent(rule.id)}`}>
          What its model hid
        </Anchor>
        {rule.model && (
          <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(rule.id)}`}>
            Its model
          </Anchor>
        )}
      </Group>
    </Panel>
  );
}
