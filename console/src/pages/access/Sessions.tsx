import { Badge, Button, Switch, Table } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";

/** Login sessions, each of which can be ended. */
export function Sessions() {
  const admin = useMay("admin");
  const [everyone, setEveryone] = useState(false);
  const found = useQuery({
    queryKey: ["sessions", everyone],
    queryFn: () => got(api.GET("/api/v1/sessions", { params: { query: { everyone } } })),
  });
  return (
    <Panel
      title="Sessions"
      flush
      actions={
        admin && (
          <Switch
            label="everybody's"
            checked={everyone}
            onChange={(event) => setEveryone(event.currentTarget.checked)}
          />
        )
      }
    >
      <Answer of={found}>
        {(data) => (
          <Table aria-label="Sessions">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Who</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>From</Table.Th>
                <Table.Th>Browser</Table.Th>
                <Table.Th>Begun</Table.Th>
                <Table.Th>Last used</Table.Th>
                <Table.Th>
                  <span className="hidden-visually">what can be done</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.sessions.map((session) => (
                <Row key={session.id} session={session} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </Panel>
  );
}

function Row({ session }: { session: Schema["SessionView"] }) {
  const client = useQueryClient();
  const ending = useMutation({
    mutationFn: () =>
      got(api.DELETE("/api/v1/sessions/{id}", { params: { path: { id: session.id } } })),
    onSuccess: () => {
      told("The session is ended.");
      return client.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: failed,
  });
  return (
    <Table.Tr>
      <Table.Td>
        <Foreign text={session.user} oneLine /> {session.mine && <Badge>this one</Badge>}
      </Table.Td>
      <Table.Td>{session.way}</Table.Td>
      <Table.Td>{session.address}</Table.Td>
      <Table.Td>
        <Foreign text={session.agent} most={60} />
      </Table.Td>
      <Table.Td>
        <Moment at={session.created} />
      </Table.Td>
      <Table.Td>
        <Moment at={session.used} />
      </Table.Td>
      <Table.Td>
        {!session.mine && (
          <Button variant="default" size="compact-xs" onClick={() => ending.mutate()}>
            End
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
