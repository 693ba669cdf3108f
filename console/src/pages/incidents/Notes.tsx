/** What people said on the alerts of an incident, and a place to say more. */
import { Anchor, Button, Group, Select, Stack, Table, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Link } from "wouter";
import { api, got, newKey } from "@/api/client";
import { useMay } from "@/api/me";
import { Failed, Nothing, Waiting } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { cut, seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";
import { useKeys } from "@/shell/keys";
import { type Alert, useNotes } from "./incidents";

export function Notes({ alerts }: { alerts: Alert[] }) {
  const found = useNotes(alerts);
  return (
    <Stack gap="xs">
      {useMay("triage") && alerts.length > 0 && <NewNote alerts={alerts} />}
      {found.error && <Failed error={found.error} />}
      {found.pending ? (
        <Waiting lines={2} />
      ) : found.notes.length === 0 ? (
        <Nothing>Nobody has said anything on its alerts yet.</Nothing>
      ) : (
        <Table aria-label="Notes" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={170}>Time</Table.Th>
              <Table.Th w={120}>Who</Table.Th>
              <Table.Th w={90}>Did</Table.Th>
              <Table.Th>What they said</Table.Th>
              <Table.Th>On the alert</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.notes.map(({ alert, event }) => (
              <Table.Tr key={`${alert.uid} ${event.number}`}>
                <Table.Td>
                  <Moment at={event.time} />
                </Table.Td>
                <Table.Td>
                  <Foreign text={event.actor} oneLine />
                </Table.Td>
                <Table.Td>{event.action}</Table.Td>
                <Table.Td>
                  <Foreign text={event.text} />
                </Table.Td>
                <Table.Td>
                  <Anchor component={Link} size="sm" href={`/alerts/${alert.uid}`}>
                    <Foreign text={alert.title} most={100} />
                  </Anchor>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {found.leftOut > 0 && (
        <span className="quiet">
          What was said on {found.leftOut} more alerts is on their pages.
        </span>
      )}
    </Stack>
  );
}

const LONGEST = 4_000;

function NewNote({ alerts }: { alerts: Alert[] }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [uid, setUid] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useKeys("Incident", [{ keys: "c", does: "say something", run: () => box.current?.focus() }]);
  const on = alerts.find((alert) => alert.uid === uid) ?? riskiest(alerts);
  const saying = useMutation({
    mutationFn: (to: string) =>
      got(
        api.POST("/api/v1/alerts/{uid}/comments", {
          params: { path: { uid: to }, header: { "idempotency-key": newKey() } },
          body: { text },
        }),
      ),
    onSuccess: () => {
      setText("");
      told("Said; it is in the history of the alert.");
      return client.invalidateQueries({ queryKey: ["alerts"] });
    },
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (on) saying.mutate(on.uid);
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" wrap="nowrap">
        <Textarea
          ref={box}
          flex={1}
          label="Note (c)"
          autosize
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          label="On the alert"
          w={320}
          allowDeselect={false}
          data={alerts.map((alert) => ({ value: alert.uid, label: cut(seen(alert.title), 90) }))}
          value={on?.uid ?? null}
          onChange={setUid}
        />
        <Button type="submit" variant="default" disabled={!text.trim()} loading={saying.isPending}>
          Say it
        </Button>
      </Group>
    </form>
  );
}

const riskiest = (alerts: Alert[]): Alert | undefined =>
  alerts.toSorted((a, b) => b.risk - a.risk)[0];
