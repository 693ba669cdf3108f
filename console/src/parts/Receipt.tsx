/** What a word on an alert, or an edit, moves: as the API's receipts have it. */
import { Alert, List, Stack, Text } from "@mantine/core";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Moment } from "@/parts/times";

interface Moved {
  matches: number;
  by_workload: Record<string, number>;
  examples: { act: string; parent: string; workload: string; time: number }[];
}

export interface ReceiptShape {
  rule: string;
  matches: number;
  lessons: [number, number];
  days: number;
  moved: {
    judged: number;
    own: number;
    to_expected: Moved;
    to_alerted: Moved;
    chains: { measured: number; caught: number; lost: string[]; weaker: string[] };
  };
  notes: string[];
}

export function Receipt({ receipt }: { receipt: Record<string, unknown> }) {
  const { rule, matches, lessons, moved, days, notes } = receipt as unknown as ReceiptShape;
  const change = lessons[1] - lessons[0];
  return (
    <Stack gap={4} fz="sm" component="section" aria-label="Receipt">
      <Text size="sm">
        {rule}: {whole(matches)} matches; its model would learn from {whole(lessons[1])} expected
        matches ({change >= 0 ? "+" : "−"}
        {whole(Math.abs(change))}).
      </Text>
      {moved.judged === 0 ? (
        <Text size="sm">Nothing moves.</Text>
      ) : (
        <>
          <Text size="sm">
            Of {whole(moved.judged)} matches of the last {days} days,{" "}
            {whole(moved.to_expected.matches)} similar ones that alert would be expected,{" "}
            {whole(moved.to_alerted.matches)} that are expected would alert; {whole(moved.own)} of
            its own would be expected.
          </Text>
          <Examples title="Would be expected" moved={moved.to_expected} />
          <Examples title="Would alert" moved={moved.to_alerted} />
          <Chains {...moved.chains} />
        </>
      )}
      {notes.map((note) => (
        <Text key={note} size="xs" className="quiet">
          {note}
        </Text>
      ))}
    </Stack>
  );
}

function Examples({ title, moved }: { title: string; moved: Moved }) {
  if (!moved.matches) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <List size="sm">
        {moved.examples.map((each) => (
          <List.Item key={`${each.time} ${each.act}`}>
            <Moment at={new Date(each.time).toISOString()} />{" "}
            <Foreign text={each.act} mono most={200} /> from{" "}
            <Foreign text={each.parent} mono most={100} /> on <Foreign text={each.workload} />
          </List.Item>
        ))}
      </List>
    </div>
  );
}

function Chains({ measured, caught, lost }: ReceiptShape["moved"]["chains"]) {
  if (!measured) return <Text size="sm">No attack replay has matches of this rule here.</Text>;
  if (!lost.length) {
    return (
      <Text size="sm">
        Attack replays: {caught} of {measured} still caught.
      </Text>
    );
  }
  return (
    <Alert color="red" title={`${lost.length} attack replays would be missed`}>
      {lost.join(", ")}. A second person has to stand for it.
    </Alert>
  );
}
