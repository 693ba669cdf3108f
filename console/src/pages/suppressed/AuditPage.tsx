/** The random audit: would you have wanted to see these? And what the answers say of the models. */
import { Anchor, Box, Button, Grid as Columns, Group, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { ProblemError } from "@/api/problem";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { useUrl } from "@/parts/url";
import { useKeys } from "@/shell/keys";
import { type Finding, type Sampled, useAnswer, useSample } from "./audit";
import { MatchDetail } from "./MatchDetail";
import { Queue } from "./Queue";
import { Rates } from "./Rates";

const SAID: Record<Finding, string> = {
  wanted: "should have been told",
  unneeded: "rightly not told",
};

export function AuditPage() {
  const [url, setUrl] = useUrl();
  const may = useMay("triage");
  const rule = url.get("rule");
  const note = (
    <Group gap="sm">
      <Anchor component={Link} href="/suppressed" size="sm">
        All suppressed matches
      </Anchor>
      {rule && (
        <Button variant="light" onClick={() => setUrl({ rule: null })}>
          of {rule} only: show all rules
        </Button>
      )}
    </Group>
  );
  return (
    <Page title="Audit" note={note}>
      {may ? (
        <Sample rule={rule} />
      ) : (
        <Failed error={new ProblemError(403, 'the audit needs the scope "triage"')} />
      )}
      <Panel title="What was found" note="as of the ledger that was worked out last">
        <Rates />
      </Panel>
    </Page>
  );
}

function Sample({ rule }: { rule: string | null }) {
  const found = useSample(rule);
  return (
    <Answer
      of={found}
      lines={8}
      isEmpty={(sample) => sample.total === 0}
      empty="Nothing waits: every match that was drawn has an answer. More are drawn with each day on which models suppress."
    >
      {(sample) => (
        <Asking
          key={sample.matches[0]?.match}
          matches={sample.matches}
          total={sample.total}
          more={() => found.refetch()}
          loading={found.isFetching}
        />
      )}
    </Answer>
  );
}

interface AskingProps {
  matches: Sampled[];
  total: number;
  more: () => void;
  loading: boolean;
}

function Asking({ matches, total, more, loading }: AskingProps) {
  const [answers, setAnswers] = useState<ReadonlyMap<string, Finding>>(new Map());
  const [at, setAt] = useState(0);
  const [text, setText] = useState("");
  const answering = useAnswer();
  const here = matches[at];
  const step = (by: number) => {
    setAt(Math.max(0, Math.min(matches.length - 1, at + by)));
    setText("");
  };
  const say = (finding: Finding) => {
    if (!here || answering.isPending) return;
    answering.mutate(
      { match: here.match, finding, text },
      {
        onSuccess: () => {
          setAnswers(new Map([...answers, [here.match, finding]]));
          step(1);
        },
      },
    );
  };
  useKeys("Audit", [
    { keys: "w", does: "it should have been told", run: () => say("wanted") },
    { keys: "u", does: "it was right not to tell it", run: () => say("unneeded") },
    { keys: "j", does: "next", run: () => step(1) },
    { keys: "k", does: "the one before", run: () => step(-1) },
    { keys: "n", does: "draw more", run: more },
  ]);
  const left = matches.filter((each) => !answers.has(each.match)).length;
  return (
    <Columns gap="sm">
      <Columns.Col span={{ base: 12, lg: 5 }}>
        <Panel
          title="Drawn at random"
          note={`${whole(left)} of these ${whole(matches.length)} wait, ${whole(total - (matches.length - left))} in all`}
          actions={
            left === 0 && total > matches.length ? (
              <Button onClick={more} loading={loading}>
                Draw more (n)
              </Button>
            ) : undefined
          }
          flush
        >
          <Queue matches={matches} answers={answers} at={at} move={setAt} />
        </Panel>
      </Columns.Col>
      <Columns.Col span={{ base: 12, lg: 7 }}>
        {here ? (
          <Stack gap="sm">
            <Question match={here} said={answers.get(here.match)} />
            <Group align="flex-end" wrap="nowrap">
              <Textarea
                flex={1}
                aria-label="Why"
                placeholder="Why, in your words (not needed)"
                autosize
                maxLength={10_000}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
              />
              <Button
                variant="default"
                c="var(--odd)"
                onClick={() => say("wanted")}
                loading={answering.isPending}
              >
                Should have been told (w)
              </Button>
              <Button
                variant="default"
                onClick={() => say("unneeded")}
                loading={answering.isPending}
              >
                Rightly not told (u)
              </Button>
            </Group>
            <MatchDetail uid={here.match} />
          </Stack>
        ) : (
          <Nothing>Nothing is chosen.</Nothing>
        )}
      </Columns.Col>
    </Columns>
  );
}

function Question({ match, said }: { match: Sampled; said: Finding | undefined }) {
  return (
    <Box>
      <Text size="sm">
        Would you have wanted to see this? <Foreign text={match.what} mono most={400} />
        {match.parent && (
          <>
            {" "}
            started by <Foreign text={match.parent} mono most={200} />
          </>
        )}
      </Text>
      <Text size="xs" className="quiet" aria-live="polite">
        {said
          ? `You said: ${SAID[said]}. The last word stands, so saying the other one changes it.`
          : " "}
      </Text>
    </Box>
  );
}
