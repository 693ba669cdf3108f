/** A new local rule: from nothing, of a shipped one, or of the words of a hunt. */
import { Alert, Anchor, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { Editor } from "@/parts/Editor";
import { Foreign } from "@/parts/Foreign";
import { Page, Panel } from "@/parts/Page";
import { told } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import { Marks } from "./Marks";
import { copied, nameIn, SKELETON } from "./newRule";
import { WhatIfButton } from "./RuleEditor";
import { useCheck } from "./useCheck";

export function NewRulePage() {
  const [url] = useUrl();
  const [from, search] = [url.get("from"), url.get("search")];
  const may = useMay("engineer");
  const found = useQuery({
    queryKey: ["rule", from, search, "to begin with"],
    enabled: may,
    queryFn: () => begun(from, search),
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
          {({ text, notes }) => (
            <>
              {notes.length > 0 && <Notes of={notes} />}
              <Form begun={text} />
            </>
          )}
        </Answer>
      ) : (
        <Nothing>Your role reads rules; the role engineer makes them.</Nothing>
      )}
    </Page>
  );
}

/** The text to begin with, and what of a search it could not take over. */
async function begun(from: string | null, search: string | null) {
  const uuid = crypto.randomUUID();
  if (search) return got(api.POST("/api/v1/rule-drafts", { body: { search } }));
  if (from === null) return { text: SKELETON.replace("UUID", uuid), notes: [] };
  const path = { rule: from };
  const { text } = await got(api.GET("/api/v1/rules/{rule}", { params: { path } }));
  return { text: copied(text, from, uuid), notes: [] };
}

function Notes({ of }: { of: string[] }) {
  return (
    <Alert color="yellow" title="Of the search a rule cannot hold all">
      {of.map((note) => (
        <div key={note}>
          <Foreign text={note} />
        </div>
      ))}
    </Alert>
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
