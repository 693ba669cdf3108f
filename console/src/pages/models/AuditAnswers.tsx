/** Answers of people on matches that a model hid and the audit drew, newest first. */
import { Badge, Button, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";
import { answerText } from "./feedback";

const PAGE = 20;

export function AuditAnswers({ rule }: { rule: string }) {
  const found = useInfiniteQuery({
    queryKey: ["models", rule, "audit-answers"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/models/{rule}/audit-answers", {
          params: { path: { rule }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    getNextPageParam: (last) => last.next,
  });
  return (
    <Answer of={found} lines={1}>
      {({ pages }) => {
        const answers = pages.flatMap((page) => page.answers);
        if (!answers.length) return null;
        return (
          <>
            <Answers answers={answers} />
            {found.hasNextPage && (
              <Button
                variant="subtle"
                loading={found.isFetchingNextPage}
                onClick={() => found.fetchNextPage()}
              >
                Older ones
              </Button>
            )}
          </>
        );
      }}
    </Answer>
  );
}

function Answers({ answers }: { answers: Schema["OnMatchView"][] }) {
  return (
    <Table aria-label="Answers on what it hid">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={150}>Time</Table.Th>
          <Table.Th w={130}>Who</Table.Th>
          <Table.Th w={120}>Word</Table.Th>
          <Table.Th>Match and why</Table.Th>
          <Table.Th w={300}>Training</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {answers.map((each) => (
          <Table.Tr key={each.number}>
            <Table.Td>
              <Moment at={each.time} />
            </Table.Td>
            <Table.Td>
              <Foreign text={each.actor} oneLine />
            </Table.Td>
            <Table.Td>
              <Badge color={each.finding === "wanted" ? "red" : "gray"}>{each.finding}</Badge>
            </Table.Td>
            <Table.Td>
              <Foreign text={each.match} mono oneLine />
              {each.text && (
                <div>
                  <Foreign text={each.text} />
                </div>
              )}
            </Table.Td>
            <Table.Td>{answerText(each)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
