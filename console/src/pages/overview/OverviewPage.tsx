/** Everything at a glance: what came in, what waits, how long it takes, what is not heard of. */
import { SegmentedControl, SimpleGrid, Stack } from "@mantine/core";
import { Answer } from "@/parts/Answer";
import { Page, Panel } from "@/parts/Page";
import { Ended, useEnd } from "@/parts/span";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { Bases } from "./Bases";
import { Changed } from "./Changed";
import { Funnel } from "./Funnel";
import { HeatMap } from "./HeatMap";
import { ModelHealth } from "./ModelHealth";
import { beginOf, type Overview, RANGES, rangeOf, useOverview } from "./overview";
import { Telemetry } from "./Telemetry";
import { Times } from "./Times";
import { UsersAtRisk } from "./UsersAtRisk";
import { BySeverity, Riskiest } from "./Waiting";

export default function OverviewPage() {
  const [url, setUrl] = useUrl();
  const range = rangeOf(url.get("range"));
  const end = useEnd();
  const from = range === "all" ? null : end ? beginOf(range, end.end) : undefined;
  const found = useOverview(from);
  return (
    <Page
      title="Overview"
      note={
        found.data?.since ? (
          <span>
            since <Moment at={found.data.since} />
          </span>
        ) : (
          "all that is kept"
        )
      }
      actions={
        <>
          <Ended />
          <SegmentedControl
            aria-label="Time"
            data={[...RANGES]}
            value={range}
            onChange={(value) => setUrl({ range: value === "all" ? null : value }, true)}
          />
        </>
      }
    >
      <Answer of={found} lines={12}>
        {(overview) => <Told overview={overview} from={from ?? null} />}
      </Answer>
    </Page>
  );
}

function Told({ overview, from }: { overview: Overview; from: string | null }) {
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="sm">
        <Panel title="From events to incidents" note="bars: logarithmic">
          <Funnel funnel={overview.funnel} from={from} />
        </Panel>
        <Panel title="Waiting for a person" note="now">
          <BySeverity open={overview.open_by_severity} />
        </Panel>
        <Changed />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="sm">
        <Panel title="Riskiest workloads" note="by their alerts that wait, now">
          <Riskiest overview={overview} />
        </Panel>
        <Panel title="Riskiest users" note="by the rules that alerted on them">
          <UsersAtRisk from={from} />
        </Panel>
        <Panel title="Why matches alerted or not">
          <Bases overview={overview} />
        </Panel>
        <Panel title="How long it takes">
          <Times times={overview.times} />
        </Panel>
        <Panel title="Telemetry">
          <Telemetry telemetry={overview.telemetry} />
        </Panel>
        <Panel title="Models">
          <ModelHealth />
        </Panel>
      </SimpleGrid>
      <Panel title="ATT&CK">
        <HeatMap techniques={overview.techniques} />
      </Panel>
    </Stack>
  );
}
