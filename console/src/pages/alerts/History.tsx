import { Button, Group, Stack, Table, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { api, got, newKey } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";
import { failed } from "@/parts/undo";
import { useKeys } from "@/shell/keys";
import type { Alert } from "./alerts";

/** What happened to an alert, and a place to say something of it. */
export function History({ alert }: { alert: Alert }) {
  const { uid } = alert;
  const found = useQuery({
    queryKey: ["alerts", "one", uid, "history", alert.version],
    placeholderData: (before) => before,
    queryFn: () => got(api.GET("/api/v1/alerts/{uid}/history", { params: { path: { uid } } })),
  });
  return (
    <Stack gap="xs">
      {useMay("triage") && <Comment uid={uid} />}
      <Answer
        of={found}
        isEmpty={(page) => page.history.length === 0}
        empty="Nobody has done anything yet."
      >
        {(page) => (
          <Table aria-label="History">
            <Table.Tbody>
              {page.history.toReversed().map((event) => (
                <Table.Tr key={event.number}>
                  <Table.Td w={150}>
                    <Moment at={event.time} />
                  </Table.Td>
                  <Table.Td w={120}>
                    <Foreign text={event.actor} oneLine />
                  </Table.Td>
                  <Table.Td w={110}>{event.action}</Table.Td>
                  <Table.Td>{event.text && <Foreign text={event.text} />}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </Stack>
  );
}

function Comment({ uid }: { uid: string }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  useKeys("Alert", [{ keys: "c", does: "comment", run: () => box.current?.focus() }]);
  const saying = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/alerts/{uid}/comments", {
          params: { path: { uid }, header: { "idempotency-key": newKey() } },
          body: { text },
        }),
      ),
    onSuccess: () => {
      setText("");
      return client.invalidateQueries({ queryKey: ["alerts", "one", uid] });
    },
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saying.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" wrap="nowrap">
        <Textarea
          ref={box}
          flex={1}
          aria-label="Comment"
          placeholder="What you found (c)"
          autosize
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={!text.trim()} loading={saying.isPending}>
          Comment
        </Button>
      </Group>
    </form>
  );
}
