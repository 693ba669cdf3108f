import {
  Alert,
  Button,
  Code,
  Group,
  PasswordInput,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMe } from "@/api/me";
import { ME } from "@/api/queries";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";

/** One's own account: who one is, the password, the second factor. */
export function You() {
  const me = useMe();
  return (
    <Answer of={me}>
      {({ user, tenant, scopes, name }) => (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Panel title="Who you are">
            <Facts
              of={[
                ["Name", name],
                ["Shown as", user?.display_name || "–"],
                ["Role", user?.role ?? "–"],
                ["Organisation", tenant],
                ["May", scopes.join(", ")],
                ["Last login", <Moment key="login" at={user?.last_login} />],
              ]}
            />
          </Panel>
          {user && (
            <Stack>
              <Panel title="Password">
                <Password />
              </Panel>
              <Panel title="Second factor" note={user.has_second_factor ? "on" : "off"}>
                <SecondFactor has={user.has_second_factor} />
              </Panel>
            </Stack>
          )}
        </SimpleGrid>
      )}
    </Answer>
  );
}

function Password() {
  const [before, setBefore] = useState("");
  const [next, setNext] = useState("");
  const changing = useMutation({
    mutationFn: () =>
      got(api.POST("/api/v1/me/password", { body: { password: before, new_password: next } })),
    onSuccess: () => {
      setBefore("");
      setNext("");
      told("Your password is changed; your other sessions are ended.");
    },
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    changing.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs" maw={360}>
        <PasswordInput
          label="Password now"
          autoComplete="current-password"
          required
          value={before}
          onChange={(event) => setBefore(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          required
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={changing.isPending}>
            Change
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function SecondFactor({ has }: { has: boolean }) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ME });
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const enrolling = useMutation({
    mutationFn: () => got(api.POST("/api/v1/me/totp", { body: { password } })),
    onError: failed,
  });
  const confirming = useMutation({
    mutationFn: () => got(api.POST("/api/v1/me/totp/confirm", { body: { code } })),
    onSuccess: renew,
    onError: failed,
  });
  const ending = useMutation({
    mutationFn: () => got(api.POST("/api/v1/me/totp/disable", { body: { password, code } })),
    onSuccess: renew,
    onError: failed,
  });
  if (confirming.data) return <Recovery codes={confirming.data} />;
  const secret = enrolling.data?.secret;
  return (
    <Stack gap="xs" maw={360}>
      <PasswordInput
        label="Your password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {secret && (
        <Text size="sm">
          Enter this secret into your authenticator: <Code>{secret}</Code>
        </Text>
      )}
      {(secret || has) && (
        <TextInput
          label="Code of your authenticator"
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <Group>
        {!has && !secret && (
          <Button
            disabled={!password}
            loading={enrolling.isPending}
            onClick={() => enrolling.mutate()}
          >
            Begin
          </Button>
        )}
        {secret && !has && (
          <Button
            disabled={!code}
            loading={confirming.isPending}
            onClick={() => confirming.mutate()}
          >
            Switch on
          </Button>
        )}
        {has && (
          <Button
            color="red"
            variant="outline"
            disabled={!password || !code}
            loading={ending.isPending}
            onClick={() => ending.mutate()}
          >
            Switch off
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Recovery({ codes }: { codes: Schema["RecoveryView"] }) {
  return (
    <Alert color="green" title="The second factor is on">
      <Text size="sm">
        Keep these codes where your authenticator is not. Each works once, and they are shown only
        now.
      </Text>
      <Code block mt="xs" tabIndex={0}>
        {codes.recovery_codes.join("\n")}
      </Code>
    </Alert>
  );
}
