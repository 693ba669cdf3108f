/** ATT&CK techniques by what covers them: rules, their tests, and telemetry that comes in. */
import { Anchor, Button, Group, SegmentedControl, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { keepFile } from "@/parts/keep";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { failed } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import classes from "./Coverage.module.css";
import { columnsOf, STATES, type State, tacticName, techniqueIn } from "./coverage";
import { TechniqueRules } from "./TechniqueRules";

const HOURS: Record<string, number | undefined> = { none: undefined, "24 h": 24, "7 d": 168 };

export function CoveragePage() {
  const [url, setUrl] = useUrl();
  const span = url.get("hours") ?? "7 d";
  const hours = HOURS[span in HOURS ? span : "7 d"] ?? null;
  const query = { hours };
  const found = useQuery({
    queryKey: ["figures", "coverage", hours],
    staleTime: 5 * 60_000,
    queryFn: () => got(api.GET("/api/v1/figures/coverage", { params: { query } })),
  });
  const taking = useMutation({
    mutationFn: () => got(api.GET("/api/v1/figures/coverage/navigator", { params: { query } })),
    onSuccess: (layer) => keepFile(JSON.stringify(layer, null, 1), "foreseen-coverage.json"),
    onError: failed,
  });
  const chosen = url.get("technique");
  return (
    <Page
      title="ATT&CK coverage"
      note={
        <Anchor component={Link} href="/rules" size="sm">
          All rules
        </Anchor>
      }
      actions={
        <>
          <Text size="sm" className="quiet">
            Telemetry of the last
          </Text>
          <SegmentedControl
            aria-label="Telemetry of the last"
            data={Object.keys(HOURS)}
            value={span}
            onChange={(value) => setUrl({ hours: value === "7 d" ? null : value }, true)}
          />
          <Button variant="default" loading={taking.isPending} onClick={() => taking.mutate()}>
            Layer for the Navigator
          </Button>
        </>
      }
    >
      <Answer of={found} lines={10}>
        {(coverage) => (
          <>
            <Legend coverage={coverage} />
            {chosen && <TechniqueRules technique={techniqueIn(coverage, chosen)} id={chosen} />}
            <Panel flush>
              <Matrix
                coverage={coverage}
                chosen={chosen}
                choose={(id) => setUrl({ technique: id === chosen ? null : id }, true)}
              />
            </Panel>
            <Without rules={coverage.without_technique} />
          </>
        )}
      </Answer>
    </Page>
  );
}

function Legend({ coverage }: { coverage: Schema["CoverageView"] }) {
  const columns = columnsOf(coverage).flatMap((column) => column.techniques);
  const each = new Map(columns.map((technique) => [technique.id, technique.state]));
  const count = (state: State) => [...each.values()].filter((own) => own === state).length;
  return (
    <Group gap="xs" style={{ columnGap: 18, rowGap: 2 }}>
      <Text size="sm">
        {whole(each.size)} techniques named by {whole(coverage.rules)} rules
      </Text>
      {(Object.keys(STATES) as State[]).map((state) => (
        <Text key={state} size="sm">
          <Mark state={state} /> {whole(count(state))} {state}{" "}
          <span className="quiet">({STATES[state].says})</span>
        </Text>
      ))}
    </Group>
  );
}

const Mark = ({ state }: { state: State }) => (
  <span style={{ color: STATES[state].colour }} aria-hidden="true">
    {STATES[state].mark}
  </span>
);

interface MatrixProps {
  coverage: Schema["CoverageView"];
  chosen: string | null;
  choose: (id: string) => void;
}

function Matrix({ coverage, chosen, choose }: MatrixProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, keys must reach it
    <section className={classes.matrix} aria-label="Techniques by tactic" tabIndex={0}>
      {columnsOf(coverage).map(({ tactic, techniques }) => (
        <div key={tactic.name} className={classes.column}>
          <div className={classes.head}>
            <span>{tacticName(tactic.name)}</span>
            <div className="quiet">
              {tactic.covered} of {tactic.techniques}
            </div>
          </div>
          {techniques.map((technique) => (
            <button
              key={technique.id}
              type="button"
              className={classes.cell}
              aria-pressed={technique.id === chosen}
              onClick={() => choose(technique.id)}
            >
              <Mark state={technique.state} />
              <span>{technique.id} </span>
              <span className="hidden-visually">{technique.state}, rules: </span>
              <span className="quiet">{technique.rules.length}</span>
            </button>
          ))}
        </div>
      ))}
    </section>
  );
}

function Without({ rules }: { rules: string[] }) {
  if (!rules.length) return null;
  return (
    <Panel title="Rules that name no technique" note={whole(rules.length)}>
      <Group gap="sm">
        {rules.map((rule) => (
          <Anchor key={rule} component={Link} size="sm" href={`/rules/${encodeURIComponent(rule)}`}>
            {rule}
          </Anchor>
        ))}
      </Group>
    </Panel>
  );
}
