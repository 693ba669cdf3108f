/** What one model promised and what came of it; signs of drift; what it would miss. */
import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { Said } from "./DriftTable";
import { Kept as KeptWord } from "./PromiseTable";
import { type Drift, type Promised, usePromises } from "./queries";

export function Kept({ rule }: { rule: string }) {
  const found = usePromises();
  return (
    <Panel
      title="Promised, and what came of it"
      note={
        found.data && (
          <>
            measured <Moment at={found.data.at} short />
          </>
        )
      }
      actions={
        <Anchor component={Link} size="sm" href="/models/promises">
          Threshold and drift
        </Anchor>
      }
    >
      <Stack gap="sm">
        <Answer
          of={found}
          isEmpty={(measured) => measured === null}
          empty="Nobody has measured it yet."
        >
          {(measured) => {
            const own = measured?.told.rules.find((each) => each.rule === rule);
            const drift = measured?.told.drift?.find((each) => each.rule === rule);
            return (
              <>
                {own ? (
                  <Facts of={facts(own)} />
                ) : (
                  <Text size="sm">It had judged no expected match then.</Text>
                )}
                {drift && <Facts of={driftFacts(drift)} />}
              </>
            );
          }}
        </Answer>
        <Missed rule={rule} />
      </Stack>
    </Panel>
  );
}

const facts = (of: Promised): [string, React.ReactNode][] => [
  ["Expected matches", whole(of.matches)],
  ["Promised to alert", percent(of.promised)],
  ["Alerted", `${whole(of.alerted)}: ${percent(of.realised)}`],
  ["95 % interval", `${percent(of.low)} to ${percent(of.high)}`],
  ["Promise", <KeptWord key="kept" of={of} />],
];

const driftFacts = (of: Drift): [string, React.ReactNode][] => [
  ["Judged lately", `${whole(of.judged)}, ${whole(of.alerts)} alerts`],
  [
    "Unknown to it",
    `${of.judged ? percent(of.unknown) : "–"} of what stands in and before them; ${percent(of.unknown_before)} when it learned`,
  ],
  ["Telemetry missing", `before ${whole(of.incomplete)} of them`],
  ["Drift", <Said key="said" of={of} />],
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
