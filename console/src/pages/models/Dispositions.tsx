/** Words on a rule's alerts, newest first: who, why, whether they teach, and what they moved. */
import { Anchor, Badge, Button, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { Dialog } from "@/parts/Dialog";
import { Foreign } from "@/parts/Foreign";
import { Receipt } from "@/parts/Receipt";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { learnedText } from "./feedback";

type Word = Schema["OnAlertView"];

const PAGE = 20;

export function Dispositions({ rule }: { rule: string }) {
  const [shown, setShown] = useState<Word | null>(null);
  const found = useInfiniteQuery({
    queryKey: ["models", rule, "dispositions"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/models/{rule}/dispositions", {
          params: { path: { rule }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    getNextPageParam: (last) => last.next,
  });
  return (
    <Answer of={found}>
      {({ pages }) => {
        const words = pages.flatMap((page) => page.dispositions);
        if (!words.length) return <Nothing>Nobody has spoken on an alert of this rule.</Nothing>;
        return (
          <>
            <Words words={words} show={setShown} />
            {found.hasNextPage && (
              <Button
                variant="subtle"
                loading={found.isFetchingNextPage}
                onClick={() => found.fetchNextPage()}
              >
                Older ones
              </Button>
            )}
            {shown && (
              <Dialog onClose={() => setShown(null)} title="What it moved" size="lg">
                <Receipt receipt={shown.receipt ?? {}} />
              </Dialog>
            )}
          </>
        );
      }}
    </Answer>
  );
}

function Words({ words, show }: { words: Word[]; show: (word: Word) => void }) {
  return (
    <Table aria-label="Words on its alerts">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={150}>Time</Table.Th>
          <Table.Th w={130}>Who</Table.Th>
          <Table.Th w={120}>Word</Table.Th>
          <Table.Th>Alert and why</Table.Th>
          <Table.Th w={300}>Training</Table.Th>
          <Table.Th w={90}>
            <span className="hidden-visually">Receipt</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {words.map((word) => (
          <Row key={word.number} word={word} show={() => show(word)} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ word, show }: { word: Word; show: () => void }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Moment at={word.time} />
      </Table.Td>
      <Table.Td>
        <Foreign text={word.actor} oneLine />
        {word.second && (
          <Text size="xs" className="quiet">
            and {seen(word.second)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Badge color={word.verdict === "escalated" ? "red" : "gray"}>{word.verdict}</Badge>
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} size="sm" href={`/alerts/${encodeURIComponent(word.alert)}`}>
          <Foreign text={word.title} />
        </Anchor>
        <Text size="xs" className="quiet">
          {seen(word.reason)}
          {word.text && `: ${seen(word.text)}`}
        </Text>
      </Table.Td>
      <Table.Td>
        {learnedText(word)}
        {word.undone && (
          <Text size="xs" className="quiet">
            taken back <Moment at={word.undone} />
            {word.undone_by && ` by ${seen(word.undone_by)}`}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {word.receipt ? (
          <Button variant="default" size="compact-xs" onClick={show}>
            Receipt
          </Button>
        ) : (
          <span className="quiet">no receipt</span>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
