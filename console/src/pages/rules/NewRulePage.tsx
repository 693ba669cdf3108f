/** A new local rule, or one made of a shipped one. */
import { Anchor, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { Editor } from "@/parts/Editor";
import { Page, Panel } from "@/parts/Page";
import { told } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import { Marks } from "./Marks";
import { copied, nameIn, SKELETON } from "./newRule";
import { WhatIfButton } from "./RuleEditor";
import { useCheck } from "./useCheck";

export function NewRulePage() {
  const [url] = useUrl();
  const from = url.get("from");
  const may = useMay("engineer");
  const found = useQuery({
    queryKey: ["rule", from, "to copy"],
    queryFn: async () => {
      if (from === null) return SKELETON.replace("UUID", crypto.randomUUID());
      const path = { rule: from };
      const { text } = await got(api.GET("/api/v1/rules/{rule}", { params: { path } }));
      return copied(text, from, crypto.randomUUID());
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Page
      title="New rule"
      note={
        <Anchor component={Link} href="/rules" size="sm">
          All rules
        </Anchor>
      }
    >
      {may ? (
        <Answer of={found} lines={8}>
          {(text) => <Form begun={text} />}
        </Answer>
      ) : (
        <Nothing>Your role reads rules; the role engineer makes them.</Nothing>
      )}
    </Page>
  );
}

function Form({ begun }: { begun: string }) {
  const [text, setText] = useState(begun);
  const [why, setWhy] = useState("");
  const [, go] = useLocation();
  const client = useQueryClient();
  const name = nameIn(text);
  const path = `${name || "new"}.yml`;
  const checked = useCheck({ path, text, tests: "", may: true });
  const making = useMutation({
    mutationFn: () =>
      got(
        api.PUT("/api/v1/rules/{rule}", {
          params: { path: { rule: name }, header: {} },
          body: { text, why },
        }),
      ),
    onSuccess: async () => {
      told(`${name} is kept; the judges take it within seconds.`);
      await client.invalidateQueries({ queryKey: ["rules"] });
      go(`/rules/${encodeURIComponent(name)}`);
    },
  });
  const none = checked.busy ? "Checking…" : checked.known ? "Nothing is wrong with it." : "";
  return (
    <Panel title={name || "It needs a name"} note="the line `name:` says what it is called">
      <Stack gap="xs">
        <Editor
          label="Text of the new rule"
          language="yaml"
          value={text}
          change={setText}
          marks={checked.rule}
          height="420px"
        />
        <Marks of={checked.rule} none={none} />
        {checked.error && <Failed error={checked.error} />}
        <WhatIfButton
          disabled={checked.faults > 0 || !name}
          body={{ changed: [{ name: path, text }] }}
        />
        <Group align="flex-end" gap="xs">
          <TextInput
            flex={1}
            label="Why"
            description="stands in the rule's history"
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          <Button
            disabled={!name || checked.faults > 0 || !why.trim()}
            loading={making.isPending}
            onClick={() => making.mutate()}
          >
            Keep the rule
          </Button>
        </Group>
        {making.error && <Failed error={making.error} />}
        <Text size="xs" className="quiet">
          A new rule has no model: each match alerts until models are trained.
        </Text>
      </Stack>
    </Panel>
  );
}
