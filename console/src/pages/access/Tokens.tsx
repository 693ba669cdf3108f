import { Alert, Button, Code, Group, MultiSelect, Stack, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMe } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";

const KEY = ["tokens"];

/** Tokens for programs: made once, shown once, revoked at any time. */
export function Tokens() {
  const found = useQuery({ queryKey: KEY, queryFn: () => got(api.GET("/api/v1/tokens")) });
  return (
    <Stack>
      <Panel title="A new token">
        <Make />
      </Panel>
      <Panel title="Tokens" flush>
        <Answer
          of={found}
          isEmpty={(data) => data.tokens.length === 0}
          empty="You have made no token."
        >
          {(data) => <TokenTable tokens={data.tokens} />}
        </Answer>
      </Panel>
    </Stack>
  );
}

function Make() {
  const client = useQueryClient();
  const may = useMe().data?.scopes ?? [];
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [expires, setExpires] = useState("");
  const making = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/tokens", {
          body: {
            name,
            scopes: scopes as Schema["Scope"][],
            description: "",
            expires: expires ? `${expires}T23:59:59Z` : null,
          },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs">
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <MultiSelect
          size="xs"
          label="May"
          required
          miw={220}
          data={[...may]}
          value={scopes}
          onChange={setScopes}
        />
        <TextInput
          type="date"
          label="Until"
          value={expires}
          onChange={(event) => setExpires(event.currentTarget.value)}
        />
        <Button type="submit" loading={making.isPending} disabled={!name || !scopes.length}>
          Make
        </Button>
      </Group>
      {making.data && (
        <Alert color="green" title="Shown only now" mt="sm">
          <Code block tabIndex={0}>
            {making.data.token}
          </Code>
        </Alert>
      )}
    </form>
  );
}

function TokenTable({ tokens }: { tokens: Schema["TokenView"][] }) {
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: (token: Schema["TokenView"]) =>
      got(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } })),
    onSuccess: (_, token) => {
      told(`The token “${seen(token.name)}” is revoked; that can't be undone.`);
      return client.invalidateQueries({ queryKey: KEY });
    },
    onError: failed,
  });
  return (
    <Table aria-label="Tokens">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>May</Table.Th>
          <Table.Th>Made</Table.Th>
          <Table.Th>Last used</Table.Th>
          <Table.Th>Until</Table.Th>
          <Table.Th>
            <span className="hidden-visually">what can be done</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tokens.map((token) => (
          <Table.Tr key={token.id}>
            <Table.Td>
              <Foreign text={token.name} oneLine />
            </Table.Td>
            <Table.Td>{token.scopes.join(", ")}</Table.Td>
            <Table.Td>
              <Moment at={token.created} />
            </Table.Td>
            <Table.Td>
              <Moment at={token.used} />
            </Table.Td>
            <Table.Td>{token.revoked ? "revoked" : <Moment at={token.expires} />}</Table.Td>
            <Table.Td>
              {!token.revoked && (
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Revoke ${seen(token.name)}`}
                  onClick={() => revoking.mutate(token)}
                >
                  Revoke
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
