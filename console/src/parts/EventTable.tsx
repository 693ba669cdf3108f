/** Events that a hunt finds, newest first; one that is opened is shown whole. */
import { Button, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { ProblemError } from "@/api/problem";
import { Answer, Failed } from "@/parts/Answer";
import { EventFacts } from "@/parts/EventFacts";
import { type EventColumns, laneOf, summaryOf } from "@/parts/events";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";

interface Props {
  label: string;
  search: string; // in the language of the search box
  most?: number;
}

export function EventTable(props: Props) {
  if (useMay("hunt")) return <Found {...props} />;
  return <Failed error={new ProblemError(403, 'reading events needs the scope "hunt"')} />;
}

function Found({ label, search, most = 200 }: Props) {
  const [shown, setShown] = useState<string | null>(null);
  const found = useQuery({
    queryKey: ["events", search, most],
    queryFn: async () => {
      const body = { search, table: "events", limit: most, seconds: 20 };
      // As JSON, which is what a client gets that asks for no other form.
      const result = (await got(api.POST("/api/v1/hunts", { body }))) as Schema["HuntResult"];
      return { events: result.rows as EventColumns[], truncated: result.truncated };
    },
  });
  return (
    <Answer
      of={found}
      lines={6}
      isEmpty={(data) => data.events.length === 0}
      empty="There are no such events."
    >
      {(data) => (
        <>
          <Table aria-label={label} layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={160}>Time</Table.Th>
                <Table.Th w={80}>Kind</Table.Th>
                <Table.Th w={110}>Host</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th w={80}>
                  <span className="hidden-visually">more</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.events.map((event) => {
                const id = String(event.event_uid);
                const open = shown === id;
                return (
                  <Fragment key={id}>
                    <EventRow event={event} open={open} toggle={() => setShown(open ? null : id)} />
                    {open && (
                      <Table.Tr>
                        <Table.Td colSpan={5}>
                          <EventFacts event={event} />
                        </Table.Td>
                      </Table.Tr>
                    )}
                  </Fragment>
                );
              })}
            </Table.Tbody>
          </Table>
          {data.truncated && (
            <Text size="sm" className="quiet" mt={6}>
              The newest {most}; the page Hunt finds the others.
            </Text>
          )}
        </>
      )}
    </Answer>
  );
}

interface RowProps {
  event: EventColumns;
  open: boolean;
  toggle: () => void;
}

function EventRow({ event, open, toggle }: RowProps) {
  return (
    <Table.Tr>
      <Table.Td>
        <Moment at={timeOf(event.time)} />
      </Table.Td>
      <Table.Td className="quiet">{laneOf(event)}</Table.Td>
      <Table.Td>
        <Foreign text={typeof event.host === "string" ? event.host : null} oneLine />
      </Table.Td>
      <Table.Td>
        <Foreign text={summaryOf(event)} mono most={240} />
      </Table.Td>
      <Table.Td>
        <Button variant="subtle" size="compact-xs" aria-expanded={open} onClick={toggle}>
          {open ? "Less" : "More"}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

/** Times of events come as text or as milliseconds. */
export function timeOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" ? new Date(value).toISOString() : null;
}
