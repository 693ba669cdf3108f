/** What one model promised and what came of it, its calibration, and what it would miss. */
import { Stack, Text } from "@mantine/core";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { Calibration } from "./Calibration";
import type { Curve, Promised } from "./measured";
import { Kept as KeptWord } from "./PromiseTable";

interface Props {
  rule: string;
  promised: Promised | undefined;
  curve: Curve | null; // of this rule
}

export function Kept({ rule, promised, curve }: Props) {
  return (
    <Panel title="Calibration" note="what was promised, and what came of it">
      <Stack gap="sm">
        {promised ? (
          <Facts of={facts(promised)} />
        ) : (
          <Text size="sm">It had judged no expected match then.</Text>
        )}
        {curve && curve.matches > 0 && <Calibration curve={curve} />}
        <Missed rule={rule} />
      </Stack>
    </Panel>
  );
}

const facts = (of: Promised): [string, React.ReactNode][] => [
  ["Expected matches", `${whole(of.matches)}, sessions or host-days: ${whole(of.clusters)}`],
  ["Promised to alert", percent(of.promised)],
  ["Alerted", `${whole(of.alerted)}: ${percent(of.realised)}`],
  ["95 % interval", `${percent(of.low)} to ${percent(of.high)}`],
  ["Promise", <KeptWord key="kept" of={of} />],
];

function Missed({ rule }: { rule: string }) {
  const ledger = useLedger();
  return (
    <Answer of={ledger} lines={1}>
      {(told) => {
        const line = told?.ledger.rules.find((each) => each.rule === rule);
        if (!line?.recall?.chains)
          return (
            <Text size="sm" className="quiet">
              {told === null
                ? "The ledger has not been worked out yet."
                : "No sealed attack is matched by this rule here."}
            </Text>
          );
        const { caught, chains, upper } = line.recall;
        return (
          <Text size="sm">
            By this model's word alone {caught} of {chains} sealed attacks would be told of; with 95
            % confidence at most {percent(upper)} of such attacks are missed by it. Other rules may
            tell of them still.
          </Text>
        );
      }}
    </Answer>
  );
}
