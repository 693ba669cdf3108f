import { Alert, Button, Code, Group, Select, Stack, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMe } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";
import { PEOPLE as KEY, Locked, Unlock } from "./Lock";

const OFTEN = 15_000; // ms
const ROLES: Schema["Role"][] = ["viewer", "analyst", "engineer", "responder", "admin"];

type Person = Schema["UserView"];

/** Everybody who uses the console: their roles, and links by which they get in. */
export function People() {
  const found = useQuery({
    queryKey: KEY,
    refetchInterval: OFTEN, // locks end by themselves
    queryFn: () => got(api.GET("/api/v1/users")),
  });
  const [link, setLink] = useState<Schema["LinkView"] | null>(null);
  return (
    <Stack>
      <Panel title="Somebody new">
        <Add show={setLink} />
        {link && (
          <Alert color="green" title="A link that works once" mt="sm">
            Send it to them; it ends <Moment at={link.expires} />.
            <Code block mt="xs" tabIndex={0}>
              {link.link}
            </Code>
          </Alert>
        )}
      </Panel>
      <Panel title="People" flush>
        <Answer of={found}>
          {(data) => (
            <Table aria-label="People">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>Role</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Second factor</Table.Th>
                  <Table.Th>Last login</Table.Th>
                  <Table.Th>
                    <span className="hidden-visually">what can be done</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.users.map((person) => (
                  <Row key={person.name} person={person} show={setLink} />
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Answer>
      </Panel>
    </Stack>
  );
}

const linkFor = (name: string) =>
  got(
    api.POST("/api/v1/users/{name}/link", {
      params: { path: { name } },
      body: { purpose: "password" },
    }),
  );

function Add({ show }: { show: (link: Schema["LinkView"]) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Schema["Role"]>("analyst");
  const adding = useMutation({
    mutationFn: async () => {
      await got(
        api.POST("/api/v1/users", {
          body: { name, role, display_name: "", email: null },
          params: { header: { "idempotency-key": newKey() } },
        }),
      );
      return linkFor(name);
    },
    onSuccess: (link) => {
      show(link);
      setName("");
      return client.invalidateQueries({ queryKey: KEY });
    },
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate();
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
        <RoleChoice label="Role" role={role} choose={setRole} />
        <Button type="submit" loading={adding.isPending} disabled={!name}>
          Add
        </Button>
      </Group>
    </form>
  );
}

interface RoleProps {
  label: string;
  hidden?: boolean;
  role: Schema["Role"];
  choose: (role: Schema["Role"]) => void;
}

function RoleChoice({ label, hidden, role, choose }: RoleProps) {
  return (
    <Select
      label={hidden ? undefined : label}
      aria-label={label}
      data={ROLES}
      value={role}
      allowDeselect={false}
      onChange={(value) => value && choose(value as Schema["Role"])}
    />
  );
}

function Row({ person, show }: { person: Person; show: (link: Schema["LinkView"]) => void }) {
  const client = useQueryClient();
  const me = useMe().data?.user?.name;
  const changing = useMutation({
    mutationFn: (body: Schema["UserBody"]) =>
      got(api.PATCH("/api/v1/users/{name}", { params: { path: { name: person.name } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
    onError: failed,
  });
  const change = async (body: Schema["UserBody"], back: Schema["UserBody"], said: string) => {
    await changing.mutateAsync(body);
    told(said, () => changing.mutateAsync(back));
  };
  const asked = useMutation({
    mutationFn: () => linkFor(person.name),
    onSuccess: show,
    onError: failed,
  });
  const name = seen(person.name);
  const active = person.state === "active";
  return (
    <Table.Tr>
      <Table.Td>
        <Foreign text={person.name} oneLine />
      </Table.Td>
      <Table.Td w={150}>
        <RoleChoice
          label={`Role of ${name}`}
          hidden
          role={person.role}
          choose={(role) => change({ role }, { role: person.role }, `${name} is ${role} now.`)}
        />
      </Table.Td>
      <Table.Td>
        {person.state}
        {person.locked_until && <Locked until={person.locked_until} />}
      </Table.Td>
      <Table.Td>{person.has_second_factor ? "on" : "off"}</Table.Td>
      <Table.Td>
        <Moment at={person.last_login} />
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`New password link for ${name}`}
            onClick={() => asked.mutate()}
          >
            Password link
          </Button>
          {person.locked_until && <Unlock name={person.name} />}
          {person.name !== me && (
            <Button
              variant="default"
              size="compact-xs"
              aria-label={`${active ? "Disable" : "Enable"} ${name}`}
              onClick={() =>
                change(
                  { state: active ? "disabled" : "active" },
                  { state: person.state },
                  `${name} is ${active ? "disabled" : "active"} now.`,
                )
              }
            >
              {active ? "Disable" : "Enable"}
            </Button>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
