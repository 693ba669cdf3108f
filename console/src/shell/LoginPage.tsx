/** Log in: by password and second factor, by the organisation's provider, or by a link that works once. */
import {
  Alert,
  Anchor,
  Button,
  Center,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api, got } from "@/api/client";
import { isProblem, SECOND_FACTOR } from "@/api/problem";
import { Foreign } from "@/parts/Foreign";

interface Typed {
  name: string;
  password: string;
  code: string;
}

const USUAL = "default"; // the organisation of a server that has one
const NOBODY: Typed = { name: "", password: "", code: "" };

/** Whose login it is: `/login?tenant=acme` is for another organisation than the usual one. */
const tenantOf = (search: string): string => new URLSearchParams(search).get("tenant") || USUAL;

function enter(link: string, setup: boolean, typed: Typed, tenant: string) {
  const code = typed.code || null;
  if (!link) return got(api.POST("/api/v1/auth/login", { body: { ...typed, code, tenant } }));
  const password = setup ? typed.password : null;
  return got(
    api.POST("/api/v1/auth/setup", {
      body: { link, password, code, name: typed.name || null, display_name: "" },
    }),
  );
}

/** Where to go afterwards: only within the console. */
function nextOf(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

export default function LoginPage() {
  const [location, go] = useLocation();
  const client = useQueryClient();
  const setup = location === "/setup";
  const [link] = useState(() => window.location.hash.slice(1));
  const [tenant] = useState(() => tenantOf(window.location.search));
  const [typed, setTyped] = useState(NOBODY);
  const entering = useMutation({
    mutationFn: () => enter(link, setup, typed, tenant),
    onSuccess: async () => {
      const next = nextOf(window.location.search);
      client.clear();
      go(next, { replace: true });
    },
  });
  useEffect(() => {
    document.title = "Log in · Foreseen";
  }, []);
  const asked = isProblem(entering.error) && entering.error.type === SECOND_FACTOR;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  const field = (name: keyof Typed) => ({
    value: typed[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setTyped((before) => ({ ...before, [name]: value }));
    },
  });
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="xl" w={360} bg="var(--surface)" component="form" onSubmit={submit}>
        <Stack gap="sm">
          <img src="/icon.svg" width="36" height="36" alt="" />
          <Title order={1}>
            {link ? (setup ? "Set up your account" : "Log in by link") : "Log in to Foreseen"}
          </Title>
          {!link && tenant !== USUAL && (
            <Text size="sm" className="quiet">
              Organisation <Foreign text={tenant} />
            </Text>
          )}
          {link && (
            <Text size="sm" className="quiet">
              {setup
                ? "The link works once. Choose a password of at least 12 characters."
                : "The link works once."}
            </Text>
          )}
          {(!link || setup) && (
            <TextInput
              size="sm"
              label="Name"
              autoComplete="username"
              autoFocus
              required={!link}
              description={
                link ? "For the first admin; a link for somebody knows the name" : undefined
              }
              {...field("name")}
            />
          )}
          {(!link || setup) && (
            <PasswordInput
              label="Password"
              autoComplete={setup ? "new-password" : "current-password"}
              required
              {...field("password")}
            />
          )}
          {asked && (
            <TextInput
              size="sm"
              label="Code of your authenticator"
              autoComplete="one-time-code"
              inputMode="numeric"
              autoFocus
              required
              {...field("code")}
            />
          )}
          {entering.error && !asked && (
            <Alert color="red" role="alert">
              {entering.error.message}
            </Alert>
          )}
          <Button type="submit" size="sm" loading={entering.isPending}>
            {setup ? "Choose and log in" : "Log in"}
          </Button>
          {!link && <Provider tenant={tenant} />}
        </Stack>
      </Paper>
    </Center>
  );
}

/** The way by the organisation's provider, where it has one. */
function Provider({ tenant }: { tenant: string }) {
  const ways = useQuery({
    queryKey: ["ways", tenant],
    queryFn: () => got(api.GET("/api/v1/auth/ways", { params: { query: { tenant } } })),
  });
  if (!ways.data?.provider) return null;
  return (
    <Anchor size="sm" href={`/api/v1/auth/oidc/login?tenant=${encodeURIComponent(tenant)}`}>
      Log in by your organisation's provider
    </Anchor>
  );
}
