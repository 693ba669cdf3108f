/** Why a match alerted, or was silent: the model's answer, in sentences, beside what was expected. */
import {
  Accordion,
  Anchor,
  Group,
  List,
  Alert as Note,
  Stack,
  Table,
  Text,
  Title,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { bits, percent } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import type { Near, Step, Taken, Way } from "./explanation";
import { ProbabilityBar } from "./ProbabilityBar";

interface Props {
  path: "alert" | "match";
  uid: string;
}

export function useExplanation(path: Props["path"], uid: string) {
  return useQuery({
    queryKey: ["explanation", path, uid],
    staleTime: 300_000,
    queryFn: () =>
      path === "alert"
        ? got(api.GET("/api/v1/alerts/{uid}/explanation", { params: { path: { uid } } }))
        : got(api.GET("/api/v1/matches/{uid}/explanation", { params: { path: { uid } } })),
  });
}

export function Why({ path, uid }: Props) {
  const found = useExplanation(path, uid);
  return (
    <Answer of={found} lines={8}>
      {(told) => {
        const taken = told.answer as unknown as Taken | null;
        const suppressed = told.outcome === "suppressed";
        return (
          <Stack gap="xs">
            <Title order={3}>
              {suppressed ? "Why this was expected" : "Why this was not expected"}
            </Title>
            <Text size="sm">
              <Foreign text={told.happened} mono most={1_000} />
            </Text>
            <Text size="sm">{told.verdict}</Text>
            {told.probability !== null && (
              <ProbabilityBar probability={told.probability} budget={told.budget} />
            )}
            {told.notes.map((note) => (
              <Note key={note} color="yellow" py={4}>
                {note}
              </Note>
            ))}
            {taken && <Members taken={taken} />}
            {taken && <Chapters taken={taken} />}
            <Text size="xs" className="quiet">
              {told.model
                ? `Model ${told.model.slice(0, 12)}${told.same ? ", asked again: the same answer to the last bit." : "."}`
                : `No model answered: ${told.basis}.`}
            </Text>
          </Stack>
        );
      }}
    </Answer>
  );
}

function Members({ taken }: { taken: Taken }) {
  const counted = taken.prediction.evidence.toSorted((a, b) => b.surprise - a.surprise);
  const most = Math.max(1, ...counted.map((each) => each.surprise));
  return (
    <Table aria-label="What speaks for and against it" layout="fixed">
      <Table.Tbody>
        {counted.map((each) => (
          <Table.Tr key={each.member}>
            <Table.Td w={86} className="quiet">
              {each.member}
            </Table.Td>
            <Table.Td w={124} style={{ whiteSpace: "nowrap" }}>
              <Group gap={6} wrap="nowrap">
                <svg width="40" height="8" aria-hidden="true">
                  <rect width="40" height="8" rx="2" fill="var(--line)" />
                  <rect
                    width={(40 * Math.max(0, each.surprise)) / most}
                    height="8"
                    rx="2"
                    fill="var(--odd)"
                  />
                </svg>
                <span className="number">{bits(each.surprise)}</span>
              </Group>
            </Table.Td>
            <Table.Td>
              <Foreign text={each.sentence} most={500} />
              {!taken.weights[each.member] && <span className="quiet"> (not counted)</span>}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Only what is open is drawn: the nearest matches alone are two thousand elements. */
function Chapters({ taken }: { taken: Taken }) {
  const [open, setOpen] = useState(["change"]);
  const other = taken.expected ? "unexpected" : "expected";
  const chapters = [
    {
      name: "change",
      title: `The smallest change that would have made it ${other}`,
      drawn: () => <Turned turned={taken.turned} />,
    },
    {
      name: "nearest",
      title: "The nearest expected matches, side by side",
      drawn: () => <Nearest nearest={taken.nearest} />,
    },
    {
      name: "shares",
      title: "What weighs most in its context",
      drawn: () => <Shares taken={taken} />,
    },
  ];
  return (
    <Accordion
      multiple
      variant="separated"
      chevronPosition="left"
      value={open}
      onChange={setOpen}
      transitionDuration={0}
    >
      {chapters.map(({ name, title, drawn }) => (
        <Accordion.Item key={name} value={name}>
          <Accordion.Control>{title}</Accordion.Control>
          <Accordion.Panel>{open.includes(name) && drawn()}</Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function Nearest({ nearest }: { nearest: Near[] }) {
  if (!nearest.length) return <Text size="sm">The model keeps none to compare it with.</Text>;
  return nearest.map((near) => <Beside key={near.uid} near={near} />);
}

function Turned({ turned }: { turned: Taken["turned"] }) {
  if (!turned.ways.length) {
    const none = turned.complete
      ? "No change that was tried is enough."
      : "None found, though not all could be tried.";
    return (
      <Text size="sm">
        {none}
        {turned.nearest && " The nearest to it: "}
        {turned.nearest && <WayText way={turned.nearest} />}
      </Text>
    );
  }
  return (
    <List size="sm">
      {turned.ways.map((way) => (
        <List.Item key={way.changes.map((change) => change.words).join()}>
          <WayText way={way} />
        </List.Item>
      ))}
    </List>
  );
}

function WayText({ way }: { way: Way }) {
  return (
    <>
      <Foreign text={way.changes.map((change) => change.words).join(" and ")} most={800} />{" "}
      (probability {percent(way.probability)})
    </>
  );
}

const MARKS: Record<Step["mark"], string> = {
  "=": "the same",
  "~": "akin",
  "+": "only here",
  "-": "only there",
};
const SHOWN = 24; // steps of a section

function Beside({ near }: { near: Near }) {
  const sections = [...Object.entries(near.parts), ...Object.entries(near.events)];
  return (
    <Stack gap={4} mb="sm">
      <Text size="sm">
        {percent(near.alike)} alike: <Moment at={new Date(near.time).toISOString()} />,{" "}
        <Anchor component={Link} size="sm" href={`/suppressed/${encodeURIComponent(near.uid)}`}>
          that match
        </Anchor>
      </Text>
      <Table layout="fixed" withColumnBorders>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={80}>Part</Table.Th>
            <Table.Th w={80}>Is</Table.Th>
            <Table.Th>Here</Table.Th>
            <Table.Th>There, expected</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sections.flatMap(([name, steps]) =>
            steps.slice(-SHOWN).map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the steps of one comparison never move
              <Table.Tr key={`${name} ${index}`}>
                <Table.Td className="quiet">{index === 0 ? name : ""}</Table.Td>
                <Table.Td style={{ color: step.mark === "=" ? undefined : "var(--odd)" }}>
                  {MARKS[step.mark]}
                </Table.Td>
                <Table.Td>
                  {step.here !== null && <Foreign text={step.here} mono most={160} />}
                </Table.Td>
                <Table.Td>
                  {step.there !== null && <Foreign text={step.there} mono most={160} />}
                  {step.mark === "=" && step.there === null && step.here !== null && (
                    <Foreign text={step.here} mono most={160} />
                  )}
                </Table.Td>
              </Table.Tr>
            )),
          )}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

function Shares({ taken }: { taken: Taken }) {
  if (!taken.shares.length) return <Text size="sm">This model has no member for the context.</Text>;
  return (
    <Table layout="fixed">
      <Table.Tbody>
        {taken.shares.slice(0, 16).map((share) => (
          <Table.Tr key={`${share.section} ${share.token}`}>
            <Table.Td
              w={70}
              className="number"
              style={{ color: share.bits > 0 ? "var(--odd)" : "var(--expected)" }}
            >
              {share.bits > 0 ? "+" : "−"}
              {Math.abs(share.bits).toFixed(2)}
            </Table.Td>
            <Table.Td w={80} className="quiet">
              {share.section}
            </Table.Td>
            <Table.Td>
              {share.times === 0 && <span className="quiet">absent: </span>}
              <Foreign text={share.token} mono most={200} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
